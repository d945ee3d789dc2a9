// Attacks with policy requests, which anyone may make before anything else.

import { across } from "./variants.js";

const REQUEST = "<policy-file-request/>\0";

/** @type {readonly import("./attacks.js").Written[]} */
export const POLICY = [
	...across(["loopback", "one", "many"], {
		name: "policy-flood",
		what: "policy requests, a connection each",
		run: (a) =>
			a.crowd(
				64,
				async (line) => {
					await line.write(REQUEST);
					await line.until(/policy>/, 1000);
				},
				{ again: true },
			),
	}),
	{
		name: "policy-slow-request",
		what: "400 policy requests a byte at a time; each is answered or ended in time",
		atLeastSeconds: 14,
		run: (a) =>
			a.crowd(400, async (line) => {
				line.dribble(REQUEST.slice(0, -1), 500);
				if (!(await line.endsWithin(13_000))) a.finding("an unfinished policy request kept a connection open for 13 s");
			}),
	},
	{
		name: "policy-and-stay",
		what: "400 policy requests whose connection the client keeps; each is ended in time",
		atLeastSeconds: 12,
		run: (a) =>
			a.crowd(
				400,
				async (line) => {
					await line.write(REQUEST);
					await line.until(/policy>/);
					if (!(await line.endsWithin(10_000))) a.finding("a policy request kept its connection open for 10 s");
				},
				{ halfOpen: true },
			),
	},
	{
		name: "policy-deaf",
		what: "400 policy requests whose answer is not read",
		run: (a) =>
			a.crowd(
				400,
				async (line) => {
					await line.write(REQUEST.repeat(1000));
					await line.hold();
				},
				{ deaf: true },
			),
	},
	{
		name: "policy-repeated",
		what: "thousands of policy requests on one connection",
		run: (a) => a.crowd(16, (line) => line.flood(REQUEST.repeat(500)), { again: true, paceMs: 5 }),
	},
	{
		name: "policy-oversized",
		what: "policy requests with more in them than there should be",
		run: (a) =>
			a.crowd(
				50,
				async (line) => {
					await line.write(`<policy-file-request ${"a".repeat(8000)}/>\0`);
					await line.until(/<error|policy>/, 200);
				},
				{ again: true, paceMs: 5 },
			),
	},
];

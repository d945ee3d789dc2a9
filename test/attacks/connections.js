// Attacks on connecting: many at once, many in turn, ones that say nothing or stay half open, and PROXY headers that lie.

import { across } from "./variants.js";

const NONSENSE = "\x01\x02\x03\x04\x05\x06\x07\x08";

/** @type {readonly import("./attacks.js").Written[]} */
export const CONNECTIONS = [
	...across(["loopback", "one", "many"], {
		name: "connection-flood",
		what: "500 connections that say nothing, opened again when they are refused",
		run: (a) => a.crowd(500, (line) => line.hold(), { again: true, paceMs: 50 }),
	}),
	...across(["loopback", "one", "many"], {
		name: "connect-and-leave",
		what: "connections that are closed as soon as they are open",
		run: (a) => a.crowd(64, async (line) => line.socket.end(), { again: true, paceMs: 5 }),
	}),
	...across(["loopback", "many"], {
		name: "connect-and-reset",
		what: "connections that are reset as soon as they are open",
		run: (a) => a.crowd(64, async (line) => line.reset(), { again: true, paceMs: 5 }),
	}),
	{
		name: "dial-and-cancel",
		what: "connections that are given up before they are open",
		async run(a) {
			while (!a.over) {
				const lines = Array.from({ length: 100 }, () => a.line());
				a.close();
				await Promise.all(lines);
				await a.sleep(20);
			}
		},
	},
	{
		name: "welcome-and-leave",
		what: "300 connections that wait for the welcome and leave, again and again",
		run: (a) => a.crowd(300, (line) => line.until(/<welcome/), { again: true }),
	},
	{
		name: "reset-with-output",
		what: "members who join the lobby and reset their connection while it is sent to them",
		run: (a) =>
			a.crowd(
				50,
				async (line) => {
					await line.send('<join room="lobby"/>');
					await a.sleep(a.random.between(0, 20));
					line.reset();
				},
				{ again: true, paceMs: 5 },
			),
	},
	{
		name: "half-closed",
		what: "400 connections that end their side at once and keep the other open",
		run: (a) =>
			a.crowd(
				400,
				async (line) => {
					line.socket.end();
					await line.hold();
				},
				{ halfOpen: true },
			),
	},
	{
		name: "half-closed-in-document",
		what: "400 connections that end their side in the middle of a document and keep the other open",
		run: (a) =>
			a.crowd(
				400,
				async (line) => {
					line.socket.end("<say room=");
					await line.hold();
				},
				{ halfOpen: true },
			),
	},
	{
		name: "first-byte-only",
		what: "400 connections that send the first byte of a protocol and no more",
		run: (a) =>
			a.crowd(400, async (line, number) => {
				await line.write(["<", "G", "\x16", "P"][number % 4] ?? "<");
				await line.hold();
			}),
	},
	{
		name: "unknown-first-bytes",
		what: "connections whose first bytes belong to no protocol",
		run: (a) =>
			a.crowd(
				50,
				async (line) => {
					await line.write(NONSENSE.repeat(100));
					await line.endsWithin(200);
				},
				{ again: true },
			),
	},
	{
		name: "proxy-header-stranger",
		what: "PROXY headers from an address that is no proxy: they are data",
		run: (a) =>
			a.crowd(
				50,
				async (line) => {
					await line.write("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n<ping/>\0");
					await line.until(/<error|<bye/, 200);
				},
				{ again: true, paceMs: 5 },
			),
	},
	{
		name: "proxy-header-slow",
		what: "400 connections of the proxy whose header comes a byte at a time and never ends; each is ended in time",
		from: "proxy",
		atLeastSeconds: 14,
		run: (a) =>
			a.crowd(
				400,
				async (line) => {
					line.dribble(`PROXY TCP4 203.0.113.9 192.0.2.1 ${"1".repeat(60)}`, 500);
					if (!(await line.endsWithin(13_000))) a.finding("an unfinished PROXY header kept a connection open for 13 s");
				},
				{ header: "P" },
			),
	},
	{
		name: "proxy-header-false",
		traced: true,
		what: "PROXY headers with addresses that are none, of great length, or with control characters",
		from: "proxy",
		async run(a) {
			const headers = [
				"PROXY TCP4 999.1.1.1 1.1.1.1 1 2\r\n",
				"PROXY TCP4 1.2.3.4\r\n",
				"PROXY TCP6 ::ffff:127.0.0.1 ::1 1 2\r\n",
				`PROXY TCP4 ${"1".repeat(500)}\r\n`,
				"PROXY TCP4 1.2.3.4 1.2.3.4 99999 -1\r\n",
				"PROXY \x1b[31m\r\n",
				"PROXY UNKNOWN\r\n",
				"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
				"\r\n\r\n\0\r\nQUIT\n\x2f\xff\0\0",
			];
			await Promise.all(
				headers.map((header) =>
					a.crowd(5, (line) => line.send("<ping/>").then(() => line.endsWithin(100)), { again: true, header }),
				),
			);
		},
	},
	{
		name: "proxy-claims-many",
		what: "a proxy's connections for thousands of addresses: the counts of addresses must not stay",
		from: "proxy",
		run: (a) => a.crowd(100, (line) => line.until(/<welcome/, 700), { again: true }),
	},
	{
		name: "descriptors-used-up",
		what: "a file limit of 256 and 400 connections: the daemon stays, refuses, and recovers",
		start: { files: 256 },
		closedToStrangers: true,
		run: (a) => a.crowd(400, (line) => line.hold(), { again: true, paceMs: 50 }),
	},
	{
		name: "descriptors-used-up-by-pages",
		what: "a file limit of 256 and 90 connections with many requests for files each",
		start: { files: 256 },
		closedToStrangers: true,
		run: (a) =>
			a.crowd(
				90,
				async (line) => {
					await line.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(200));
					await line.endsWithin(500);
				},
				{ again: true },
			),
	},
];

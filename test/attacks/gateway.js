// Attacks on the gateway: bridges that nobody uses, floods in either direction, and targets that are not offered.

import { GATEWAY } from "./targets.js";
import { frame, OPCODES, upgradeRequest } from "./web-socket.js";

const ECHO = "/gateway/echo";

/** Bridges to the echo that then do this. @param {(line: import("./toolkit.js").Line, a: import("./toolkit.js").Attacker) => Promise<unknown>} run @param {{ size?: number, deaf?: boolean, again?: boolean }} [options] */
function bridges(run, { size = 16, deaf = false, again = true } = {}) {
	return (/** @type {import("./toolkit.js").Attacker} */ a) =>
		a.crowd(
			size,
			async (line) => {
				await line.write(upgradeRequest("127.0.0.1", ECHO));
				if (!deaf && !(await line.until(/^HTTP\/1.1 101/))) return;
				await run(line, a);
			},
			{ again, deaf, paceMs: 20 },
		);
}

/** @param {string} path @param {Record<string, string>} [headers] */
function refusedUpgrades(path, headers) {
	return (/** @type {import("./toolkit.js").Attacker} */ a) =>
		a.crowd(
			50,
			async (line) => {
				await line.write(upgradeRequest("127.0.0.1", path, headers));
				if ((await line.until(/^HTTP/, 1000)) && /^HTTP\/1.1 101/.test(line.text)) a.count("accepted");
			},
			{ again: true, paceMs: 5 },
		);
}

/** @type {import("./attacks.js").Written[]} */
const WRITTEN = [
	{
		name: "gateway-open-and-close",
		what: "bridges that are opened and closed",
		run: bridges(async () => {}, { size: 50 }),
	},
	{
		name: "gateway-open-and-reset",
		what: "bridges that are opened and reset",
		run: bridges(async (line) => line.reset(), { size: 50 }),
	},
	{
		name: "gateway-idle-bridges",
		what: "400 bridges that nobody uses",
		run: bridges((line) => line.hold(), { size: 400, again: false }),
	},
	{
		name: "gateway-flood",
		what: "bytes through bridges as fast as they are taken, echoes read",
		run: bridges((line) => line.flood(frame(OPCODES.binary, Buffer.alloc(16_384, 97)))),
	},
	{
		name: "gateway-flood-deaf",
		what: "bytes through bridges as fast as they are taken, echoes not read",
		run: bridges((line) => line.flood(frame(OPCODES.binary, Buffer.alloc(16_384, 97))), { size: 64, deaf: true }),
	},
	{
		name: "gateway-one-byte-frames",
		what: "frames of one byte through bridges",
		run: bridges((line) => line.flood(Buffer.concat(Array.from({ length: 2000 }, () => frame(OPCODES.binary, "a"))))),
	},
	{
		name: "gateway-empty-frames",
		what: "frames without content through bridges",
		run: bridges((line) => line.flood(Buffer.concat(Array.from({ length: 2000 }, () => frame(OPCODES.binary, ""))))),
	},
	{
		name: "gateway-pings-deaf",
		what: "pings on bridges whose answers are not read",
		run: bridges((line) => line.flood(frame(OPCODES.ping, "x".repeat(125))), { size: 64, deaf: true }),
	},
	{
		name: "gateway-unfinished-message",
		what: "messages of 200 bridges that grow to the limit and never end",
		run: bridges(
			async (line) => {
				await line.frame(OPCODES.binary, "a", { fin: false });
				for (let at = 0; at < 60 && line.open; at++) await line.frame(0, Buffer.alloc(16_384), { fin: false });
				await line.hold();
			},
			{ size: 200, again: false },
		),
	},
	{
		name: "gateway-oversized-messages",
		what: "messages beyond the limit of a page",
		run: bridges((line) => line.frame(OPCODES.binary, "x", { length: 2 ** 40 }).then(() => line.endsWithin(500))),
	},
	{
		name: "gateway-target-down",
		what: "bridges to a target that does not answer",
		run: refusedUpgrades("/gateway/silent"),
	},
	{
		name: "gateway-other-targets",
		what: "bridges to hosts and ports that are not offered",
		run: refusedUpgrades("/gateway?host=169.254.169.254&port=80"),
	},
	{
		name: "gateway-odd-targets",
		what: "bridges to names that are none",
		run: refusedUpgrades(`/gateway?host=${"a".repeat(3000)}&port=99999999`),
	},
	{
		name: "gateway-bad-origin",
		what: "bridges for pages of strangers",
		run: refusedUpgrades(ECHO, { Origin: "https://evil.example" }),
	},
	{
		name: "gateway-pages",
		what: "pages and configurations, as many as there can be",
		run: (a) =>
			a.crowd(32, (line) => line.flood("GET /ruffle-config.js HTTP/1.1\r\nHost: localhost\r\n\r\n", 2), {
				again: true,
				paceMs: 10,
			}),
	},
	{
		name: "gateway-not-http",
		what: "documents and nonsense where only pages come",
		run: (a) =>
			a.crowd(50, (line) => line.write("<ping/>\0".repeat(10)).then(() => line.endsWithin(300)), {
				again: true,
				paceMs: 5,
			}),
	},
];

export const GATEWAY_ATTACKS = WRITTEN.map((attack) => ({ ...attack, target: GATEWAY }));

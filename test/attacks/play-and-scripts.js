// Attacks on the page of a movie, and on the script host.

import { PLAY, SCRIPTS } from "./targets.js";
import { frame, OPCODES, upgradeRequest } from "./web-socket.js";

/** Clients of the application that then do this. @param {string | ((turn: number) => string)} bytes @param {{ size?: number, everyMs?: number, deaf?: boolean }} [options] */
function clients(bytes, { size = 16, everyMs = 0, deaf = false } = {}) {
	return (/** @type {import("./toolkit.js").Attacker} */ a) =>
		a.crowd(size, (line) => line.flood(bytes, everyMs), { again: true, deaf, paceMs: 20 });
}

/** @type {import("./attacks.js").Written[]} */
const ON_PLAY = [
	{
		name: "play-pages",
		what: "the page of the movie, as often as there can be",
		run: (a) =>
			a.crowd(32, (line) => line.flood("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 2), { again: true, paceMs: 10 }),
	},
	{
		name: "play-pipelined-deaf",
		what: "the page 1,000 times on each of 64 connections, nothing read",
		run: (a) =>
			a.crowd(
				64,
				async (line) => {
					await line.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000));
					await line.hold();
				},
				{ again: true, deaf: true },
			),
	},
	{
		name: "play-live-view",
		what: "300 bridges while each document is shown to the page",
		run: (a) =>
			a.crowd(300, async (line) => {
				await line.write(upgradeRequest("127.0.0.1", "/gateway/echo"));
				if (await line.until(/^HTTP\/1.1 101/)) await line.flood(frame(OPCODES.binary, "<m>x</m>\0"), 20);
			}),
	},
	{
		name: "play-flood",
		what: "bytes through bridges as fast as they are taken",
		run: (a) =>
			a.crowd(
				16,
				async (line) => {
					await line.write(upgradeRequest("127.0.0.1", "/gateway/echo"));
					if (await line.until(/^HTTP\/1.1 101/))
						await line.flood(frame(OPCODES.binary, `${"<m>x</m>\0".repeat(1000)}`));
				},
				{ again: true },
			),
	},
	{
		name: "play-other-targets",
		what: "hosts that the movie may not reach: the list of what was refused is bounded",
		run: (a) =>
			a.crowd(
				50,
				async (line, number) => {
					await line.write(
						upgradeRequest("127.0.0.1", `/gateway?host=h${number}-${a.random.between(1, 1e9)}.example&port=9000`),
					);
					await line.until(/^HTTP/, 500);
				},
				{ again: true, paceMs: 5 },
			),
	},
];

/** @type {import("./attacks.js").Written[]} */
const ON_SCRIPTS = [
	{ name: "script-flood", what: "calls of a method, answers read", run: clients("<echo>x</echo>\0".repeat(20)) },
	{
		name: "script-flood-deaf",
		what: "calls of a method, answers not read",
		run: clients(`<echo>${"x".repeat(2000)}</echo>\0`, { size: 64, deaf: true }),
	},
	{
		name: "script-broadcast-flood",
		what: "documents that the script sends to all",
		run: clients("<all>flood</all>\0", { everyMs: 5 }),
	},
	{
		name: "script-errors",
		what: "calls of a method that throws: the log is bounded",
		run: clients("<fail/>\0", { everyMs: 1 }),
	},
	{
		name: "script-trace-flood",
		what: "calls of a method that writes to the log",
		run: clients("<say/>\0", { everyMs: 1 }),
	},
	{
		name: "script-unknown-methods",
		what: "calls of methods that do not exist, or are a language's own",
		run: clients(
			(turn) => `<${["nothing", "constructor", "__proto__", "__resolve", "onConnect", "toString"][turn % 6]}/>\0`,
			{ everyMs: 1 },
		),
	},
	{
		name: "script-large-documents",
		what: "documents at the limit for a method",
		run: clients(`<echo>${"<a/>".repeat(60_000)}</echo>\0`, { size: 8, everyMs: 20 }),
	},
	{
		name: "script-connect-and-leave",
		what: "clients of the application that come and go",
		run: (a) => a.crowd(64, (line) => line.send("<hello/>").then(() => line.until(/<welcome/, 500)), { again: true }),
	},
	{
		name: "script-instances",
		what: "clients that ask for instance after instance of the application",
		run: (a) =>
			a.crowd(
				64,
				async (line) => {
					await line.send(`<connect><uri>main/i${a.random.between(1, 1e9)}</uri></connect>`);
					await line.until(/<error|<connect/, 300);
				},
				{ again: true },
			),
	},
];

export const PLAY_ATTACKS = ON_PLAY.map((attack) => ({ ...attack, target: PLAY }));
export const SCRIPT_ATTACKS = ON_SCRIPTS.map((attack) => ({ ...attack, target: SCRIPTS }));

// Attacks over WebSocket: the handshake, and frames that RFC 6455 forbids, or allows and nobody needs.

import { withShortPackets } from "./variants.js";
import { frame, OPCODES, upgradeRequest } from "./web-socket.js";

const { binary, text, continuation, ping, pong, close } = OPCODES;

/** WebSockets that then do this. @param {(line: import("./toolkit.js").Line, a: import("./toolkit.js").Attacker) => Promise<unknown>} run @param {{ size?: number, deaf?: boolean, paceMs?: number }} [options] */
function sockets(run, { size = 16, deaf = false, paceMs = 20 } = {}) {
	return (/** @type {import("./toolkit.js").Attacker} */ a) =>
		a.crowd(
			size,
			async (line) => {
				if (deaf) await line.write(upgradeRequest("127.0.0.1"));
				else if (!(await line.upgrade())) return a.count("not upgraded");
				await run(line, a);
				return undefined;
			},
			{ again: true, deaf, paceMs },
		);
}

/** One and the same frame, as often as it is taken. @param {Buffer} bytes @param {number} [everyMs] */
function floodOf(bytes, everyMs = 0) {
	const many =
		everyMs === 0 && bytes.length < 4096
			? Buffer.concat(Array.from({ length: Math.ceil(16_384 / bytes.length) }, () => bytes))
			: bytes;
	return (/** @type {import("./toolkit.js").Line} */ line) => line.flood(many, everyMs);
}

/** One that must end the connection. @param {Buffer} bytes @param {string} what */
function refused(bytes, what) {
	return async (/** @type {import("./toolkit.js").Line} */ line, /** @type {import("./toolkit.js").Attacker} */ a) => {
		await line.write(bytes);
		const wholly = a.over;
		if (!(await line.endsWithin(1500)) && !wholly && !a.over) a.finding(`${what} did not end the connection`);
	};
}

/** Handshakes with these headers. @param {string | undefined} path @param {Record<string, string | undefined>} headers @param {number} [size] */
function handshakes(path, headers, size = 50) {
	return (/** @type {import("./toolkit.js").Attacker} */ a) =>
		a.crowd(
			size,
			async (line) => {
				await line.write(upgradeRequest("127.0.0.1", path, headers));
				if (await line.until(/^HTTP\/1.1 101/, 500)) a.count("accepted");
			},
			{ again: true, paceMs: 5 },
		);
}

/** @type {readonly import("./attacks.js").Written[]} */
export const WEB_SOCKET = [
	{ name: "ws-handshake-flood", what: "WebSockets that are opened and closed", run: handshakes(undefined, {}) },
	{
		name: "ws-bad-key",
		traced: true,
		what: "handshakes without a proper key",
		run: handshakes(undefined, { "Sec-WebSocket-Key": "short" }),
	},
	{
		name: "ws-bad-version",
		traced: true,
		what: "handshakes of another version",
		run: handshakes(undefined, { "Sec-WebSocket-Version": "99" }),
	},
	{
		name: "ws-bad-origin",
		traced: true,
		what: "handshakes from pages of strangers",
		run: handshakes(undefined, { Origin: "https://evil.example" }),
	},
	{
		name: "ws-unknown-path",
		traced: true,
		what: "handshakes for paths that do not exist",
		run: handshakes("/nowhere", {}),
	},
	{
		name: "ws-unknown-path-then-silence",
		what: "300 handshakes for a path that does not exist, one more byte, and no end: each is ended in time",
		atLeastSeconds: 12,
		run: (a) =>
			a.crowd(
				300,
				async (line) => {
					await line.write(`${upgradeRequest("127.0.0.1", "/nowhere")}x`);
					line.socket.end();
					if (!(await line.endsWithin(11_000))) a.finding("a refused handshake kept its connection open for 11 s");
				},
				{ halfOpen: true },
			),
	},
	{
		name: "ws-slow-handshake",
		traced: true,
		what: "400 handshakes a byte at a time; each is ended in time",
		atLeastSeconds: 14,
		run: (a) =>
			a.crowd(400, async (line) => {
				line.dribble(upgradeRequest("127.0.0.1"), 400);
				if (!(await line.endsWithin(13_000))) a.finding("an unfinished handshake kept its connection open for 13 s");
			}),
	},
	{ name: "ws-empty-frames", what: "frames without content", run: sockets(floodOf(frame(binary, ""))) },
	{ name: "ws-empty-text", what: "text messages without content", run: sockets(floodOf(frame(text, ""))) },
	...withShortPackets({
		name: "ws-one-byte-frames",
		what: "frames of one byte that complete no document",
		run: sockets(floodOf(frame(binary, "a"))),
	}),
	{
		name: "ws-fragments",
		what: "a message of endless one-byte fragments",
		run: sockets(async (line) => {
			await line.frame(text, "a", { fin: false });
			await floodOf(frame(continuation, "a", { fin: false }))(line);
		}),
	},
	{
		name: "ws-empty-fragments",
		what: "a message of endless empty fragments",
		run: sockets(async (line) => {
			await line.frame(text, "", { fin: false });
			await floodOf(frame(continuation, "", { fin: false }))(line);
		}),
	},
	{ name: "ws-pings", what: "pings whose answers are read", run: sockets(floodOf(frame(ping, "x".repeat(125)))) },
	{
		name: "ws-pings-deaf",
		what: "pings whose answers are not read",
		run: sockets(floodOf(frame(ping, "x".repeat(125))), { deaf: true, size: 64 }),
	},
	{ name: "ws-pongs", what: "pongs that nobody asked for", run: sockets(floodOf(frame(pong, "x".repeat(125)))) },
	{
		name: "ws-unmasked",
		traced: true,
		what: "frames without a mask",
		run: sockets(refused(frame(binary, "<ping/>\0", { masked: false }), "a frame without a mask")),
	},
	{
		name: "ws-reserved-bits",
		traced: true,
		what: "frames with reserved bits",
		run: sockets(refused(frame(binary, "<ping/>\0", { reserved: 2 }), "a reserved bit")),
	},
	{
		name: "ws-compressed",
		traced: true,
		what: "frames that say they are compressed",
		run: sockets(refused(frame(binary, "<ping/>\0", { reserved: 4 }), "a compressed frame")),
	},
	{
		name: "ws-unknown-opcode",
		traced: true,
		what: "frames of an unknown kind",
		run: sockets(refused(frame(5, "<ping/>\0"), "an unknown opcode")),
	},
	{
		name: "ws-long-ping",
		traced: true,
		what: "control frames that are too long",
		run: sockets(refused(frame(ping, "x".repeat(200)), "a ping of 200 bytes")),
	},
	{
		name: "ws-lone-continuation",
		traced: true,
		what: "continuations of nothing",
		run: sockets(refused(frame(continuation, "x"), "a continuation of nothing")),
	},
	{
		name: "ws-oversized-header",
		traced: true,
		what: "frames that claim 2^60 bytes",
		run: sockets(refused(frame(binary, "x", { length: 2 ** 60 }), "a frame of 2^60 bytes")),
	},
	{
		name: "ws-oversized-messages",
		traced: true,
		what: "messages beyond the limit",
		run: sockets(floodOf(frame(binary, "a".repeat(300_000)), 1)),
	},
	{
		name: "ws-invalid-utf8-text",
		traced: true,
		what: "text messages that are no UTF-8",
		run: sockets(refused(frame(text, Buffer.from([0xff, 0xfe, 0xc0])), "text that is no UTF-8")),
	},
	{
		name: "ws-bad-close",
		traced: true,
		what: "close frames with codes that are none",
		run: sockets(refused(frame(close, Buffer.from([0, 1])), "a bad close code")),
	},
	{
		name: "ws-close-and-stay",
		what: "WebSockets that say farewell and keep the connection",
		run: sockets(
			async (line) => {
				await line.frame(close, Buffer.from([3, 232]));
				await line.hold();
			},
			{ size: 300 },
		),
	},
	{
		name: "ws-unfinished-frame",
		what: "400 frames that stop in the middle",
		run: sockets(
			async (line) => {
				await line.write(frame(binary, "a".repeat(100), { length: 60_000 }));
				await line.hold();
			},
			{ size: 400 },
		),
	},
	{
		name: "ws-unfinished-with-pings",
		what: "100 unfinished messages with a ping each second: they are ended in time",
		atLeastSeconds: 35,
		run: (a) =>
			a.crowd(100, async (line) => {
				if (!(await line.upgrade())) return;
				await line.frame(text, "<say", { fin: false });
				line.flood(frame(ping, ""), 1000);
				if (!(await line.endsWithin(34_000))) a.finding("an unfinished message kept a WebSocket open for 34 s");
			}),
	},
	{
		name: "ws-say-flood",
		what: "a short message a frame, in the live room",
		run: sockets(
			async (line) => {
				await line.frame(text, '<join room="arena"/>');
				await floodOf(frame(text, '<say room="arena">x</say>'))(line);
			},
			{ size: 8 },
		),
	},
	{
		name: "ws-deaf-in-the-room",
		what: "300 WebSockets in the lobby that read nothing",
		run: sockets(
			async (line) => {
				await line.frame(text, '<join room="lobby"/>');
				await line.hold();
			},
			{ size: 300, deaf: true },
		),
	},
	{
		name: "ws-history-deaf",
		what: "requests for history by WebSockets that read nothing",
		run: sockets(
			async (line) => {
				await line.frame(text, '<join room="lobby"/>');
				await floodOf(frame(text, '<history room="lobby"/>'))(line);
			},
			{ size: 64, deaf: true },
		),
	},
	{
		name: "ws-document-in-frames",
		what: "documents at the limit in frames of 100 bytes",
		run: sockets((line) =>
			line.flood((turn) =>
				frame(binary, turn % 2500 === 2499 ? "</a>\0" : turn % 2500 === 0 ? "<a>" : "y".repeat(100)),
			),
		),
	},
];

// The recorded segments of a real player, whole, byte by byte and cut at every position: the events must be the same.
// See `xml-socket-suite.ts`.

import { describe, expect, test } from "vitest";
import type { XMLSocketConstructor } from "../../src/client/index.ts";
import { type MemoryEnd, memoryDial, TestServer, testHost, turns, until } from "./support.ts";
import type { MakeXMLSocket } from "./xml-socket-suite.ts";

const SEGMENTS = [
	"\0First\0",
	"Hello",
	"World!",
	"\0",
	"This",
	" is",
	" a ",
	"test\0",
	"One\0Two\0Three\0",
	"\0\0\0",
	"AA\0BB\0CC",
	"DD\0",
];
const EVENTS = [
	"connect true",
	"",
	"First",
	"HelloWorld!",
	"This is a test",
	"One",
	"Two",
	"Three",
	"",
	"",
	"",
	"AA",
	"BB",
	"CCDD",
	"close",
];
const STREAM = Buffer.from(SEGMENTS.join(""));

/** What every XMLSocket makes of the recordings. */
export function vectorSuite(createXMLSocketClass: MakeXMLSocket): void {
	interface Recorded {
		readonly log: string[];
		readonly connect: (host: string, port: number) => boolean;
	}

	function recorder(XMLSocket: XMLSocketConstructor): Recorded {
		const log: string[] = [];
		const socket = new XMLSocket();
		socket.onConnect = (success) => void log.push(`connect ${success}`);
		socket.onData = (src) => void log.push(src);
		socket.onClose = () => void log.push("close");
		return { log, connect: (host, port) => socket.connect(host, port) };
	}

	async function inMemory(pieces: Uint8Array[][]): Promise<string[][]> {
		const ends: MemoryEnd[] = [];
		const XMLSocket = createXMLSocketClass(testHost(memoryDial(ends)));
		const logs: string[][] = [];
		for (let i = 0; i < pieces.length; i++) {
			const { log, connect } = recorder(XMLSocket);
			logs.push(log);
			expect(connect("server", 1024 + i)).toBe(true);
		}
		await turns(2);
		for (const end of ends) {
			for (const piece of pieces[end.target.port - 1024]!) end.transport.write(piece);
			end.transport.end();
		}
		await until(() => logs.every((log) => log.includes("close")), "every socket closed");
		return logs;
	}

	describe("the recorded segments give the recorded events", () => {
		test("as they were sent, whole, and byte by byte", async () => {
			const bytes = Array.from(STREAM, (byte) => Uint8Array.of(byte));
			const logs = await inMemory([SEGMENTS.map((segment) => Buffer.from(segment)), [STREAM], bytes]);
			for (const log of logs) expect(log).toEqual(EVENTS);
		});

		test("cut at every position, and at every two positions", async () => {
			const cuts: Uint8Array[][] = [];
			for (let a = 0; a <= STREAM.length; a++) {
				for (let b = a; b <= STREAM.length; b++) {
					const pieces = [STREAM.subarray(0, a), STREAM.subarray(a, b), STREAM.subarray(b)];
					cuts.push(pieces.filter((piece) => piece.length > 0));
				}
			}
			for (const log of await inMemory(cuts)) expect(log).toEqual(EVENTS);
		});

		test.each([
			["segment by segment", SEGMENTS.map((segment) => Buffer.from(segment))],
			["whole", [STREAM]],
			["byte by byte", Array.from(STREAM, (byte) => Buffer.of(byte))],
		])("over TCP, %s", async (_, pieces) => {
			const server = await TestServer.start((socket) => {
				void (async () => {
					for (const piece of pieces) {
						await new Promise((written) => socket.write(piece, written));
						await new Promise((resolve) => setImmediate(resolve));
					}
					socket.end();
				})();
			});
			const { log, connect } = recorder(createXMLSocketClass(testHost()));
			connect("127.0.0.1", server.port);
			await until(() => log.includes("close"), "the socket closed");
			expect(log).toEqual(EVENTS);
			await server.kill();
		});

		test("characters of several bytes survive a cut at every byte", async () => {
			const text = "é€😀\uFEFF\u0301\r\n ";
			const stream = Buffer.from(`${text}\0`);
			const cuts = Array.from(stream, (_, at) => [stream.subarray(0, at), stream.subarray(at)]);
			for (const log of await inMemory(cuts.map((cut) => cut.filter((piece) => piece.length > 0)))) {
				expect(log).toEqual(["connect true", text, "close"]);
			}
		});

		test("bytes that are no UTF-8 become U+FFFD, and an overlong zero ends nothing", async () => {
			const stream = Buffer.from([0x61, 0xff, 0x62, 0, 0xc0, 0x80, 0]);
			expect(await inMemory([[stream]])).toEqual([["connect true", "a\uFFFDb", "\uFFFD\uFFFD", "close"]]);
		});

		test("an unfinished document is dropped when the other side closes", async () => {
			expect(await inMemory([[Buffer.from("whole\0half")]])).toEqual([["connect true", "whole", "close"]]);
		});

		test("text that is no XML reaches onData untouched", async () => {
			const texts = ["%xt%s%1%", '{"a":1}', "+connect id=7", " \n\t ", "\uFEFF<a/>", "</a>"];
			const stream = Buffer.from(`${texts.join("\0")}\0`);
			expect(await inMemory([[stream]])).toEqual([["connect true", ...texts, "close"]]);
		});
	});
}

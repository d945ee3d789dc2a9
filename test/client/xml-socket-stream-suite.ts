// XMLStreams through the documented class: Server-Side ActionScript Language Reference p. 227. See `xml-socket-suite.ts`.

import { describe, expect, test } from "vitest";
import type { XMLSocket } from "../../src/client/index.ts";
import type { XMLSocketError } from "../../src/errors/index.ts";
import { segmentations } from "../wire/segments.ts";
import { type MemoryEnd, memoryDial, type TestHost, testHost, turns } from "./support.ts";
import type { MakeXMLSocket } from "./xml-socket-suite.ts";

/** What holds for every XMLSocket of a stream. */
export function streamSuite(createXMLSocketClass: MakeXMLSocket): void {
	const header = "<stream:stream xmlns='jabber:client' id='7'>";

	interface Setting {
		readonly socket: XMLSocket;
		readonly log: string[];
		readonly end: MemoryEnd;
		readonly host: TestHost;
	}

	async function connected(prepare?: (socket: XMLSocket) => void): Promise<Setting> {
		const ends: MemoryEnd[] = [];
		const host = testHost(memoryDial(ends));
		const Class = createXMLSocketClass(host);
		const socket = new Class("stream");
		const log: string[] = [];
		socket.onData = (src) => void log.push(src);
		socket.onClose = () => void log.push("close");
		prepare?.(socket);
		socket.connect("server", 5222);
		await turns(2);
		return { socket, log, end: ends[0]!, host };
	}

	const write = (end: MemoryEnd, bytes: Uint8Array | string): void => void end.transport.write(Buffer.from(bytes));

	describe("a stream socket", () => {
		test("sends text without a zero byte, and a U+0000 in it as it is", async () => {
			const { socket, end } = await connected();
			socket.send("<?xml version='1.0'?>");
			socket.send("<stream:stream>\u00e9");
			socket.send("\0");
			await turns();
			expect(end.received()).toBe("<?xml version='1.0'?><stream:stream>\u00e9\0");
		});

		test("gives the header, the elements and the end to onData, however they are cut; then it closes", async () => {
			const stream = Buffer.from(`<?xml version='1.0'?>${header}\0 <a><b>\u00e9</b></a> <c/></stream:stream>`);
			for (const { how, segments } of segmentations(stream)) {
				const { log, end } = await connected();
				for (const segment of segments) write(end, segment);
				await turns();
				expect(log, how).toEqual([header, "<a><b>\u00e9</b></a>", "<c/>", "</stream:stream>", "close"]);
				expect(end.ended(), how).toBe(true);
			}
		});

		test("gives the header out while the server waits for what the script answers to it", async () => {
			const { socket, log, end } = await connected();
			socket.onData = (src) => {
				log.push(src);
				if (src.startsWith("<stream:")) socket.send("<handshake/>");
			};
			write(end, header);
			await turns();
			expect(log).toEqual([header]);
			expect(end.received()).toBe("<handshake/>");
		});

		test("what onData answers to the end tag still goes out", async () => {
			const { socket, end } = await connected();
			socket.onData = (src) => {
				if (src === "</stream:stream>") socket.send("</stream:stream>");
			};
			write(end, `${header}</stream:stream>`);
			await turns();
			expect(end.received()).toBe("</stream:stream>");
		});

		test("by default onXML gets documents: status -9 for the header, 0 for elements, -10 for the end", async () => {
			const seen: unknown[] = [];
			const { end } = await connected((socket) => {
				Reflect.deleteProperty(socket, "onData");
				socket.onXML = (xml) => void seen.push([xml.status, xml.firstChild?.nodeName, xml.firstChild?.attributes.id]);
			});
			write(end, `${header}<message id='m'/></stream:stream>`);
			await turns();
			expect(seen).toEqual([
				[-9, "stream:stream", "7"],
				[0, "message", "m"],
				[-10, undefined, undefined],
			]);
		});

		test("takes a second header on the same connection for depth 0 again", async () => {
			const { log, end } = await connected();
			write(end, `${header}<success/>${header}<features/>`);
			await turns();
			expect(log).toEqual([header, "<success/>", header, "<features/>"]);
		});

		test("closes at an element of more than 4096 characters, and says why", async () => {
			const fits = `<a>${"x".repeat(4089)}</a>`;
			const { socket, log, end, host } = await connected();
			expect(socket.maxUnprocessedChars).toBe(4096);
			write(end, fits);
			write(end, `<b/>${fits.replace("x", "xx")}<c/>`);
			await turns();
			expect(log).toEqual([fits, "<b/>", "close"]);
			expect(host.reported.map((error) => (error as XMLSocketError).code)).toEqual(["XMLSOCKET_DOCUMENT_TOO_LARGE"]);
		});

		test("takes another limit that is set before it connects; one that is no limit means 4096", async () => {
			for (const [limit, expected] of [
				[10, ["<a>123</a>", "close"]],
				[20_000, ["<a>123</a>", `<a>${"x".repeat(10_000)}</a>`]],
				[0, ["<a>123</a>", "close"]],
			] as const) {
				const { log, end } = await connected((socket) => {
					socket.maxUnprocessedChars = limit;
				});
				write(end, `<a>123</a><a>${"x".repeat(10_000)}</a>`);
				await turns();
				expect(log).toEqual(expected);
			}
		});

		test("closes where no stream can be read any more, and says why", async () => {
			const { log, end, host } = await connected();
			write(end, `${header}<a/>text<b/>`);
			await turns();
			expect(log).toEqual([header, "<a/>", "close"]);
			expect((host.reported[0] as XMLSocketError).code).toBe("XMLSOCKET_NOT_WELL_FORMED");
		});

		test("close() inside onData stops the delivery at once, without onClose", async () => {
			const { socket, log, end } = await connected();
			socket.onData = (src) => {
				log.push(src);
				socket.close();
			};
			write(end, `${header}<a/><b/>`);
			await turns();
			expect(log).toEqual([header]);
		});

		test("can be used again: the new connection begins a new stream", async () => {
			const ends: MemoryEnd[] = [];
			const Class = createXMLSocketClass(testHost(memoryDial(ends)));
			const socket = new Class("stream");
			const log: string[] = [];
			socket.onData = (src) => void log.push(src);
			for (let i = 0; i < 2; i++) {
				socket.connect("server", 5222);
				await turns(2);
				write(ends[i]!, `${header}<a><b>`);
				await turns();
			}
			expect(log).toEqual([header, header]);
		});
	});
}

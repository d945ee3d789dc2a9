// Situations of people who put a proxy between a game and its server to see its protocol.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { decodeDocument, exactDecode } from "../../src/tools/index.ts";
import { textCodec } from "../../src/transport/index.ts";
import { client, closeAll, echo, inspect, type Peer, Target, told, webSocketTarget } from "../tools/inspect-harness.ts";

afterEach(closeAll);

const acceptOf = (head: string): string =>
	createHash("sha1")
		.update(`${/^sec-websocket-key: *(\S+)/im.exec(head)![1]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
		.digest("base64");

describe("someone who watches a game through a proxy", () => {
	it("tests it with `printf … | nc`, which half-closes before the answer comes", async () => {
		for (const delayMs of [0, 50]) {
			const target = await new Target().listen({
				onPeer: ({ socket }) => socket.on("end", () => setTimeout(() => socket.end("<answer/>\0"), delayMs)),
			});
			const watched = await inspect(`127.0.0.1:${target.port}`);
			const peer = await client(watched.port);
			peer.socket.end("<question/>\0");
			await peer.closed();
			expect(String(peer.received)).toBe("<answer/>\0");
		}
	});

	it("has a server that sends a frame in the same segment as its answer to the WebSocket handshake", async () => {
		for (const split of [0, 1]) {
			const target = await new Target().listen({
				onPeer: (peer: Peer) => {
					peer.socket.once("data", (chunk) => {
						const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(String(chunk))}\r\n\r\n`;
						const frame = Buffer.from([0x81, 8, ...Buffer.from("<hello/>")]);
						peer.socket.write(Buffer.concat([Buffer.from(head), frame.subarray(0, frame.length - split)]));
						if (split > 0) peer.socket.write(frame.subarray(frame.length - split));
					});
				},
			});
			const watched = await inspect(`ws://127.0.0.1:${target.port}/`);
			const page = new WebSocket(`ws://127.0.0.1:${watched.port}/`);
			const [data, isBinary] = await once(page, "message");
			expect([String(data), isBinary]).toEqual(["<hello/>", false]);
			page.terminate();
			const game = await client(watched.port);
			game.socket.write("<a/>\0");
			expect(String(await game.bytes(9))).toBe("<hello/>\0");
		}
	});

	it("has a client that sends frames in the same segment as its WebSocket request", async () => {
		const got: string[] = [];
		const { port } = await webSocketTarget({
			onSocket: (socket) => socket.on("message", (data) => got.push(String(data))),
		});
		const watched = await inspect(`ws://127.0.0.1:${port}/`);
		const peer = await client(watched.port);
		const mask = [1, 2, 3, 4];
		const frame = [0x81, 0x84, ...mask, ...Buffer.from("<a/>").map((byte, at) => byte ^ mask[at % 4]!)];
		peer.socket.write(
			Buffer.concat([
				Buffer.from(
					"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
				),
				Buffer.from([...frame, ...frame]),
			]),
		);
		await watched.until((events) => events.filter(({ kind }) => kind === "document").length === 2);
		await expect.poll(() => got).toEqual(["<a/>", "<a/>"]);
	});

	it("has a page that offers the sub-protocols binary and base64, as pages for websockify do", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		for (const [offered, chosen] of [
			[["binary", "base64"], "binary"],
			[["base64", "binary"], "binary"],
			[[], ""],
		] as const) {
			const page = new WebSocket(`ws://127.0.0.1:${watched.port}/`, [...offered]);
			await once(page, "open");
			expect(page.protocol).toBe(chosen);
			page.send(Buffer.from("<a/>\0"));
			expect(String((await once(page, "message"))[0])).toBe("<a/>\0");
			page.terminate();
		}
	});

	it("sends documents that begin like other protocols", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		for (const text of [
			"GET\0",
			"GET /door HTTP\0",
			"POST /BlueBox/HttpBox.do HTTP/1.1\r\nHost: game.example\r\nContent-Length: 12\r\n\r\nsfsHttp=conn",
			"\x16\x02\0",
			"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n<a/>\0",
			"\0\0\0<a/>\0",
			"<policy-file-requests/>\0",
			"\xff\xfe<\0a\0/\0>\0",
		]) {
			const peer = await client(watched.port);
			peer.socket.write(text, "latin1");
			expect((await peer.bytes(text.length)).toString("latin1")).toBe(text);
			peer.socket.destroy();
		}
	});

	it("has a server that pings with empty documents, and a connection that is silent in between", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port);
		peer.socket.write("\0\0");
		await peer.bytes(2);
		await watched.until((events) => events.length >= 5);
		expect(told(watched.events).slice(1)).toEqual(["client ", "client ", "server ", "server "]);
	});

	it("sees a document of 3 MiB in parts, and compressed ones, with all their bytes", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port);
		const long = Buffer.concat([Buffer.from("<d>"), Buffer.alloc(3 * 1024 * 1024, "y"), Buffer.from("</d>\0")]);
		const packed = Buffer.from("789c4b492c49040004000190000a", "hex");
		peer.socket.write(Buffer.concat([long, packed]));
		await peer.bytes(long.length + packed.length);
		peer.socket.end();
		await watched.until((events) => events.some((event) => event.kind === "close" && event.direction === "client"));
		const endings = watched.events.flatMap((event) =>
			event.kind === "document" && event.direction === "client" ? [event.ending] : [],
		);
		expect(endings.slice(0, 4)).toEqual(["part", "part", "part", "terminated"]);
		expect(watched.inspector.connections()[0]!.client.bytes).toBe(long.length + packed.length);
	});

	it("reads a game in Shift JIS and in GBK", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port);
		peer.socket.write(Buffer.from([0x3c, 0x61, 0x3e, 0x93, 0xfa, 0x96, 0x7b, 0x3c, 0x2f, 0x61, 0x3e, 0]));
		await watched.until((events) => events.some(({ kind }) => kind === "document"));
		const [, event] = watched.events;
		if (event?.kind !== "document") throw new Error("no document");
		const read = (label: string) => decodeDocument(event.bytes, exactDecode(textCodec(label)));
		expect(read("shift_jis").text).toBe("<a>日本</a>");
		expect(read("utf-8").exact).toBe(false);
		expect(read("utf-8").name).toBe("a");
	});

	it("leaves many clients connected at the same time, each with its own documents", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peers = await Promise.all(Array.from({ length: 100 }, () => client(watched.port)));
		await Promise.all(
			peers.map(async (peer, at) => {
				const text = `<n v="${at}"/>\0`;
				peer.socket.write(text);
				expect(String(await peer.bytes(text.length))).toBe(text);
			}),
		);
		expect(watched.inspector.connections().filter(({ state }) => state === "open")).toHaveLength(100);
	});

	it("stops the client while the target is still being connected", async () => {
		// An address for documentation: nothing answers there.
		const watched = await inspect("192.0.2.1:9339", { connectTimeoutMs: 300 });
		const peer = await client(watched.port);
		peer.socket.write("<a/>\0");
		peer.socket.resetAndDestroy();
		await watched.until((events) => events.some(({ kind }) => kind === "close"));
		expect(told(watched.events).at(0)).toBe("open");
		const again = await client(watched.port);
		again.socket.write("<a/>\0");
		await again.ended();
		expect(told(watched.events).some((text) => text.startsWith("error server XMLSOCKET_CONNECT"))).toBe(true);
	});
});

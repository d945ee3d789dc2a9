// WebSockets as documents travel over them: text messages are documents, binary ones pieces of the stream.

import { createServer, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import type { Transport } from "../../src/link/index.ts";
import { dial, WebSocketAcceptor, type WebSocketFrames } from "../../src/transport/index.ts";
import { End, liveLink, portOf, rawClient, until } from "./connections.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A server whose connections go to `accepted`. */
async function serve(
	frames: WebSocketFrames,
	accepted: (transport: Transport, raw: Duplex) => void,
	maxMessageBytes = 1 << 20,
): Promise<{ port: number; server: Server }> {
	const acceptor = new WebSocketAcceptor({ maxMessageBytes });
	const server = createServer();
	server.on("upgrade", (request, socket, head) => {
		acceptor.accept(
			request,
			socket,
			head,
			"127.0.0.1",
			frames,
			(transport) => {
				cleanups.push(() => transport.destroy());
				accepted(transport, socket);
			},
			(reason) => socket.end(`HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n${reason}`),
		);
	});
	const port = await portOf(server);
	cleanups.push(() => server.close());
	return { port, server };
}

/** A page's WebSocket: what it receives, and how it was closed. */
async function page(port: number): Promise<{ socket: WebSocket; messages: (string | Buffer)[]; code: () => number }> {
	const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
	const messages: (string | Buffer)[] = [];
	let code = 0;
	socket.on("message", (data: Buffer, isBinary: boolean) => messages.push(isBinary ? data : data.toString()));
	socket.on("close", (closed) => {
		code = closed;
	});
	socket.on("error", () => {});
	await new Promise<void>((resolve, reject) => socket.once("open", resolve).once("error", reject));
	cleanups.push(() => socket.terminate());
	return { socket, messages, code: () => code };
}

describe("a WebSocket with text messages", () => {
	it("carries each document in a message of its own, however many leave in one write", async () => {
		const { port } = await serve("text", (transport) => {
			const { link } = liveLink(transport);
			link.send("<a/>");
			link.send("é€😀");
			link.send("");
			link.sendEncoded(Buffer.from("one\0two\0"));
			for (const length of [125, 126, 65_535, 65_536]) link.send("x".repeat(length));
		});
		const { messages } = await page(port);
		await until(() => messages.length === 9);
		expect(messages.slice(0, 5)).toEqual(["<a/>", "é€😀", "", "one", "two"]);
		expect(messages.slice(5).map((message) => message.length)).toEqual([125, 126, 65_535, 65_536]);
	});

	it("makes valid UTF-8 of what others sent that is not, as the page would break off otherwise", async () => {
		const { port } = await serve("text", (transport) => {
			const { link } = liveLink(transport);
			link.sendEncoded(Buffer.from([0x61, 0, 0xc0, 0x80, 0, 0xff, 0, 0xef, 0xbb, 0xbf, 0x62, 0]));
			link.send("after");
		});
		const { messages, code } = await page(port);
		await until(
			() => messages.length === 5,
			() => [messages, code()],
		);
		expect(messages).toEqual(["a", "\ufffd\ufffd", "\ufffd", "\ufeffb", "after"]);
	});

	it("takes each text message for one document and binary ones for pieces of the stream", async () => {
		const documents: string[] = [];
		const { port } = await serve("text", (transport) => {
			const { owner } = liveLink(transport, { keepEmpty: true });
			owner.react = (document) => documents.push(document);
		});
		const { socket } = await page(port);
		socket.send("<a/>");
		socket.send("");
		socket.send(Buffer.from("par"));
		socket.send(Buffer.from("tial\0two\0"));
		socket.send("é\n");
		await until(() => documents.length === 5);
		expect(documents).toEqual(["<a/>", "", "partial", "two", "é\n"]);
	});

	it("closes with 1007 where a text message holds U+0000, and takes nothing behind it", async () => {
		let owner: ReturnType<typeof liveLink>["owner"] | undefined;
		const { port } = await serve("text", (transport) => {
			owner = liveLink(transport).owner;
		});
		const { socket, code } = await page(port);
		socket.send("good");
		socket.send("bad\0injected");
		socket.send("late");
		await until(() => code() !== 0 && owner!.close !== undefined);
		expect(code()).toBe(1007);
		expect(owner!.documents).toEqual(["good"]);
		expect(owner!.close).toMatchObject({ by: "remote", error: { code: "XMLSOCKET_CONNECTION_LOST" } });
	});

	it("closes with 1007 where a text message is not UTF-8", async () => {
		let owner: ReturnType<typeof liveLink>["owner"] | undefined;
		const { port } = await serve("text", (transport) => {
			owner = liveLink(transport).owner;
		});
		const { socket, code } = await page(port);
		socket.send(Buffer.from([0xc0, 0x80]), { binary: false });
		await until(() => code() !== 0 && owner!.close !== undefined);
		expect(code()).toBe(1007);
		expect(owner!.documents).toEqual([]);
		expect(owner!.close?.error?.code).toBe("XMLSOCKET_CONNECTION_LOST");
	});
});

describe("a WebSocket", () => {
	it("writes the same frame for many connections that wait for the same bytes", async () => {
		const transports: Transport[] = [];
		const { port } = await serve("binary", (transport) => transports.push(transport));
		const pages = [await page(port), await page(port), await page(port)];
		await until(() => transports.length === 3);
		for (const transport of transports) transport.start(new End(transport));
		const [a, b] = [Buffer.from("a\0"), Buffer.from("b\0")];
		for (const bytes of [a, b, a]) for (const transport of transports) transport.write(bytes);
		await until(() => pages.every(({ messages }) => messages.length === 3));
		for (const { messages } of pages) expect(messages).toEqual([a, b, a]);
	});

	it("ends a message longer than the limit with 1009 and lets others go on", async () => {
		const ends: End[] = [];
		const { port } = await serve("binary", (transport) => ends.push(new End(transport).start()), 1000);
		const [loud, other] = [await page(port), await page(port)];
		loud.socket.send(Buffer.alloc(1000));
		await until(() => ends[0]!.received === 1000);
		loud.socket.send(Buffer.alloc(1001));
		await until(() => loud.code() !== 0 && ends[0]!.closed);
		expect(loud.code()).toBe(1009);
		expect(ends[0]!.error).toBeInstanceOf(Error);
		other.socket.send("still here");
		await until(() => ends[1]!.received === 11);
	});

	it("ends a message in very many fragments", async () => {
		const ends: End[] = [];
		const { port } = await serve("binary", (transport) => ends.push(new End(transport).start()));
		const { socket, code } = await page(port);
		for (let i = 0; i < 200; i++) socket.send("x", { fin: false, binary: true });
		await until(() => code() !== 0 && ends[0]!.closed);
		expect(ends[0]!.received).toBe(0);
		expect(ends[0]!.error).toBeInstanceOf(Error);
	});

	it("answers pings and hears the answers to its own, either of them a sign of life", async () => {
		const ends: End[] = [];
		const { port } = await serve("binary", (transport) => ends.push(new End(transport).start()));
		const { socket } = await page(port);
		await until(() => ends.length === 1);
		ends[0]!.transport.ping!();
		await until(() => ends[0]!.events.length === 1);
		socket.ping();
		await until(() => ends[0]!.events.length === 2);
		expect(ends[0]!.events).toEqual(["pong", "pong"]);
	});

	it("tells a page that goes away as an orderly end, and a broken connection as an error", async () => {
		const ends: End[] = [];
		const { port } = await serve("binary", (transport) => ends.push(new End(transport).start()));
		for (const code of [1000, 1001, undefined]) {
			const { socket } = await page(port);
			socket.close(code);
			await until(() => ends.at(-1)!.closed);
			expect(ends.at(-1)!.events).toEqual(["end", "close"]);
			expect(ends.at(-1)!.error).toBeUndefined();
		}
		const { socket } = await page(port);
		socket.terminate();
		await until(() => ends.at(-1)!.closed);
		expect(ends.at(-1)!.events).toEqual(["close"]);
		expect(ends.at(-1)!.error).toBeInstanceOf(Error);
	});

	it("leaves no timer behind where the page closes first and the owner answers with its own end", async () => {
		const made = vi.spyOn(globalThis, "setInterval");
		const cleared = vi.spyOn(globalThis, "clearInterval");
		try {
			class AnsweringEnd extends End {
				override end(): void {
					super.end();
					this.transport.end();
				}
			}
			const ends: End[] = [];
			const { port } = await serve("binary", (transport) => ends.push(new AnsweringEnd(transport).start()));
			const { socket } = await page(port);
			socket.close(1000);
			await until(() => ends[0]?.closed === true);
			const timers = made.mock.results.map(({ value }) => value as unknown);
			expect(timers.filter((timer) => !cleared.mock.calls.some(([each]) => each === timer))).toEqual([]);
		} finally {
			made.mockRestore();
			cleared.mockRestore();
		}
	});

	it("loses nothing that comes in the segment of the handshake's answer", async () => {
		const { port } = await serve("binary", (transport, raw) => {
			raw.uncork();
			transport.start(new End(transport));
			transport.write(Buffer.from("welcome\0"));
		});
		for (let round = 0; round < 20; round++) {
			const end = new End(await dial({ protocol: "ws", host: "127.0.0.1", port }, { timeoutMs: 5000 }));
			await new Promise((resolve) => setImmediate(resolve));
			end.start();
			await until(
				() => end.received === 8,
				() => end.events,
			);
			end.transport.destroy();
		}
	});

	it("loses nothing that comes in the segment of the request", async () => {
		const ends: End[] = [];
		const { port } = await serve("binary", (transport) => {
			setTimeout(() => ends.push(new End(transport).start()), 20);
		});
		const client = await rawClient(port);
		cleanups.push(() => client.destroy());
		const request = `GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
		// A masked text message "hi" and a masked close of code 1000.
		const frames = [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69, 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];
		client.write(Buffer.concat([Buffer.from(request), Buffer.from(frames)]));
		client.resume();
		client.on("end", () => client.end());
		await until(() => ends[0]?.closed === true);
		expect(ends[0]!.whole.toString()).toBe("hi\0");
		expect(ends[0]!.events).toEqual(["bytes", "end", "close"]);
	});

	it("keeps at most 16 answers to the pings of a client that does not read, and stays open", async () => {
		let end: End | undefined;
		let raw: Duplex | undefined;
		const { port } = await serve("binary", (transport, socket) => {
			raw = socket;
			socket.cork();
			end = new End(transport).start();
		});
		const { socket } = await page(port);
		let pongs = 0;
		socket.on("pong", () => pongs++);
		for (let at = 0; at < 100; at++) socket.ping();
		socket.send("seen");
		await until(() => end?.whole.toString() === "seen\0");
		raw!.uncork();
		end!.transport.write(Buffer.from("end"));
		await new Promise((resolve) => socket.once("message", resolve));
		expect(pongs).toBe(16);
	});

	it("leaves the answer to an invalid handshake to the caller, with the reason", async () => {
		const { port } = await serve("binary", () => expect.unreachable());
		const client = await rawClient(port);
		cleanups.push(() => client.destroy());
		let answer = "";
		client.on("data", (chunk) => {
			answer += chunk;
		});
		client.write("GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
		await until(() => answer.endsWith("Missing or invalid Sec-WebSocket-Key header"));
		expect(answer).toMatch(/^HTTP\/1\.1 400 /);
	});
});

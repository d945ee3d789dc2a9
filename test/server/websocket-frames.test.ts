// WebSocket clients that break the protocol, or use it to send much that is no document.

import { afterEach, describe, expect, it, vi } from "vitest";
import { createServer, type Server, type ServerOptions } from "../../src/server/index.ts";
import { echo, RawClient, recordingLog } from "./peers.ts";

const servers: Server[] = [];
const clients: RawClient[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.socket.destroy();
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
});

async function start(options: ServerOptions = {}): Promise<Server & Pick<ReturnType<typeof recordingLog>, "lines">> {
	const log = recordingLog();
	const server = createServer({ port: 0, ...options, application: echo(), log });
	servers.push(server);
	await server.listen();
	return Object.assign(server, { lines: log.lines });
}

const UPGRADE =
	"GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

async function open(server: Server): Promise<RawClient> {
	const client = RawClient.tcp(server.port);
	clients.push(client);
	client.send(UPGRADE);
	await client.until((text) => text.includes("\r\n\r\n"));
	return client;
}

/** A masked frame with a short payload. */
function frame(first: number, payload: string): Buffer {
	const bytes = Buffer.from(payload);
	return Buffer.concat([Buffer.from([first, 0x80 | bytes.length, 0, 0, 0, 0]), bytes]);
}

/** The code of the close frame that the client got; it is the last thing that it gets. */
function closeCode(client: RawClient): number {
	const at = client.received.lastIndexOf(0x88);
	return client.received.readUInt16BE(at + 2);
}

describe("a client that breaks the WebSocket protocol", () => {
	it.each([
		["an unmasked frame", Buffer.from([0x81, 0x01, 0x61]), 1002, "websocket-invalid"],
		["a reserved opcode", frame(0x83, "a"), 1002, "websocket-invalid"],
		["a reserved bit", frame(0xc1, "a"), 1002, "websocket-invalid"],
		["a continuation of nothing", frame(0x80, "a"), 1002, "websocket-invalid"],
		["a fragmented ping", frame(0x09, "a"), 1002, "websocket-invalid"],
		["text that is not UTF-8", Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), 1007, "websocket-invalid"],
		["U+0000 in a text message", frame(0x81, "a\0b"), 1007, "websocket-invalid"],
		[
			"a message that is too long",
			Buffer.from([0x82, 0xff, 0, 0, 0, 0, 9, 9, 9, 9, 0, 0, 0, 0]),
			1009,
			"document-too-large",
		],
	])("with %s is closed, counted and logged", async (_, bytes, code, reason) => {
		const server = await start();
		const client = await open(server);
		client.socket.write(bytes);
		await client.closed;
		expect(closeCode(client)).toBe(code);
		await expect.poll(() => [...server.metrics.refused]).toEqual([[reason, 1]]);
		const [line] = server.lines.filter(({ level }) => level === "warn");
		expect(line?.facts).toMatchObject({ reason, remote: "127.0.0.1" });
	});
});

describe("a message that is never finished", () => {
	it.each(["firstDocumentTimeoutMs", "documentTimeoutMs"] as const)(
		"is closed at %s, also between pings",
		async (option) => {
			const server = await start({
				firstDocumentTimeoutMs: 60_000,
				documentTimeoutMs: 60_000,
				lingerMs: 100,
				[option]: 1000,
			});
			const client = await open(server);
			if (option === "documentTimeoutMs") {
				client.socket.write(frame(0x82, "<a/>\0"));
				await client.until((text) => text.includes("<a/>\0"));
			}
			client.socket.write(frame(0x02, "<b"));
			const pings = setInterval(() => client.socket.write(frame(0x89, "on")), 100);
			await client.closed;
			clearInterval(pings);
			await expect.poll(() => [...server.metrics.refused]).toEqual([["document-timeout", 1]]);
		},
	);
});

describe("a flood of frames that complete no document", () => {
	it.each([
		["pings", 0x89, ""],
		["empty messages", 0x82, ""],
		["messages of one byte", 0x82, "a"],
	])("costs its own connection: %s", async (_, first, payload) => {
		const server = await start();
		const honest = await open(server);
		const client = await open(server);
		const one = frame(first, payload);
		client.socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => one)));
		await client.closed;
		expect(closeCode(client)).toBe(1008);
		await expect.poll(() => [...server.metrics.refused]).toEqual([["too-many-frames", 1]]);
		honest.socket.write(frame(0x81, "<still-here/>"));
		await honest.until((text) => text.includes("<still-here/>"));
	});
});

it("many messages in one segment, and the client's end right behind them, are all answered", async () => {
	const server = await start();
	const client = RawClient.tcp(server.port);
	clients.push(client);
	const messages = Array.from({ length: 1500 }, (_, at) => frame(0x81, `<m n="${at}"/>`));
	client.socket.end(Buffer.concat([Buffer.from(UPGRADE), ...messages, frame(0x88, "\x03\xe8")]));
	await client.closed;
	expect(client.text).toContain('<m n="1499"/>');
	expect(client.text.split("<m ").length - 1).toBe(1500);
});

it("answers pings, and drops what comes behind a close", async () => {
	const server = await start();
	const client = await open(server);
	client.socket.write(frame(0x89, "hello"));
	await client.until((text) => text.includes("hello"));
	client.socket.write(Buffer.concat([frame(0x88, "\x03\xe8"), frame(0x81, "<late/>"), Buffer.alloc(100_000, 1)]));
	await client.closed;
	expect(client.text).not.toContain("<late/>");
	expect(server.metrics.refused.size).toBe(0);
});

describe("a fault in the parser of frames", () => {
	it("closes the connection that met it, and no other", async () => {
		const server = await start();
		const [one, other] = [await open(server), await open(server)];
		const receiver = ((await import("ws")) as unknown as { Receiver: { prototype: { getInfo(): void } } }).Receiver;
		const fault = vi.spyOn(receiver.prototype, "getInfo").mockImplementationOnce(() => {
			throw new Error("a fault");
		});
		one.socket.write(frame(0x81, "first"));
		await one.closed;
		fault.mockRestore();
		other.socket.write(frame(0x81, "second"));
		await other.until((text) => text.includes("second"));
		await expect.poll(() => server.connections).toBe(1);
	});
});

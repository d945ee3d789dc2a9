// What a server keeps because of what clients send, filled beyond its bound. docs/operating.md lists all bounds under "Bounds".

import { type AddressInfo, connect, createServer as createNetServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Admission } from "../../src/server/admission.ts";
import { createServer, type Server, type ServerOptions } from "../../src/server/index.ts";
import { LogLimit } from "../../src/server/log-limit.ts";
import { echo, RawClient, recordingLog } from "./peers.ts";

const servers: Server[] = [];
const clients: RawClient[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.socket.destroy();
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
});

async function start(options: ServerOptions = {}): Promise<Server> {
	const server = createServer({ port: 0, ...options, application: echo() });
	servers.push(server);
	return await server.listen();
}

async function freePort(): Promise<number> {
	const probe = createNetServer();
	await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
	const { port } = probe.address() as AddressInfo;
	await new Promise((resolve) => probe.close(resolve));
	return port;
}

function open(port: number, count: number): RawClient[] {
	const opened = Array.from({ length: count }, () => RawClient.tcp(port));
	clients.push(...opened);
	return opened;
}

async function echoes(server: Server): Promise<void> {
	const [client] = open(server.port, 1);
	client!.send("<still-here/>\0");
	await client!.until((text) => text === "<still-here/>\0");
	client!.socket.destroy();
}

const refused = (server: Server): [string, number][] => [...server.metrics.refused];
const GET = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const UPGRADE =
	"GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

describe("connections", () => {
	it("of the policy port: 64, and none of them takes a place of the main port", async () => {
		const server = await start({ maxConnections: 1, policyPort: await freePort(), firstBytesTimeoutMs: 1000 });
		open(server.policyPort!, 70);
		await expect.poll(() => refused(server)).toEqual([["too-many-connections", 6]]);
		await echoes(server);
		await expect.poll(() => server.connections).toBe(0);
	});

	it("of the metrics port: 32, and none of them takes a place of the main port", async () => {
		const port = await freePort();
		const server = await start({ maxConnections: 1, metrics: `127.0.0.1:${port}`, tlsTimeoutMs: 300 });
		const asking = open(port, 40);
		await expect.poll(() => refused(server)).toEqual([["too-many-connections", 8]]);
		await echoes(server);
		for (const client of asking) client.socket.destroy();
		const metrics = async (): Promise<string> => {
			const [client] = open(port, 1);
			client!.send(GET.replace("/healthz", "/metrics").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
			await client!.closed;
			return client!.text;
		};
		await expect.poll(metrics).toContain("xmlsocket_connections 0");
	});

	it("that are reset before the server accepts them are counted without an address", async () => {
		const server = await start();
		// While this process is busy, the system accepts the connections and learns of the resets.
		const sockets = Array.from({ length: 5 }, () => connect({ port: server.port, host: "127.0.0.1" }));
		for (const socket of sockets) socket.on("error", () => {}).once("connect", () => socket.resetAndDestroy());
		await expect.poll(() => server.connections).toBe(0);
		await Promise.all(
			sockets.map((socket) => socket.destroyed || new Promise((resolve) => socket.once("close", resolve))),
		);
		await expect
			.poll(() =>
				refused(server).reduce(
					(sum, [reason, count]) => sum + (/^(?:reset|connection-broken)$/.test(reason) ? count : 0),
					0,
				),
			)
			.toBe(5);
	});
});

describe("addresses", () => {
	it("without a connection are forgotten after 2 s, and at most 100,000 of them are kept until then", () => {
		const admission = new Admission({
			maxConnections: 1,
			maxConnectionsPerAddress: 1,
			connectsPerSecondPerAddress: 20,
		});
		const refusals = new Set<string | undefined>();
		for (let at = 0; at < 100_002; at++) {
			const address = `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
			const refusal = admission.acquire(address, 0);
			if (refusal === undefined) admission.release(address);
			refusals.add(refusal);
		}
		expect([...refusals]).toEqual([undefined, "connecting-too-fast"]);
		admission.sweep(2001);
		expect(admission.acquire("192.0.2.1", 2001)).toBe(undefined);
	});

	it("in the summary of a flood of refusals: 1,000 are told apart", () => {
		const log = recordingLog();
		const limit = new LogLimit(log, () => 0);
		for (let at = 0; at < 3000; at++) limit.warn("not-found", { remote: `address ${at}` }, "refused");
		limit.sweep(10_000);
		expect(log.lines.at(-1)!.facts).toMatchObject({ count: 2995, addresses: 1000 });
	});
});

describe("HTTP requests", () => {
	it("that wait on one connection: 32, then it is closed", async () => {
		const server = await start();
		const [client] = open(server.port, 1);
		client!.send(GET.repeat(40));
		await client!.closed;
		await expect.poll(() => refused(server)).toEqual([["pipelining", 1]]);
		await echoes(server);
	});
});

describe("a WebSocket message", () => {
	async function webSocket(server: Server): Promise<RawClient> {
		const [client] = open(server.port, 1);
		client!.send(UPGRADE);
		await client!.until((text) => text.includes("\r\n\r\n"));
		return client!;
	}

	it("has at most 64 fragments", async () => {
		const server = await start();
		const client = await webSocket(server);
		const fragment = [0, 0x81, 0, 0, 0, 0, 0x61];
		client.socket.write(Buffer.from([2, ...fragment.slice(1), ...Array(80).fill(fragment).flat()]));
		await client.closed;
		await expect.poll(() => refused(server)).toEqual([["websocket-invalid", 1]]);
	});

	it("counts among the bytes that are held while it is unfinished, and is at most as long as a document, or 64 KiB", async () => {
		const server = await start({ maxDocumentBytes: 1000 });
		const client = await webSocket(server);
		const held = async (): Promise<number> =>
			Number(/^xmlsocket_held_bytes (\d+)/m.exec((await server.metrics.page()).body)?.[1]);
		expect(await held()).toBe(0);
		client.socket.write(Buffer.concat([Buffer.from([2, 0xfe, 0xff, 0xf0, 0, 0, 0, 0]), Buffer.alloc(65_000, 97)]));
		await expect.poll(held).toBeGreaterThan(64_900);
		client.socket.write(
			Buffer.concat([Buffer.alloc(520, 97), Buffer.from([0, 0xfe, 1, 0, 0, 0, 0, 0]), Buffer.alloc(256)]),
		);
		await client.closed;
		await expect.poll(() => refused(server)).toEqual([["document-too-large", 1]]);
		await expect.poll(held).toBe(0);
	});
});

describe("bytes before the protocol is known", () => {
	it.each([
		["white space", " "],
		["zero bytes", "\0"],
		["a policy request with much white space", `<policy-file-request${" ".repeat(200)}`],
	])("are looked at up to 128, then they are documents: %s", async (_, text) => {
		const server = await start({ firstBytesTimeoutMs: 1000, maxFirstDocumentBytes: 1000, maxDocumentBytes: 1000 });
		const [client] = open(server.port, 1);
		client!.send(text.repeat(130));
		await expect.poll(() => server.metrics.accepted.get("document")).toBe(1);
	});
});

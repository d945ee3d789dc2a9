// What a server keeps because of what clients send, filled beyond its bound. docs/operating.md lists all bounds under "Bounds".

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
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

describe("places", () => {
	it("of the operator: 8 beyond the limit, then refused like all others, and given to others when they are left", async () => {
		const server = await start({ maxConnections: 1, tlsTimeoutMs: 60_000 });
		const [member] = open(server.port, 1);
		member!.send("<a/>\0");
		await member!.until((text) => text !== "");
		// A request whose head does not end keeps its place.
		const begun = open(server.port, 12);
		for (const client of begun) client.send("GET /healthz HTTP/1.1\r\n");
		await expect.poll(() => refused(server)).toEqual([["too-many-connections", 4]]);
		for (const client of begun) client.socket.destroy();
		const asks = async (): Promise<string> => {
			const [client] = open(server.port, 1);
			client!.send(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
			await client!.closed;
			return client!.text;
		};
		await expect.poll(asks).toMatch(/^HTTP\/1\.1 200 /);
	});

	it("of the policy port: 16 for one address", async () => {
		const server = await start({
			policyPort: await freePort(),
			firstBytesTimeoutMs: 1000,
			trustProxy: ["127.0.0.1"],
		});
		for (const client of open(server.policyPort!, 20)) client.send("PROXY TCP4 203.0.113.7 127.0.0.1 51234 9000\r\n<");
		await expect.poll(() => refused(server)).toEqual([["too-many-from-address", 4]]);
		const [other] = open(server.policyPort!, 1);
		other!.send("PROXY TCP4 203.0.113.8 127.0.0.1 51234 9000\r\n<policy-file-request/>\0");
		await other!.until((text) => text.startsWith("<cross-domain-policy>"));
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

	it("have 64 connections each by default; an IPv6 /64 is one address, and loopback none", () => {
		const { maxConnectionsPerAddress, connectsPerSecondPerAddress } = createServer({ application: echo() }).settings;
		const admission = new Admission({ maxConnections: 1000, maxConnectionsPerAddress, connectsPerSecondPerAddress });
		const admitted = (addressOf: (at: number) => string): number =>
			Array.from({ length: 100 }, (_, at) => admission.admit(addressOf(at), at * 1000)).filter(
				(refusal) => refusal === undefined,
			).length;
		expect(admitted(() => "192.0.2.1")).toBe(64);
		expect(admitted((at) => `2001:db8:1:2:${at.toString(16)}::1`)).toBe(64);
		expect(admitted((at) => `::ffff:192.0.2.${at % 2 === 0 ? 1 : 2}`)).toBe(50);
		expect(admitted((at) => `2001:db8:1:${at.toString(16)}::1`)).toBe(99);
		expect(admitted((at) => `127.0.0.${at + 1}`)).toBe(100);
		expect(admission.admit("192.0.2.1", 1_000_000)).toBe("too-many-from-address");
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

describe("an answer", () => {
	it("of a large file is read in pieces of 64 KiB, as its reader takes them", async () => {
		const folder = mkdtempSync(join(tmpdir(), "xmlsocket-bounds-"));
		onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
		writeFileSync(join(folder, "large.bin"), Buffer.alloc(32 * 1024 * 1024));
		const server = createServer({ port: 0, application: echo(), pageFolder: folder });
		servers.push(server);
		await server.listen();
		const [client] = open(server.port, 1);
		client!.socket.pause();
		client!.send(GET.replace("/healthz", "/large.bin"));
		const held = async (): Promise<number> =>
			Number(/^xmlsocket_held_bytes (\d+)/m.exec((await server.metrics.page()).body)?.[1]);
		await expect.poll(held).toBeGreaterThan(0);
		for (let turn = 0; turn < 50; turn++) {
			expect(await held()).toBeLessThanOrEqual(2 * 64 * 1024);
			await new Promise((resolve) => setImmediate(resolve));
		}
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

	it("comes in at most 1,024 pieces", async () => {
		const server = await start();
		const client = await webSocket(server);
		client.socket.setNoDelay(true);
		client.socket.write(Buffer.from([0x82, 0xfe, 0x75, 0x30, 0, 0, 0, 0]));
		// In one process, each turn of the event loop reads what the last one has written.
		for (let at = 0; at < 3000 && !client.socket.destroyed && !client.socket.readableEnded; at++) {
			client.socket.write("x");
			await new Promise((resolve) => setImmediate(resolve));
		}
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

describe("empty documents", () => {
	it("count against the rate, and are counted, also after their connection has closed", async () => {
		const server = await start({ documentsPerSecond: 10, documentBurst: 20 });
		const [client] = open(server.port, 1);
		client!.send(`<a/>\0${"\0".repeat(5000)}<b/>\0`);
		await expect.poll(() => server.metrics.refused.get("rate-limited")).toBeGreaterThan(0);
		const empty = async (): Promise<number> =>
			Number(/^xmlsocket_documents_empty_total (\d+)/m.exec((await server.metrics.page()).body)?.[1]);
		expect(await empty()).toBe(5000);
		client!.socket.destroy();
		await expect.poll(() => server.connections).toBe(0);
		expect(await empty()).toBe(5000);
	});
});

describe("bytes before the protocol is known", () => {
	it("are at most 4,096 of what may become the first line of a request, then they are HTTP", async () => {
		const server = await start({ firstBytesTimeoutMs: 1000, maxFirstDocumentBytes: 10_000 });
		const [client] = open(server.port, 1);
		client!.send(`FETCH /${"a".repeat(3000)}`);
		await expect.poll(() => server.connections).toBe(1);
		client!.send("a".repeat(1000));
		await new Promise((resolve) => setImmediate(resolve));
		expect(server.metrics.accepted.size).toBe(0);
		client!.send("a".repeat(1000));
		await expect.poll(() => [...server.metrics.accepted]).toEqual([["http", 1]]);
	});

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

// The limits for one address on HTTP requests and upgrades, also where a proxy that the operator has not listed forwards them.

import { afterEach, describe, expect, it } from "vitest";
import { createServer, type Server, type ServerOptions } from "../../src/server/index.ts";
import { TokenBuckets } from "../../src/server/token-buckets.ts";
import { echo, RawClient, recordingLog } from "./peers.ts";

const servers: Server[] = [];
const clients: RawClient[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.socket.destroy();
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
});

async function start(options: ServerOptions): Promise<Server & Pick<ReturnType<typeof recordingLog>, "lines">> {
	const log = recordingLog();
	const server = createServer({ port: 0, ...options, application: echo(), log });
	servers.push(server);
	await server.listen();
	return Object.assign(server, { lines: log.lines });
}

const UPGRADE =
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** The status of the answer. The connection stays open. */
async function status(server: Server, path: string, headers: string, host = "127.0.0.1"): Promise<number> {
	const client = RawClient.tcp(server.port, host);
	clients.push(client);
	client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
	await client.until((text) => text.includes("\r\n\r\n"));
	return Number(client.text.slice(9, 12));
}

const forwarded = (address: string): string => `X-Forwarded-For: ${address}\r\n`;

describe("clients of a proxy on this machine that is not listed", () => {
	it("have limits of their own for WebSockets, and nobody else reaches them", async () => {
		const server = await start({ maxConnectionsPerAddress: 2 });
		const open = (address: string): Promise<number> => status(server, "/socket", UPGRADE + forwarded(address));
		expect([await open("203.0.113.1"), await open("203.0.113.1"), await open("203.0.113.1")]).toEqual([101, 101, 429]);
		expect(await open("203.0.113.2")).toBe(101);
		for (let at = 0; at < 4; at++) expect(await status(server, "/socket", UPGRADE)).toBe(101);
		expect(server.metrics.refused.get("too-many-from-address")).toBe(1);
	});

	it("are counted by the address that the proxy has appended, which they cannot choose", async () => {
		const server = await start({ maxConnectionsPerAddress: 1 });
		expect(await status(server, "/socket", UPGRADE + forwarded("198.51.100.1, 203.0.113.1"))).toBe(101);
		expect(await status(server, "/socket", UPGRADE + forwarded("198.51.100.2, 203.0.113.1"))).toBe(429);
	});

	it("have limits of their own for requests", async () => {
		const server = await start({ requestsPerSecondPerAddress: 1 });
		const ask = (address: string): Promise<number> => status(server, "/healthz", forwarded(address));
		for (let at = 0; at < 5; at++) expect(await ask("203.0.113.1")).toBe(200);
		expect(await ask("203.0.113.1")).toBe(429);
		expect(await ask("203.0.113.2")).toBe(200);
		expect(await status(server, "/healthz", "")).toBe(200);
		expect([...server.metrics.refused]).toEqual([["requesting-too-fast", 1]]);
	});

	it("are reported once, at the first request", async () => {
		const server = await start({});
		for (let at = 0; at < 3; at++) await status(server, "/healthz", forwarded("203.0.113.1"));
		expect(server.lines.filter(({ level, words }) => level === "warn" && words.includes("--trust-proxy")).length).toBe(
			1,
		);
	});

	it("whom the proxy does not name are not refused, so that no honest proxy is locked out", async () => {
		const server = await start({ maxConnectionsPerAddress: 1, requestsPerSecondPerAddress: 1 });
		for (let at = 0; at < 10; at++) expect(await status(server, "/healthz", "Via: 1.1 proxy\r\n")).toBe(200);
	});
});

describe("token buckets", () => {
	it("give a burst, then so many a second, for each key", () => {
		const buckets = new TokenBuckets({ perSecond: 2, burst: 3 });
		expect([1, 2, 3, 4].map(() => buckets.take("a", 0))).toEqual([true, true, true, false]);
		expect(buckets.take("b", 0)).toBe(true);
		expect([1, 2].map(() => buckets.take("a", 500))).toEqual([true, false]);
	});

	it("are bounded in number, and forgotten once they are full", () => {
		const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, 3);
		expect(["a", "b", "c", "d"].map((key) => buckets.take(key, 0))).toEqual([true, true, true, false]);
		buckets.sweep(999);
		expect(buckets.size).toBe(3);
		buckets.sweep(1000);
		expect(buckets.size).toBe(0);
		expect(buckets.take("d", 1000)).toBe(true);
	});
});

// A real daemon that has all the connections, or holds all the bytes, that it may: the operator still sees why, and honest clients go on.

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { RawClient } from "./peers.ts";

let daemon: Daemon | undefined;
const clients: RawClient[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.socket.destroy();
	await daemon?.stop("SIGKILL");
});

async function open(port: number, count: number, text = ""): Promise<RawClient[]> {
	const opened = Array.from({ length: count }, () => RawClient.tcp(port));
	clients.push(...opened);
	await Promise.all(opened.map(({ socket }) => new Promise((resolve) => socket.once("connect", resolve))));
	for (const client of opened) client.send(text);
	return opened;
}

async function get(port: number, path: string, headers = ""): Promise<string> {
	const client = RawClient.tcp(port);
	client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`);
	await client.closed;
	return client.text;
}

const count = (page: string, reason: string): number =>
	Number(new RegExp(`^xmlsocket_refused_total\\{reason="${reason}"\\} (\\d+)`, "m").exec(page)?.[1] ?? 0);
const gauge = (page: string, name: string): number => Number(new RegExp(`^${name} (\\d+)`, "m").exec(page)?.[1]);

describe("a daemon at its limit of connections", () => {
	it("answers this machine's health, readiness and metrics on reserved places, and nothing else there", async () => {
		daemon = await startDaemon(["--memory"], { XMLSOCKET_MAX_CONNECTIONS: "10" });
		const { port } = daemon;
		const members = await open(port, 10, "<ping/>\0");
		await Promise.all(members.map((member) => member.until((text) => text.includes("<pong"))));
		const [refused] = await open(port, 1, "<ping/>\0");
		await refused!.closed;
		expect(refused!.text).toBe("");
		for (const path of ["/healthz", "/readyz", "/metrics"]) expect(await get(port, path)).toMatch(/^HTTP\/1\.1 200 /);
		expect(await get(port, "/")).toMatch(/^HTTP\/1\.1 503 [\s\S]*The server is full/);
		expect(await get(port, "/metrics", "X-Forwarded-For: 203.0.113.9\r\n")).toMatch(/^HTTP\/1\.1 503 /);
		const upgrade =
			"Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
		expect(await get(port, "/socket", upgrade)).toMatch(/^HTTP\/1\.1 503 /);
		const page = await get(port, "/metrics");
		expect(count(page, "too-many-connections")).toBe(4);
		expect(gauge(page, "xmlsocket_connections")).toBe(10);
		expect(daemon.log()).toContain('"too-many-connections"');
		members[0]!.socket.destroy();
		await expect.poll(() => get(port, "/")).toMatch(/^HTTP\/1\.1 200 /);
	});

	it("gives the reserved places back when more clients than there are places have held them", async () => {
		daemon = await startDaemon(["--memory"], { XMLSOCKET_MAX_CONNECTIONS: "1" });
		const { port } = daemon;
		const [member] = await open(port, 1, "<ping/>\0");
		await member!.until((text) => text.includes("<pong"));
		const silent = await open(port, 30);
		await Promise.all(silent.map((client) => client.closed));
		expect(await get(port, "/healthz")).toMatch(/^HTTP\/1\.1 200 /);
		expect(count(await get(port, "/metrics"), "too-many-connections")).toBe(30);
	});
});

describe("a daemon at its memory ceiling", () => {
	it("cuts the clients for which it holds most, and an honest one gets every document", async () => {
		const ceiling = 4 * 1024 * 1024;
		daemon = await startDaemon(["--relay"], {
			XMLSOCKET_MEMORY_CEILING_BYTES: String(ceiling),
			XMLSOCKET_SOFT_OUTBOX_BYTES: "1048576",
		});
		const { port, process } = daemon;
		const rss = (): number =>
			Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${process.pid}/status`, "utf8"))?.[1]) * 1024;
		const [honest, sender] = await open(port, 2, "<hello/>\0");
		const members = await open(port, 40, "<hello/>\0");
		for (const { socket } of members) socket.pause();
		await honest!.until(() => honest!.documents.length === 41);
		honest!.received = Buffer.alloc(0);
		const quiet = rss();
		let most = 0;
		let cut = 0;
		for (let at = 0; cut === 0 && at < 400; at++) {
			sender!.send(`<m n="${at}">${"x".repeat(60_000)}</m>\0`);
			await honest!.until((text) => text.endsWith("</m>\0"));
			expect(honest!.text.startsWith(`<m n="${at}"`)).toBe(true);
			honest!.received = Buffer.alloc(0);
			most = Math.max(most, rss());
			cut = at % 10 === 9 ? count(await get(port, "/metrics"), "memory-ceiling") : 0;
		}
		const page = await get(port, "/metrics");
		expect(count(page, "memory-ceiling")).toBeGreaterThan(0);
		expect(gauge(page, "xmlsocket_held_bytes")).toBeLessThan(ceiling * 1.5);
		expect(most - quiet).toBeLessThan(150 * 1024 * 1024);
		expect(honest!.socket.destroyed).toBe(false);
		expect(sender!.socket.destroyed).toBe(false);
		expect(daemon.log()).toContain('"memory-ceiling"');
	});
});

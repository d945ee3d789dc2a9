// What is refused is counted by reason, and a flood of refusals writes few lines.

import { join } from "node:path";
import { connect } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { createChat } from "../../src/chat/index.ts";
import { createServer, loggable, type Server, type ServerOptions } from "../../src/server/index.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { Refusals } from "../../src/server/refusals.ts";
import { ManualClock } from "../link/manual-clock.ts";
import { echo, RawClient, recordingLog } from "./peers.ts";

const servers: Server[] = [];
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
});

async function start(
	options: ServerOptions = {},
): Promise<Server & { lines: ReturnType<typeof recordingLog>["lines"] }> {
	const log = recordingLog();
	const server = createServer({ port: 0, ...options, application: echo(), log });
	servers.push(server);
	await server.listen();
	return Object.assign(server, { lines: log.lines });
}

async function ask(server: Server, text: string): Promise<string> {
	const client = RawClient.tcp(server.port);
	client.send(text);
	await client.closed;
	return client.text;
}

const http = (path: string, headers = "Connection: close\r\n", host = "localhost"): string =>
	`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`;
const fixture = (name: string): string => join(import.meta.dirname, "../fixtures", name);
const TLS = { tlsCert: fixture("localhost-cert.pem"), tlsKey: fixture("localhost-key.pem") };
const UPGRADE =
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

describe("a refusal of the chat", () => {
	it("is counted by its code and logged with the client's address, a flood in a few lines", async () => {
		const log = recordingLog();
		const server = createServer({ port: 0, application: createChat({ tokens: "secret Ann" }), log });
		servers.push(server);
		await server.listen();
		const client = RawClient.tcp(server.port);
		client.send(`${'<say room="\u001b" />\0'.repeat(9)}${'<hello token="x"/>\0'.repeat(100)}`);
		await expect.poll(() => server.metrics.refused.get("token-invalid")).toBe(5);
		expect(server.metrics.refused.get("name-invalid")).toBe(9);
		const lines = log.lines.filter(({ level }) => level === "warn");
		expect(lines).toHaveLength(10);
		expect(lines[9]!.facts).toMatchObject({ reason: "token-invalid", remote: "127.0.0.1" });
		expect(JSON.stringify(lines)).not.toContain("\u001b");
	});
});

describe("a refusal over HTTP", () => {
	it.each([
		["an unknown path", http("/nowhere"), 404, "not-found"],
		["an address that is not one", http("http://localhost:99999/"), 400, "bad-request"],
		["a request that cannot be read", "GET / HTTP/1.1\r\nbroken\r\n\r\n", 400, "bad-request"],
		["a head that is too large", http("/", `X: ${"x".repeat(20_000)}\r\n`), 431, "headers-too-large"],
		["a method other than GET and HEAD", http("/").replace("GET", "PUT"), 405, "method-not-allowed"],
		["another Host", http("/", undefined, "evil.example"), 421, "foreign-host"],
		["a page request for the WebSocket", http("/socket"), 426, "upgrade-required"],
		[
			"metrics through a proxy",
			http("/metrics", "Connection: close\r\nX-Forwarded-For: 1.2.3.4\r\n"),
			403,
			"forbidden",
		],
		["an upgrade of an unknown path", http("/nowhere", UPGRADE), 404, "not-found"],
		["an upgrade that cannot be read", http("http://localhost:99999/", UPGRADE), 400, "bad-request"],
		["an upgrade that is no handshake", http("/socket", UPGRADE.replace("13", "9")), 400, "bad-request"],
		["an upgrade for another Host", http("/socket", UPGRADE, "evil.example"), 421, "foreign-host"],
		[
			"an upgrade of a foreign page",
			http("/socket", `${UPGRADE}Origin: https://evil.example\r\n`),
			403,
			"foreign-origin",
		],
	])("for %s is answered, counted and logged with its reason", async (_, text, status, reason) => {
		const server = await start();
		expect(await ask(server, text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
		await expect.poll(() => server.metrics.refused.get(reason)).toBe(1);
		const lines = server.lines.filter(({ level }) => level === "warn");
		expect(lines).toEqual(
			expect.arrayContaining([expect.objectContaining({ facts: expect.objectContaining({ reason }) })]),
		);
	});

	it("for a request that is not finished in time is answered 408", async () => {
		const server = await start({ tlsTimeoutMs: 300 });
		expect(await ask(server, "GET / HTTP/1.1\r\nHost: localhost\r\n")).toMatch(/^HTTP\/1\.1 408 /);
		expect(server.metrics.refused.get("request-too-slow")).toBe(1);
	});

	it("for too many clients behind a listed proxy is answered 429", async () => {
		const server = await start({ trustProxy: ["127.0.0.1"], maxConnectionsPerAddress: 1 });
		const forwarded = `${UPGRADE}X-Forwarded-For: 203.0.113.9\r\n`;
		const first = RawClient.tcp(server.port);
		first.send(http("/socket", forwarded));
		await first.until((text) => text.includes(" 101 "));
		expect(await ask(server, http("/socket", forwarded))).toMatch(/^HTTP\/1\.1 429 /);
		expect(server.metrics.refused.get("too-many-from-address")).toBe(1);
		first.socket.destroy();
	});

	it("does not count a server that is not ready: /readyz reports a state", async () => {
		const log = recordingLog();
		const application = { ...echo(), health: () => ({ ready: false, trouble: "no broker" }) };
		const server = createServer({ port: 0, application, log });
		servers.push(server);
		await server.listen();
		expect(await ask(server, http("/readyz"))).toMatch(/^HTTP\/1\.1 503 [\s\S]*not ready: no broker\n$/);
		expect(server.metrics.refused.size).toBe(0);
	});
});

describe("other refusals", () => {
	it("count TLS handshakes that fail, where there is a certificate to fail with, and TLS where there is none", async () => {
		const without = await start();
		await ask(without, "\x16\x03\x01\x00\x05hello");
		expect([...without.metrics.refused]).toEqual([["tls-unavailable", 1]]);
		const server = await start(TLS);
		await ask(server, "\x16\x03\x01\x00\x05hello");
		await expect.poll(() => [...server.metrics.refused]).toEqual([["tls-failed", 1]]);
	});

	it("are TLS 1.0 and 1.1; 1.2 and 1.3 are accepted", async () => {
		const server = await start(TLS);
		const ends: string[] = [];
		for (const version of ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const) {
			const socket = connect({
				port: server.port,
				host: "127.0.0.1",
				rejectUnauthorized: false,
				minVersion: version,
				maxVersion: version,
				ciphers: "DEFAULT@SECLEVEL=0",
			});
			ends.push(
				await new Promise((resolve) => {
					socket.once("secureConnect", () => resolve("open"));
					socket.once("error", () => resolve("refused"));
				}),
			);
			socket.destroy();
		}
		expect(ends).toEqual(["refused", "refused", "open", "open"]);
		await expect.poll(() => server.metrics.refused.get("tls-failed")).toBe(2);
	});

	it("are those of texts of clients in the log: at most 256 characters, without controls", () => {
		expect(loggable("x".repeat(10_000))).toBe("x".repeat(256));
		expect(loggable("a\r\nb\u001b[2J\u202ec\u0000")).toBe("a\ufffd\ufffdb\ufffd[2J\ufffdc\ufffd");
	});

	it("warn once that a local proxy voids the limits for one address, where --trust-proxy does not list it", async () => {
		const server = await start();
		for (let at = 0; at < 3; at++) {
			const client = RawClient.tcp(server.port);
			client.send(http("/socket", `${UPGRADE}X-Forwarded-For: 203.0.113.9\r\n`));
			await client.until((text) => text.includes(" 101 "));
			client.socket.destroy();
		}
		expect(server.lines.filter(({ words }) => words.includes("--trust-proxy")).length).toBe(1);
	});

	it("refuse at the start an entry of trustProxy that is no address", () => {
		expect(() => createServer({ trustProxy: ["10.0.0.0/8", "localhost"] })).toThrow(
			expect.objectContaining({ code: "XMLSOCKET_OPTION_INVALID", message: expect.stringContaining('"localhost"') }),
		);
	});
});

describe("a flood of refusals", () => {
	it("writes five lines for each reason in 10 s, and one with the number of the others", () => {
		const clock = new ManualClock();
		const log = recordingLog();
		const metrics = new Metrics({ numbers: () => ({}) });
		const refusals = new Refusals(metrics, log, () => clock.now());
		for (let at = 0; at < 1000; at++) refusals.refuse("not-found", "refused", { at });
		refusals.refuse("bad-request", "refused");
		const warnings = () => log.lines.filter(({ level }) => level === "warn");
		expect(warnings().length).toBe(6);
		clock.advance(9000);
		refusals.sweep(clock.now());
		expect(warnings().length).toBe(6);
		clock.advance(1000);
		refusals.sweep(clock.now());
		expect(warnings().slice(6)).toEqual([
			expect.objectContaining({ facts: { reason: "not-found", count: 995, windowMs: 10_000 } }),
		]);
		expect(metrics.refused.get("not-found")).toBe(1000);
		refusals.refuse("not-found", "refused");
		expect(warnings().length).toBe(8);
	});
});

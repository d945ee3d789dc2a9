// Requests that are almost valid, as raw bytes: each gets one answer, leaves its reason, and harms nobody.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServer, type Server } from "../../src/server/index.ts";
import { echo, RawClient } from "./peers.ts";

let folder: string;
let server: Server;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket requests "));
	writeFileSync(join(folder, "index.html"), "a page");
	server = createServer({ port: 0, tlsTimeoutMs: 1000, application: echo(), pageFolder: folder });
	await server.listen();
});
afterAll(async () => {
	await server.close({ graceMs: 0 });
	rmSync(folder, { recursive: true });
});

const HOST = "Host: localhost\r\n";
const LAST = "Connection: close\r\n";
const get = (path = "/healthz", headers = `${HOST}${LAST}`, version = "HTTP/1.1"): string =>
	`GET ${path} ${version}\r\n${headers}\r\n`;
const post = (headers: string, body = ""): string => `POST / HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;
const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const X_HEADERS = Array.from({ length: 120 }, (_, at) => `X-${at}: y\r\n`).join("");

type Row = [name: string, request: string, statuses: string, reason?: string];
const REQUESTS: Row[] = [
	["HTTP/1.0 without Host", get(undefined, "", "HTTP/1.0"), "200"],
	["no Host", get(undefined, LAST), "400", "bad-request"],
	["two Hosts", get(undefined, `${HOST}Host: evil.example\r\n${LAST}`), "400", "bad-request"],
	["an empty Host", get(undefined, `Host: \r\n${LAST}`), "421", "foreign-host"],
	["a Host with a user", get(undefined, `Host: a@localhost\r\n${LAST}`), "421", "foreign-host"],
	["a Host behind 120 headers", get(undefined, `${X_HEADERS}${HOST}${LAST}`), "431", "headers-too-large"],
	["120 headers behind the Host", get(undefined, `${HOST}${LAST}${X_HEADERS}`), "431", "headers-too-large"],
	["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", "http-version"],
	["HTTP/2.0", get(undefined, undefined, "HTTP/2.0"), "505", "http-version"],
	["HTTP/0.9", "GET /\r\n\r\n", "505", "http-version"],
	["HTTP/1.9", get(undefined, undefined, "HTTP/1.9"), "400", "bad-request"],
	["an offer of h2c", get(undefined, `${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n`), "200"],
	["OPTIONS *", `OPTIONS * HTTP/1.1\r\n${HOST}${LAST}\r\n`, "204"],
	["TRACE", `TRACE / HTTP/1.1\r\n${HOST}${LAST}\r\n`, "405", "method-not-allowed"],
	[
		"CONNECT behind a request",
		`${get(undefined, HOST)}CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n`,
		"200 405",
		"method-not-allowed",
	],
	["the absolute form", get("http://localhost/healthz"), "200"],
	["the absolute form of another host", get("http://evil.example/healthz"), "400", "bad-request"],
	["two lengths", post("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), "400", "bad-request"],
	[
		"a length and chunks",
		post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
		"400",
		"bad-request",
	],
	["a negative length", post("Content-Length: -1\r\n"), "400", "bad-request"],
	["a length beyond 64 bits", post("Content-Length: 99999999999999999999\r\n"), "400", "bad-request"],
	["a body that does not come", post(`${LAST}Content-Length: 9999999\r\n`, "abc"), "405", "method-not-allowed"],
	["an unknown transfer encoding", post("Transfer-Encoding: cow\r\n"), "405", "method-not-allowed"],
	["chunked and gzip", post("Transfer-Encoding: chunked, gzip\r\n"), "400", "bad-request"],
	["a chunk size that is none", post(`${LAST}Transfer-Encoding: chunked\r\n`, "zz\r\n"), "405", "method-not-allowed"],
	[
		"a huge chunk extension",
		post(`${LAST}Transfer-Encoding: chunked\r\n`, `1;${"x".repeat(40_000)}\r\na\r\n0\r\n\r\n`),
		"405",
		"method-not-allowed",
	],
	[
		"huge trailers",
		post(`${LAST}Transfer-Encoding: chunked\r\n`, `0\r\nX: ${"x".repeat(40_000)}\r\n\r\n`),
		"405",
		"method-not-allowed",
	],
	[
		"Expect: 100-continue",
		post(`${LAST}Expect: 100-continue\r\nContent-Length: 3\r\n`),
		"100 405",
		"method-not-allowed",
	],
	["another expectation", get(undefined, `${HOST}Expect: cake\r\n`), "417", "expectation-failed"],
	["a header without a colon", get(undefined, `${HOST}broken\r\n`), "400", "bad-request"],
	["a blank before the colon", get(undefined, "Host : localhost\r\n"), "400", "bad-request"],
	["a folded header", get(undefined, `${HOST}X: a\r\n b\r\n`), "400", "bad-request"],
	["lines that end with LF", "GET /healthz HTTP/1.1\nHost: localhost\n\n", "400", "bad-request"],
	["a CR in a header", get(undefined, `X: a\rb\r\n${HOST}`), "400", "bad-request"],
	["a zero byte in a header", get(undefined, `X: a\0b\r\n${HOST}`), "400", "bad-request"],
	["a zero byte in the path", get("/a\0b"), "400", "bad-request"],
	["a blank in the path", get("/a b"), "400", "bad-request"],
	["a path out of the folder", get("/../../etc/passwd"), "404", "not-found"],
	["a path that cannot be decoded", get("/%zz%00"), "404", "not-found"],
	["a huge path", get(`/${"x".repeat(20_000)}`), "431", "headers-too-large"],
	["a huge header", get("/", `${HOST}X: ${"x".repeat(70_000)}\r\n`), "431", "headers-too-large"],
	["a thousand ranges", get("/", `${HOST}${LAST}Range: bytes=${"0-1,".repeat(1000)}0-1\r\n`), "200"],
	["a GET with a body", `${get(undefined, `${HOST}${LAST}Content-Length: 3\r\n`)}abc`, "200"],
	["an upgrade without a key", get("/socket", `${HOST}${UPGRADE}`), "400", "bad-request"],
	["an upgrade by POST", post(`${UPGRADE}${KEY}`), "400", "bad-request"],
	[
		"an upgrade with a body",
		`${get("/socket", `${HOST}${UPGRADE}${KEY}Content-Length: 3\r\n`)}abc`,
		"400",
		"bad-request",
	],
	["21 requests ahead", get(undefined, HOST).repeat(20) + get(), Array(21).fill("200").join(" ")],
	["a head that does not end", get(undefined, `${HOST}${LAST}`).slice(0, -2), "408", "request-too-slow"],
];

describe("a request that is almost valid", () => {
	it.each(REQUESTS)("%s", async (_, request, statuses, reason) => {
		server.metrics.refused.clear();
		const client = RawClient.tcp(server.port);
		client.socket.write(request, "latin1");
		await client.closed;
		const seen = [...client.received.toString("latin1").matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
		expect(seen.join(" ")).toBe(statuses);
		await expect.poll(() => [...server.metrics.refused]).toEqual(reason === undefined ? [] : [[reason, 1]]);
		await expect.poll(() => server.connections).toBe(0);
	});

	it("in a flood leaves few log lines, and one with the number of the others and their addresses", async () => {
		const lines: [facts: Record<string, unknown>, words: string][] = [];
		const ignore = (): void => {};
		const warn = (facts: object, words: string): void => void lines.push([facts as Record<string, unknown>, words]);
		const log = { debug: ignore, info: ignore, error: ignore, warn };
		await using scanned = await createServer({ port: 0, log, application: echo() }).listen();
		for (let round = 0; round < 50; round++) {
			const localAddress = `127.0.0.${2 + (round % 2)}`;
			const client = new RawClient(connect({ port: scanned.port, host: "127.0.0.1", localAddress }));
			for (let at = 0; at < 19; at++) client.send(get(`/${round}/${at}`, HOST));
			client.send(get("/last"));
			await client.closed;
		}
		expect(scanned.metrics.refused.get("not-found")).toBe(1000);
		await scanned.close();
		expect(lines.length).toBe(6);
		expect(lines[5]).toEqual([{ reason: "not-found", count: 995, addresses: 2, windowMs: 10_000 }, expect.any(String)]);
	});
});

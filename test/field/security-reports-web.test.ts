// Attacks that were reported for other programs with an HTTP side, tried on this one with real sockets, each with its neighbours: requests
// that a proxy and the server read differently, and requests of pages of other sites.

import { rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createGateway } from "../../src/gateway/index.ts";
import { createPlay } from "../../src/gateway/play/play-server.ts";
import { RawClient, recordingLog } from "../server/peers.ts";
import { folderWithSecrets, LAST, raw, siteIn, status, statuses, UPGRADE } from "./raw-requests.ts";
import { ask, askUpgrade, closeServers, refusals, startChat } from "./web-server.ts";

let folder: string;
beforeAll(() => {
	folder = folderWithSecrets();
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(closeServers);

const headers = (count: number): string => Array.from({ length: count }, (_, at) => `x-${at}: y\r\n`).join("");

describe("a client that sends so many headers that those of its proxy are dropped", () => {
	it.each([
		["of this machine reads no metrics", "/metrics", {}],
		["that is listed does not hide its client", "/healthz", { trustProxy: ["127.0.0.1"] }],
		["writes the origin last", "/healthz", {}],
	])("a proxy %s", async (_situation, path, options) => {
		const { port } = await startChat(options);
		const added = "X-Forwarded-For: 203.0.113.7\r\nOrigin: https://evil.example\r\n";
		for (const count of [99, 120, 2000]) {
			const head = `Host: localhost\r\n${LAST}${headers(count)}${added}\r\n`;
			expect(statuses(await raw(port, `GET ${path} HTTP/1.1\r\n${head}`)), `${count} headers`).toEqual([431]);
			expect(
				statuses(await raw(port, `GET /socket HTTP/1.1\r\nHost: localhost\r\n${UPGRADE}${headers(count)}${added}\r\n`)),
			).toEqual([431]);
		}
	});

	it("at the limit, every header counts", async () => {
		const { port } = await startChat();
		const added = "X-Forwarded-For: 203.0.113.7\r\n";
		expect(await status(port, `GET /metrics HTTP/1.1\r\nHost: localhost\r\n${LAST}${headers(97)}${added}\r\n`)).toBe(
			403,
		);
		const origin = "Origin: https://evil.example\r\n";
		const upgrade = `GET /socket HTTP/1.1\r\nHost: localhost\r\n${UPGRADE}${headers(94)}${origin}\r\n`;
		expect(await status(port, upgrade)).toBe(403);
	});
});

describe("a request that names two hosts", () => {
	it.each([
		["two Host headers", "/healthz", "Host: localhost\r\nHost: evil.example\r\n"],
		["the same Host header twice", "/healthz", "Host: localhost\r\nHost: localhost\r\n"],
		["no Host header", "/healthz", ""],
		["an address of another host", "http://evil.example/healthz", "Host: localhost\r\n"],
		["an address with another port", "http://localhost:81/healthz", "Host: localhost:80\r\n"],
		["an address with a user like a host", "http://localhost@evil.example/healthz", "Host: localhost\r\n"],
	])("is refused, also as a WebSocket: %s", async (_situation, target, host) => {
		const { port } = await startChat();
		expect(await status(port, `GET ${target} HTTP/1.1\r\n${host}${LAST}\r\n`)).toBe(400);
		const upgrade = target.replace("healthz", "socket");
		expect(await status(port, `GET ${upgrade} HTTP/1.1\r\n${host}${UPGRADE}\r\n`)).toBe(400);
	});

	it("is answered where both are the same", async () => {
		const { port } = await startChat();
		for (const [address, host] of [
			["http://localhost/healthz", "LOCALHOST:80"],
			["http://localhost:9001/healthz", "localhost:9001"],
			["https://localhost/healthz", "localhost:443"],
		])
			expect(await status(port, `GET ${address} HTTP/1.1\r\nHost: ${host}\r\n${LAST}\r\n`), address).toBe(200);
		expect(await status(port, `GET http://localhost/socket HTTP/1.1\r\nHost: localhost\r\n${UPGRADE}\r\n`)).toBe(101);
	});
});

describe("a client of a listed proxy", () => {
	it.each([
		["in front of its own in one header", "X-Forwarded-For: 127.0.0.1, 203.0.113.7\r\n"],
		["in a header of its own", "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 203.0.113.7\r\n"],
		["in another header", "X-Real-IP: 127.0.0.1\r\nX-Forwarded-For: 203.0.113.7\r\nForwarded: for=127.0.0.1\r\n"],
		["behind a word that is none", "X-Forwarded-For: 127.0.0.1, unknown, 203.0.113.7\r\n"],
		["in quotes that hide a comma", 'Forwarded: for="127.0.0.1, x";by=1, for=203.0.113.7\r\n'],
	])("is not taken for the address that it writes %s", async (_situation, lines) => {
		const { port, log } = await startChat({ trustProxy: ["127.0.0.1"] });
		expect(await status(port, `GET /nowhere HTTP/1.1\r\nHost: localhost\r\n${lines}${LAST}\r\n`)).toBe(404);
		expect(await status(port, `GET /metrics HTTP/1.1\r\nHost: localhost\r\n${lines}${LAST}\r\n`)).toBe(403);
		expect(refusals(log).map(({ remote }) => remote)).toEqual(["203.0.113.7", "203.0.113.7"]);
	});

	it("is not believed where it sends a second PROXY header, or hides one in the extras of the first", async () => {
		const { port } = await startChat({ trustProxy: ["127.0.0.1"] });
		const line = (address: string): string => `PROXY TCP4 ${address} 127.0.0.1 1 2\r\n`;
		const request = `GET /metrics HTTP/1.1\r\nHost: localhost\r\n${LAST}\r\n`;
		const extras = `\x04\x00\x30${line("127.0.0.1").padEnd(48)}`;
		const binary = `\r\n\r\n\0\r\nQUIT\n\x21\x11\0${String.fromCharCode(12 + extras.length)}\xcb\0\x71\x07\x7f\0\0\x01\0\x01\0\x02${extras}`;
		expect(statuses(await raw(port, `${line("203.0.113.7")}${request}`))).toEqual([403]);
		expect(statuses(await raw(port, `${binary}${request}`))).toEqual([403]);
		const twice = RawClient.tcp(port);
		twice.send(`${line("203.0.113.7")}${line("127.0.0.1")}${request}\0`);
		expect(await twice.until((text) => text.includes("<error"))).not.toContain("xmlsocket_");
		twice.socket.destroy();
	});
});

describe("a path that begins with two slashes", () => {
	it("names no host: rules of a proxy for a path cannot be passed with it", async () => {
		const gateway = createGateway({ targets: ["chat=127.0.0.1:9"] });
		const { port } = await startChat({ routes: [gateway] });
		for (const path of ["//x/healthz", "//x/metrics", "///metrics", "/\\x/metrics", "//metrics", "//"])
			expect(await status(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${LAST}\r\n`), path).toBe(404);
		for (const path of ["//x/socket", "//x/gateway/chat", "//x?host=127.0.0.1&port=9", "//user@x:1/socket"])
			expect(await status(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${UPGRADE}\r\n`), path).toBe(404);
	});

	it("makes the server of a movie fetch from no other host", async () => {
		const asked: string[] = [];
		const start = async (name: string): Promise<string> => {
			const other = createHttpServer((request, response) => {
				asked.push(`${name} ${request.url}`);
				response.end("FWS\x07\x10\0\0\0 a movie");
			}).listen(0, "127.0.0.1");
			await new Promise((resolve) => other.once("listening", resolve));
			others.push(other);
			return `127.0.0.1:${(other.address() as AddressInfo).port}`;
		};
		const others: ReturnType<typeof createHttpServer>[] = [];
		const [public_, internal] = [await start("public"), await start("internal")];
		const { server } = createPlay({
			movie: `http://${public_}/movie.swf`,
			port: 0,
			allow: [],
			parameters: {},
			command: "",
			pages: folder,
			log: recordingLog(),
		});
		await server.listen();
		try {
			for (const path of [
				`//${internal}/secret`,
				`/.//${internal}/secret`,
				`//x//${internal}/secret`,
				`/%2e//${internal}/secret`,
				`/\\\\${internal}/secret`,
				`///${internal}/secret`,
				`//user@${internal}/secret`,
				`http://localhost//${internal}/secret`,
			])
				await status(server.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${LAST}\r\n`);
			expect(asked.filter((line) => line.startsWith("internal"))).toEqual([]);
			expect(await status(server.port, `GET /level.xml?a=1 HTTP/1.1\r\nHost: localhost\r\n${LAST}\r\n`)).toBe(200);
			expect(asked.at(-1)).toBe("public /level.xml?a=1");
		} finally {
			await server.close({ graceMs: 0 });
			for (const other of others) {
				other.closeAllConnections();
				other.close();
			}
		}
	});

	it("leads a browser to no other site by a redirect", async () => {
		const { port } = await startChat({ routes: [siteIn(folder)] });
		for (const path of [
			"//evil.example",
			"///evil.example",
			"/evil.example",
			"//localhost/evil.example",
			"//evil.example/..",
			"/%2f%2fevil.example/%2e%2e",
			"/\\evil.example",
			"//evil.example/%2e%2e",
			"/.//evil.example",
		]) {
			const client = RawClient.tcp(port);
			client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${LAST}\r\n`);
			await client.closed;
			const location = /^location: (.*)$/im.exec(client.text)?.[1];
			if (location !== undefined)
				expect(new URL(location, `http://localhost${path}`).host, `${path} leads to ${location}`).toBe("localhost");
		}
	});
});

describe("a request that a proxy and a server read differently", () => {
	const SMUGGLED = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
	it.each([
		["a length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"],
		["a space before the colon", "Transfer-Encoding : chunked\r\n", "0\r\n\r\n"],
		["a folded line", "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"],
		["a line that ends with CR alone", "X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"],
		["a name with a control character", "Transfer-Encoding\x0b: chunked\r\n", "0\r\n\r\n"],
		["two codings, chunked first", "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"],
		["a signed length", "Content-Length: +0\r\n", ""],
		["a length in hexadecimal", "Content-Length: 0x0\r\n", ""],
		["a list of lengths", "Content-Length: 0, 1\r\n", ""],
		["a zero byte in a value", "X: a\0b\r\n", ""],
	])("gets one answer, and what follows it none: %s", async (_situation, lines, body) => {
		const { port } = await startChat();
		const text = await raw(port, `POST / HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n${body}${SMUGGLED}`);
		expect(statuses(text)).toEqual([400]);
	});

	it.each([
		["a chunk size with a sign", "+5\r\nabcde\r\n0\r\n\r\n"],
		["a chunk size in the form of C", "0x5\r\nabcde\r\n0\r\n\r\n"],
		["a chunk longer than its size", "2\r\nabcde\r\n0\r\n\r\n"],
		["a chunk that ends with LF alone", "5\nabcde\n0\n\n"],
	])("gets one answer: %s", async (_situation, body) => {
		const { port } = await startChat();
		const head = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
		expect(statuses(await raw(port, `${head}${body}${SMUGGLED}`))).not.toContain(200);
	});

	it.each([
		["of an unknown version", "/socket", UPGRADE.replace("13", "777")],
		["without a key", "/socket", UPGRADE.replace(/Sec-WebSocket-Key.*\r\n/, "")],
		["of a foreign page", "/socket", `${UPGRADE}Origin: https://evil.example\r\n`],
		[
			"of a foreign page that keeps the connection",
			"/socket",
			`${UPGRADE.replace("Upgrade\r", "keep-alive, Upgrade\r")}Origin: https://evil.example\r\n`,
		],
		["at another path", "/other", UPGRADE],
		["to HTTP/2", "/healthz", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"],
	])("an upgrade %s that is refused opens no way for the requests behind it", async (_situation, path, lines) => {
		const { port } = await startChat();
		const text = await raw(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n${SMUGGLED}${SMUGGLED}`);
		expect(statuses(text)).toHaveLength(1);
		expect(text).not.toContain("xmlsocket_");
	});
});

describe("a page of another site", () => {
	it("sends a document to the port in the body of a form, and does not join the chat", async () => {
		const { port } = await startChat();
		const body = 'x\0<hello name="victim" />\0<say room="lobby">spam</say>\0';
		const methods = ["POST", "PUT", "PROPFIND", "x", "A".repeat(300), "A".repeat(20_000)];
		for (const [method, path] of [
			...methods.map((each) => [each, "/"]),
			["x", `/${"a".repeat(300)}`],
			["x", `/${"a".repeat(20_000)}`],
		]) {
			const text = await raw(
				port,
				`${method} ${path} HTTP/1.1\r\nHost: evil.example\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n${LAST}\r\n${body}`,
			);
			expect(text, method!.slice(0, 20)).toMatch(/^HTTP\/1\.1 4\d\d /);
			expect(text).not.toContain("welcome");
		}
		const other = RawClient.tcp(port);
		other.send('<join room="lobby" />\0');
		expect(await other.until((text) => text.includes("<joined"))).not.toContain("spam");
		other.socket.destroy();
	});

	it("sends a document in the body of a form to a port for documents alone, and is disconnected", async () => {
		const { port, server } = await startChat({ sniff: false });
		const body = 'x\0<join room="lobby" />\0';
		for (const line of [
			"POST / HTTP/1.1",
			"GET /a?b HTTP/1.1",
			"x /aaaa HTTP/1.0",
			`POST /${"a".repeat(6000)} HTTP/1.1`,
		])
			expect(await raw(port, `${line}\r\nHost: localhost\r\n\r\n${body}`), line).toBe("");
		expect(server.metrics.refused.get("not-documents")).toBe(4);
		const client = RawClient.tcp(port);
		client.send('GET /item\0<join room="lobby" />\0');
		await client.until((text) => text.includes("<joined"));
		client.socket.destroy();
	});

	it("is not what sends a text that begins like a request", async () => {
		const { port } = await startChat();
		for (const text of [
			"say /hello all",
			"x / HTTP",
			"x / HTTQ/1.1",
			"word",
			"a".repeat(3000),
			"say /\r\n HTTP/1.1",
			"x  / HTTP/1.1",
		]) {
			const client = RawClient.tcp(port);
			client.send(`${text}\0`);
			await client.until((received) => received.includes("<error"));
			client.socket.destroy();
		}
	});

	it.each([
		["a scheme that is a property of every object", "constructor://games.example"],
		["another one", "__proto__://games.example"],
		["a third one", "valueof://games.example"],
		["the listed host as a user", "https://games.example@evil.example"],
		["the listed host as a part of the name", "https://games.example.evil.example"],
		["the listed host with letters before it", "https://evilgames.example"],
		["the listed host behind a backslash", "https://evil.example\\@games.example"],
		["two origins", "https://games.example, https://evil.example"],
		["an underscore for the dot", "https://games_example"],
	])("is not taken for a listed one: %s", async (_situation, origin) => {
		const { port } = await startChat({ origin: ["games.example"] });
		expect((await askUpgrade(port, "/socket", { Host: "localhost", Origin: origin })).status).toBe(403);
	});

	it("reads no metrics by a name of its own for this machine, from the port for metrics either", async () => {
		const metrics = await freePort();
		await startChat({ metrics: `127.0.0.1:${metrics}` });
		for (const host of ["evil.example", `evil.example:${metrics}`, "localhost.evil.example", "127.0.0.1.evil.example"])
			expect((await ask(metrics, "/metrics", { headers: { Host: host } })).status, host).toBe(421);
		for (const host of [`127.0.0.1:${metrics}`, `localhost:${metrics}`, "[::1]"])
			expect((await ask(metrics, "/metrics", { headers: { Host: host } })).status, host).toBe(200);
	});
});

async function freePort(): Promise<number> {
	const server = createHttpServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

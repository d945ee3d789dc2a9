// Attacks that were reported for other programs with an HTTP or WebSocket side, tried on this one with real sockets, each with its
// neighbours.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createGateway } from "../../src/gateway/index.ts";
import { createPlay } from "../../src/gateway/play/play-server.ts";
import { ruffleRoutes } from "../../src/gateway/ruffle-package.ts";
import { SiteRoutes } from "../../src/gateway/site/site-routes.ts";
import { RawClient, recordingLog } from "../server/peers.ts";
import { ask, askUpgrade, closeServers, refusals, startChat } from "./web-server.ts";

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket reports "));
	mkdirSync(join(folder, "site", "evil.example"), { recursive: true });
	mkdirSync(join(folder, "site-secrets"));
	writeFileSync(join(folder, "secret.txt"), "secret");
	writeFileSync(join(folder, "site-secrets", "a.txt"), "secret");
	writeFileSync(join(folder, "site", ".env"), "secret");
	symlinkSync(join(folder, "secret.txt"), join(folder, "site", "link.txt"));
	writeFileSync(join(folder, "site", "index.html"), "<p>a page</p>");
	writeFileSync(join(folder, "site", "evil.example", "index.html"), "<p>below</p>");
	for (const name of ["a.constructor", "a.__proto__", "a.toString"]) writeFileSync(join(folder, "site", name), "data");
	writeFileSync(join(folder, "site", "numbers.txt"), "0123456789");
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(closeServers);

const LAST = "Connection: close\r\n";
const UPGRADE =
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const headers = (count: number): string => Array.from({ length: count }, (_, at) => `x-${at}: y\r\n`).join("");

/** Sends bytes as they are, and returns all that came until the server closed. */
async function raw(port: number, bytes: string): Promise<string> {
	const client = new RawClient(connect({ port, host: "127.0.0.1", allowHalfOpen: true }));
	client.socket.write(bytes, "latin1");
	await client.closed;
	return client.received.toString("latin1");
}

/** The status codes of all answers, and 101 where a WebSocket opened. */
const statuses = (text: string): number[] => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));

/** The status of the first answer. */
async function status(port: number, bytes: string): Promise<number | undefined> {
	const client = RawClient.tcp(port);
	client.socket.write(bytes, "latin1");
	const text = await client.until((received) => received.includes("\r\n\r\n"));
	client.socket.destroy();
	return statuses(text)[0];
}

const site = () =>
	new SiteRoutes({
		folder: join(folder, "site"),
		inject: false,
		ruffle: ruffleRoutes(),
		targets: () => [],
		reports: false,
		forOtherSites: false,
		log: recordingLog(),
	});

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
		const { port } = await startChat({ routes: [site()] });
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

describe("a WebSocket handshake", () => {
	it.each([
		[
			"extensions that are properties of every object",
			"Sec-WebSocket-Extensions: constructor, __proto__; toString=1\r\n",
		],
		["protocols that are properties of every object", "Sec-WebSocket-Protocol: constructor, __proto__\r\n"],
		[
			"compression",
			"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_max_window_bits=8\r\n",
		],
		[
			"a long list of protocols",
			`Sec-WebSocket-Protocol: ${Array.from({ length: 2500 }, (_, at) => `p${at}`).join(",")}\r\n`,
		],
	])("offers %s, and gets none of them", async (_situation, line) => {
		const { port } = await startChat();
		const client = RawClient.tcp(port);
		client.send(`GET /socket HTTP/1.1\r\nHost: localhost\r\n${UPGRADE}${line}\r\n`);
		const text = await client.until((received) => received.includes("\r\n\r\n"));
		expect(text).toMatch(/^HTTP\/1\.1 (101|400) /);
		expect(text).not.toMatch(/sec-websocket-(extensions|protocol)/i);
		client.socket.destroy();
	});

	it("offers a protocol of thousands of blanks, and is answered at once", async () => {
		const { port } = await startChat();
		for (const name of ["Protocol", "Extensions"]) {
			const line = `Sec-WebSocket-${name}: b${" ".repeat(14_000)}x\r\n`;
			const expected = name === "Protocol" ? 400 : 101;
			expect(await status(port, `GET /socket HTTP/1.1\r\nHost: localhost\r\n${UPGRADE}${line}\r\n`), name).toBe(
				expected,
			);
		}
	});

	it("is complete, and a frame that nobody agreed on ends the connection alone", async () => {
		const { port } = await startChat();
		// The three reserved bits, a reserved kind, a frame without a mask, a continuation of nothing, a long ping, a length of 63 bits.
		for (const frame of [
			[0xc1, 0x84, 0, 0, 0, 0, 1, 2, 3, 4],
			[0xa1, 0x80, 0, 0, 0, 0],
			[0x91, 0x80, 0, 0, 0, 0],
			[0x83, 0x80, 0, 0, 0, 0],
			[0x81, 0x01, 0x41],
			[0x80, 0x80, 0, 0, 0, 0],
			[0x89, 0xfe, 0x01, 0, 0, 0, 0, 0],
			[0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
		]) {
			const client = RawClient.tcp(port);
			client.send(`GET /socket HTTP/1.1\r\nHost: localhost\r\n${UPGRADE}\r\n`);
			await client.until((received) => received.includes("\r\n\r\n"));
			client.socket.write(Buffer.from(frame));
			await client.closed;
			expect(client.received.includes(0x88), `a close frame for ${frame}`).toBe(true);
		}
		expect((await ask(port, "/healthz")).status).toBe(200);
	});

	it("is refused, and a connection that is reset at that moment ends alone", async () => {
		const { port } = await startChat();
		for (const lines of [
			UPGRADE.replace("13", "777"),
			`${UPGRADE}Origin: https://evil.example\r\n`,
			"Connection: Upgrade\r\nUpgrade: h2c\r\n",
			UPGRADE,
		])
			for (const path of ["/socket", "/other", "/socket?transport=websocket&EIO=4"]) {
				const client = RawClient.tcp(port);
				client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`);
				await new Promise(setImmediate);
				client.socket.resetAndDestroy();
				await client.closed;
			}
		expect((await ask(port, "/healthz")).status).toBe(200);
	});
});

describe("a folder of files", () => {
	const PATHS = [
		"/../secret.txt",
		"/..%2fsecret.txt",
		"/..%5csecret.txt",
		"/%2e%2e/secret.txt",
		"/%252e%252e%252fsecret.txt",
		"/..;/secret.txt",
		"/....//secret.txt",
		"/../site-secrets/a.txt",
		"/..%2fsite-secrets/a.txt",
		"/%2e%2e%2fsite-secrets%2fa.txt",
		"/%c0%ae%c0%ae/secret.txt",
		"/\\..\\secret.txt",
		"/.env",
		"/%2eenv",
		"/.env?raw",
		"/index.html%00.txt",
		"/index.html/../.env",
		"/link.txt",
		"http://localhost/../secret.txt",
	];
	it("gives nothing beside itself, and nothing hidden, by any spelling of a path", async () => {
		const { port: sitePort } = await startChat({ routes: [site()] });
		const { port: pagePort } = await startChat({ pageFolder: join(folder, "site") });
		for (const path of PATHS) {
			const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${LAST}\r\n`;
			expect(await raw(sitePort, request), path).not.toContain("secret");
			// The operator's own page may have links; a link is a file that the operator put there.
			if (path !== "/link.txt") expect(await raw(pagePort, request), path).not.toContain("secret");
		}
	});

	it("gives a file a type that is a text, also where its ending is a property of every object", async () => {
		for (const options of [{ routes: [site()] }, { pageFolder: join(folder, "site") }]) {
			const { port } = await startChat(options);
			for (const name of ["a.constructor", "a.__proto__", "a.toString"]) {
				const { status: code, headers: got, body } = await ask(port, `/${name}`);
				expect([code, body], name).toEqual([200, "data"]);
				expect(got["content-type"], name).toBe("application/octet-stream");
			}
		}
	});

	it("answers a thousand ranges with the file once", async () => {
		for (const options of [{ routes: [site()] }, { pageFolder: join(folder, "site") }]) {
			const { port } = await startChat(options);
			const ranges = Array.from({ length: 1000 }, (_, at) => `${at % 9}-9`).join(",");
			for (const range of [
				`bytes=${ranges}`,
				`bytes=0-,${ranges}`,
				`bytes=${" ".repeat(9000)}0-`,
				`bytes=${"9".repeat(9000)}x-`,
			])
				expect(await ask(port, "/numbers.txt", { headers: { Range: range } })).toMatchObject({
					status: 200,
					body: "0123456789",
				});
		}
	});
});

describe("a gateway", () => {
	it("takes the target from its operator's list, whatever a page puts into the address", async () => {
		const dialled: number[] = [];
		const target = createTcpServer((socket) => {
			dialled.push(1);
			socket.destroy();
		}).listen(0, "127.0.0.1");
		await new Promise((resolve) => target.once("listening", resolve));
		const port = (target.address() as AddressInfo).port;
		const gateway = createGateway({ targets: ["chat=192.0.2.1:9", `other=192.0.2.2:${port}`] });
		const { port: own } = await startChat({ routes: [gateway] });
		for (const path of [
			`/gateway?host=192.0.2.1&port=9&host=127.0.0.1&port=${port}`.replace("192.0.2.1", "127.0.0.1"),
			`/gateway?host=127.0.0.1&port=${port}`,
			`/gateway?host=192.0.2.2%00127.0.0.1&port=${port}`,
			`/gateway?host=192.0.2.2@127.0.0.1&port=${port}`,
			`/gateway?host=192.0.2.2%0d%0a127.0.0.1&port=${port}`,
			`/gateway/127.0.0.1:${port}`,
			`/gateway/chat%2f..%2f127.0.0.1:${port}`,
			`/gateway/../gateway/127.0.0.1:${port}`,
			`/gateway/__proto__`,
			`/websockify?token=../../etc/passwd`,
			`/websockify?token=127.0.0.1:${port}`,
			`/websockify?token=constructor`,
			`/websockify?host=127.0.0.1&port=${port}&token=chat`,
		]) {
			const { status: code } = await askUpgrade(own, path, { Host: "localhost" });
			expect([403, 404], `${path}: ${code}`).toContain(code);
		}
		target.close();
		expect(dialled).toEqual([]);
	});
});

describe("a client of the port", () => {
	it("sends a body without an end behind a request that is answered, and is disconnected", async () => {
		const { port } = await startChat({ tlsTimeoutMs: 1000 });
		const client = RawClient.tcp(port);
		client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
		await client.until((text) => text.includes("ok"));
		const feed = setInterval(() => client.send("1\r\na\r\n"), 50);
		await client.closed;
		clearInterval(feed);
		expect((await ask(port, "/healthz")).status).toBe(200);
	});

	it("asks for thousands of paths, and the metrics page has no line for any of them", async () => {
		const { port } = await startChat();
		const lines = async (): Promise<number> =>
			(await ask(port, "/metrics")).body.split("\n").filter((line) => line.startsWith("xmlsocket_")).length;
		await ask(port, "/path-0");
		await askUpgrade(port, "/path-0");
		const before = await lines();
		const name = '"}\nxmlsocket_up{x="';
		for (let at = 1; at < 50; at++) {
			await ask(port, `/path-${at}-${encodeURIComponent(name)}`);
			await askUpgrade(port, `/path-${at}`, { "User-Agent": `agent-${at}` });
		}
		expect(await lines()).toBe(before);
	});

	it("writes no line of the log and moves no terminal of a reader", async () => {
		const { port, log } = await startChat();
		await raw(port, `GET /\x1b]0;owned\x07 HTTP/1.1\r\nHost: localhost\r\n${LAST}\r\n`);
		await raw(port, `GET /\xe2\x80\xae HTTP/1.1\r\nHost: a\x9b31m\r\nOrigin: \xc2\x9b2J\r\n${LAST}\r\n`);
		await raw(port, `GET /a%0ab%1b[2J HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-For: \x85\r\n${LAST}\r\n`);
		const client = RawClient.tcp(port);
		client.send('<hello name="\u001b[2J\n{&quot;level&quot;:60}" />\0');
		await client.until((text) => text.includes("<error"));
		client.socket.destroy();
		expect(log.lines.length).toBeGreaterThan(0);
		for (const { facts, words } of log.lines)
			for (const text of [words, ...Object.values(facts)].filter((value) => typeof value === "string"))
				expect(text, JSON.stringify(facts)).not.toMatch(/[\p{Cc}\u202e]/u);
	});
});

describe("a TLS client", () => {
	const cert = join(import.meta.dirname, "../fixtures/localhost-cert.pem");
	const key = join(import.meta.dirname, "../fixtures/localhost-key.pem");
	it("asks for odd names and renegotiates without end, and only its own connection ends", async () => {
		const { port } = await startChat({ tlsCert: cert, tlsKey: key });
		for (const servername of ["__proto__", "constructor", "../../etc/passwd", "a".repeat(255), "xn--", "*"]) {
			const socket = connectTls({ port, host: "127.0.0.1", servername, rejectUnauthorized: false });
			await new Promise((resolve) => {
				socket.once("secureConnect", resolve);
				socket.once("error", resolve);
				socket.once("close", resolve);
			});
			socket.destroy();
		}
		const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion: "TLSv1.2" });
		await new Promise((resolve) => socket.once("secureConnect", resolve));
		// OpenSSL ends its side where the server refuses.
		const failed = new Promise<boolean>((resolve) => socket.on("error", () => resolve(true)));
		const again = new Promise<boolean>((resolve) => socket.renegotiate({}, () => resolve(false)));
		expect(await Promise.race([failed, again]), "refused").toBe(true);
		socket.destroy();
		const client = RawClient.tls(port);
		client.send("<ping />\0");
		await client.until((text) => text.includes("<pong"));
		client.socket.destroy();
	});
});

async function freePort(): Promise<number> {
	const server = createHttpServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

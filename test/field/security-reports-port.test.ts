// Attacks that were reported for other programs, tried on the port with real sockets, each with its neighbours: WebSockets, files, the
// gateway, the log, the metrics, TLS.

import { rmSync } from "node:fs";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createGateway } from "../../src/gateway/index.ts";
import { RawClient } from "../server/peers.ts";
import { folderWithSecrets, LAST, raw, siteIn, status, UPGRADE } from "./raw-requests.ts";
import { ask, askUpgrade, closeServers, startChat } from "./web-server.ts";

let folder: string;
beforeAll(() => {
	folder = folderWithSecrets();
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(closeServers);

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
		const { port: sitePort } = await startChat({ routes: [siteIn(folder)] });
		const { port: pagePort } = await startChat({ pageFolder: join(folder, "site") });
		for (const path of PATHS) {
			const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${LAST}\r\n`;
			expect(await raw(sitePort, request), path).not.toContain("secret");
			// The operator's own page may have links; a link is a file that the operator put there.
			if (path !== "/link.txt") expect(await raw(pagePort, request), path).not.toContain("secret");
		}
	});

	it("gives a file a type that is a text, also where its ending is a property of every object", async () => {
		for (const options of [{ routes: [siteIn(folder)] }, { pageFolder: join(folder, "site") }]) {
			const { port } = await startChat(options);
			for (const name of ["a.constructor", "a.__proto__", "a.toString"]) {
				const { status: code, headers: got, body } = await ask(port, `/${name}`);
				expect([code, body], name).toEqual([200, "data"]);
				expect(got["content-type"], name).toBe("application/octet-stream");
			}
		}
	});

	it("answers a thousand ranges with the file once", async () => {
		for (const options of [{ routes: [siteIn(folder)] }, { pageFolder: join(folder, "site") }]) {
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

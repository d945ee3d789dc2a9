import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createServer, type Server, type ServerOptions } from "../../src/server/index.ts";
import { echo, RawClient, recordingLog } from "./peers.ts";

let folder: string;
let tls: { tlsCert: string; tlsKey: string };
const servers: Server[] = [];

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket server "));
	tls = { tlsCert: join(folder, "cert.pem"), tlsKey: join(folder, "key.pem") };
	const request = [
		"req",
		"-x509",
		"-newkey",
		"ec",
		"-pkeyopt",
		"ec_paramgen_curve:prime256v1",
		"-nodes",
		"-days",
		"2",
		"-subj",
		"/CN=localhost",
	];
	execFileSync("openssl", [...request, "-keyout", tls.tlsKey, "-out", tls.tlsCert], { stdio: "ignore" });
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
});

async function start(
	options: ServerOptions = {},
	greeting?: string,
): Promise<Server & { log: ReturnType<typeof recordingLog> }> {
	const server = createServer({
		port: 0,
		firstBytesTimeoutMs: 150,
		...options,
		application: echo(greeting),
		log: recordingLog(),
	});
	servers.push(server);
	return (await server.listen()) as Server & { log: ReturnType<typeof recordingLog> };
}

const get = (path: string, headers = ""): string =>
	`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`;
const POLICY = "<policy-file-request/>\0";

describe("the port", () => {
	it("answers XMLSocket, HTTP, WebSocket and the policy request, each with and without TLS", async () => {
		const server = await start(tls);
		for (const open of [RawClient.tcp, RawClient.tls]) {
			const raw = open(server.port);
			raw.send("<a/>\0%xt%s%\0");
			await raw.until((text) => text === "<a/>\0%xt%s%\0");
			raw.socket.destroy();

			const policy = open(server.port);
			policy.send(POLICY);
			await policy.closed;
			expect(policy.text).toContain(`to-ports="${server.port}"`);
			expect(policy.text.endsWith("</cross-domain-policy>\0")).toBe(true);

			const http = open(server.port);
			http.send(get("/healthz"));
			await http.closed;
			expect(http.text).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\nok\n$/);
		}
		for (const scheme of ["ws", "wss"]) {
			const socket = new WebSocket(`${scheme}://127.0.0.1:${server.port}/socket`, { rejectUnauthorized: false });
			const got: [string, boolean][] = [];
			socket.on("message", (data, isBinary) => got.push([String(data), isBinary]));
			await new Promise((resolve) => socket.once("open", resolve));
			socket.send("<text/>");
			socket.send(Buffer.from("<bin"));
			socket.send(Buffer.from("ary/>\0"));
			await expect.poll(() => got.map(([text]) => text).join("")).toBe("<text/>\0<binary/>\0");
			expect(got.every(([, isBinary]) => isBinary)).toBe(true);
			socket.close();
		}
	});

	it("sends each document as a text message where the client asked for text frames", async () => {
		const server = await start();
		const socket = new WebSocket(`ws://127.0.0.1:${server.port}/socket?frames=text`);
		const got: string[] = [];
		socket.on("message", (data, isBinary) => got.push(`${isBinary} ${data}`));
		await new Promise((resolve) => socket.once("open", resolve));
		socket.send(Buffer.from("<a/>\0<b/>\0"));
		await expect.poll(() => got).toEqual(["false <a/>", "false <b/>"]);
		socket.close();
	});

	it("recognises the protocols wherever the first bytes are split", async () => {
		const server = await start({ firstBytesTimeoutMs: 1000 });
		for (const [request, answer] of [
			[POLICY, /^<cross-domain-policy>.*<\/cross-domain-policy>\0$/],
			[get("/readyz"), /^HTTP\/1\.1 200 /],
			["<policy/>\0", /^<policy\/>\0$/],
			["GETX\0", /^GETX\0$/],
		] as const) {
			const clients = Array.from({ length: request.length - 1 }, (_, at) => {
				const client = RawClient.tcp(server.port);
				client.socket.setNoDelay(true);
				client.send(request.slice(0, at + 1));
				setTimeout(() => client.send(request.slice(at + 1)), 20);
				return client;
			});
			for (const client of clients) {
				await client.until((text) => answer.test(text));
				client.socket.destroy();
			}
		}
	});

	it("greets a client that waits for the server to send first, and still answers its policy request afterwards", async () => {
		const server = await start({}, "<welcome />");
		const client = RawClient.tcp(server.port);
		await client.until((text) => text === "<welcome />\0");
		client.send(POLICY);
		await client.closed;
		expect(client.documents[1]).toMatch(/^<cross-domain-policy>/);
	});

	it("treats the bytes of a policy request as ordinary data once a document was received", async () => {
		const server = await start();
		const client = RawClient.tcp(server.port);
		client.send(`<a/>\0${POLICY}`);
		await client.until((text) => text === `<a/>\0${POLICY}`);
		client.socket.destroy();
	});

	it("accepts XMLSocket and policy requests only with --no-sniff", async () => {
		const server = await start({ sniff: false });
		const client = RawClient.tcp(server.port);
		client.send("GET /item\0");
		await client.until((text) => text === "GET /item\0");
		const policy = RawClient.tcp(server.port);
		policy.send(POLICY);
		await policy.closed;
		expect(policy.text).toMatch(/^<cross-domain-policy>/);
		client.socket.destroy();
	});

	it("closes a connection that looks like UTF-16, and counts it", async () => {
		const server = await start();
		const client = RawClient.tcp(server.port);
		client.socket.write(Buffer.from("\ufeff<a/>\0", "utf16le"));
		await client.closed;
		expect(server.metrics.refused.get("utf16")).toBe(1);
	});

	it("listens on both loopback addresses", async () => {
		const server = await start();
		expect(server.addresses).toContain("127.0.0.1");
		for (const address of server.addresses) {
			const client = RawClient.tcp(server.port, address);
			client.send("<a/>\0");
			await client.until((text) => text === "<a/>\0");
			client.socket.destroy();
		}
	});
});

describe("bad input", () => {
	it.each([
		[{ port: 80 }, "XMLSOCKET_PORT_RESERVED"],
		[{ port: 70_000 }, "XMLSOCKET_OPTION_INVALID"],
		[{ tlsCert: "missing.pem", tlsKey: "missing.pem" }, "XMLSOCKET_CERTIFICATE_UNREADABLE"],
		[{ tlsCert: "one.pem" }, "XMLSOCKET_OPTION_INVALID"],
		[{ idleTimeoutMs: 2 ** 31 }, "XMLSOCKET_OPTION_INVALID"],
		[{ maxDocumentByte: 5 }, "XMLSOCKET_OPTION_UNKNOWN"],
		[{ terminator: "none" }, "XMLSOCKET_OPTION_INVALID"],
		[{ encoding: "utf-16" }, "XMLSOCKET_OPTION_INVALID"],
		[{ policy: "/no/such/file" }, "XMLSOCKET_CONFIG_UNREADABLE"],
	])("refuses the options %o with %s", (options, code) => {
		expect(() => createServer(options as ServerOptions)).toThrow(expect.objectContaining({ code }));
	});

	it("names every mistake at once, and the option that was meant", () => {
		expect(() => createServer({ maxDocumentByte: 5, idleTimeoutMs: -1 } as ServerOptions)).toThrow(
			/did you mean "maxDocumentBytes"\?[\s\S]*idleTimeoutMs|idleTimeoutMs[\s\S]*did you mean "maxDocumentBytes"\?/,
		);
	});

	it("reports that a port is in use, and which option changes it", async () => {
		const server = await start();
		const second = createServer({ port: server.port, application: echo() });
		await expect(second.listen()).rejects.toMatchObject({
			code: "XMLSOCKET_PORT_IN_USE",
			message: expect.stringContaining("--port"),
		});
	});

	it("ends a connection at the first byte past the limit, with a coded last document", async () => {
		const server = await start({ maxDocumentBytes: 1000, maxFirstDocumentBytes: 100 });
		const first = RawClient.tcp(server.port);
		first.send(`${"x".repeat(100)}\0`);
		await first.until((text) => text.length === 101);
		first.send(`${"y".repeat(1000)}\0`);
		await first.until((text) => text.length === 1102);
		first.send("z".repeat(1001));
		await first.closed;
		expect(first.documents.at(-1)).toBe('<error code="XMLSOCKET_DOCUMENT_TOO_LARGE" />');
		const second = RawClient.tcp(server.port);
		second.send("x".repeat(101));
		await second.closed;
		expect(second.documents).toEqual(['<error code="XMLSOCKET_DOCUMENT_TOO_LARGE" />']);
		await expect.poll(() => server.metrics.refused.get("document-too-large")).toBe(2);
	});

	it("answers what was asked before the client finished sending", async () => {
		const server = await start();
		const client = RawClient.tcp(server.port);
		client.socket.end("<a/>\0<b/>\0<unfinished");
		await client.closed;
		expect(client.text).toBe("<a/>\0<b/>\0");
	});

	it("cuts a reader that does not read, and no other", async () => {
		const application = echo();
		const server = createServer({ port: 0, application, maxOutboxBytes: 65_536, softOutboxBytes: 65_536 });
		servers.push(server);
		await server.listen();
		const slow = RawClient.tcp(server.port);
		slow.send("<slow/>\0");
		await slow.until((text) => text !== "");
		slow.socket.pause();
		const quick = RawClient.tcp(server.port);
		quick.send("<quick/>\0");
		await quick.until((text) => text !== "");
		const bytes = Buffer.from(`${"x".repeat(60_000)}\0`);
		for (let round = 0; round < 400 && application.peers.size === 2; round++) {
			for (const peer of application.peers) peer.sendEncoded(bytes);
			await new Promise((resolve) => setImmediate(resolve));
			if (round % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		}
		await expect.poll(() => application.peers.size).toBe(1);
		expect(server.metrics.refused.get("slow-reader")).toBe(1);
		quick.send("<still/>\0");
		await quick.until((text) => text.endsWith("<still/>\0"));
		slow.socket.destroy();
		quick.socket.destroy();
	});

	it("isolates a handler that throws", async () => {
		const server = createServer({ port: 0 });
		servers.push(server);
		await server.listen();
		server.on("connection", (connection) => {
			connection.on("document", (document) => {
				if (document.text === "<boom/>") throw new Error("boom");
				connection.send(document);
			});
		});
		const good = RawClient.tcp(server.port);
		good.send("<a/>\0");
		await good.until((text) => text === "<a/>\0");
		const bad = RawClient.tcp(server.port);
		bad.send("<boom/>\0");
		await bad.closed;
		good.send("<b/>\0");
		await good.until((text) => text === "<a/>\0<b/>\0");
		expect(server.metrics.refused.get("internal")).toBeGreaterThan(0);
		good.socket.destroy();
	});
});

describe("HTTP", () => {
	it.each([
		["evil.example", 421],
		["localhost.evil.example", 421],
		["localhost", 200],
		["127.0.0.1:9000", 200],
		["[::1]:9000", 200],
		["chat.example.com", 200],
	])("asked for host %s answers %i", async (host, status) => {
		const server = await start({ origin: ["https://chat.example.com"] });
		const client = RawClient.tcp(server.port);
		client.send(`GET /crossdomain.xml HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
		await client.closed;
		expect(client.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
	});

	it.each([
		[undefined, true],
		["http://localhost:PORT", true],
		["http://127.0.0.1:PORT", false],
		["null", false],
		["http://evil.example", false],
		["https://good.example", true],
		["https://GOOD.example", true],
		["http://good.example", false],
		["https://good.example.evil", false],
		["https://a.wild.example", true],
		// As in a policy file: the domain and everything below it.
		["https://wild.example", true],
		["https://evilwild.example", false],
		["https://good.example:444", false],
	])("a WebSocket of origin %s is accepted: %s", async (origin, accepted) => {
		const server = await start({ origin: ["https://good.example", "https://*.wild.example"] });
		const socket = new WebSocket(
			`ws://localhost:${server.port}/socket`,
			origin === undefined ? {} : { origin: origin.replace("PORT", String(server.port)) },
		);
		const outcome = await new Promise((resolve) => {
			socket.once("open", () => resolve(true));
			socket.once("error", () => resolve(false));
		});
		expect(outcome).toBe(accepted);
		socket.terminate();
	});

	it("gives metrics to this machine only, and not through a proxy", async () => {
		const server = await start();
		const client = RawClient.tcp(server.port);
		client.send(get("/metrics"));
		await client.closed;
		expect(client.text).toContain("\nxmlsocket_connections 1\n");
		const forwarded = RawClient.tcp(server.port);
		forwarded.send(get("/metrics", "X-Forwarded-For: 192.0.2.1\r\n"));
		await forwarded.closed;
		expect(forwarded.text).toMatch(/^HTTP\/1\.1 403 /);
	});
});

describe("stopping", () => {
	it("sends a last document, delivers what waits, and leaves nothing open", async () => {
		const server = await start();
		const client = RawClient.tcp(server.port);
		client.send("<a/>\0");
		await client.until((text) => text !== "");
		const idle = RawClient.tcp(server.port);
		await new Promise((resolve) => idle.socket.once("connect", resolve));
		const closing = server.close();
		await client.closed;
		expect(client.documents).toEqual(["<a/>", '<bye retry-after="3" />']);
		idle.socket.destroy();
		client.socket.destroy();
		await closing;
		await expect(
			new Promise((resolve, reject) =>
				RawClient.tcp(server.port).socket.once("connect", resolve).once("error", reject),
			),
		).rejects.toThrow("ECONNREFUSED");
	});
});

describe("the certificate", () => {
	it("is read again when its files change, while the old connections go on", async () => {
		const server = await start(tls);
		const before = RawClient.tls(server.port);
		before.send("<a/>\0");
		await before.until((text) => text === "<a/>\0");
		writeFileSync(tls.tlsCert, "broken");
		server.reloadCertificate();
		const after = RawClient.tls(server.port);
		after.send("<b/>\0");
		await after.until((text) => text === "<b/>\0");
		before.send("<c/>\0");
		await before.until((text) => text === "<a/>\0<c/>\0");
		before.socket.destroy();
		after.socket.destroy();
	});
});

describe("a stopping server", () => {
	it("does not wait for a client that has sent nothing yet", async () => {
		const server = await start({ firstBytesTimeoutMs: 300 }, "<welcome />");
		const client = RawClient.tcp(server.port);
		await expect.poll(() => server.connections).toBe(1);
		await server.close({ graceMs: 60_000 });
		await client.closed;
		expect(client.text).toBe("");
	});
});

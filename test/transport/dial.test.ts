// Outgoing connections that do not come about: each ends in one coded error, in time, and leaves nothing behind.

import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { type DialTarget, dial, listen } from "../../src/transport/index.ts";
import { certificate, End, key, portOf, until } from "./connections.ts";

const PROTOCOLS = ["xmlsocket", "xmlsockets", "ws", "wss"] as const;
/** Those whose handshake needs an answer of the server. */
const ANSWERED = ["xmlsockets", "ws", "wss"] as const;

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
	for (const socket of sockets) socket.destroy();
	await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function serve(server: Server, connection: (socket: Socket) => void = () => {}, host?: string): Promise<number> {
	servers.push(server);
	server.on("connection", (socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
		socket.on("error", () => {});
		connection(socket);
	});
	return await portOf(server, host);
}

const at = (protocol: DialTarget["protocol"], port: number, host = "127.0.0.1"): DialTarget => ({
	protocol,
	host,
	port,
});

describe("dial", () => {
	for (const protocol of PROTOCOLS) {
		it(`says that a connection was refused (${protocol})`, async () => {
			const listener = await listen({ port: 0, host: "127.0.0.1" }, () => {});
			await listener.close();
			await expect(dial(at(protocol, listener.port), { timeoutMs: 5000 })).rejects.toMatchObject({
				code: "XMLSOCKET_CONNECT_FAILED",
				message: expect.stringContaining(`127.0.0.1:${listener.port}`),
				cause: { code: "ECONNREFUSED" },
			});
			await expect(dial(at(protocol, listener.port, "localhost"), { timeoutMs: 5000 })).rejects.toMatchObject({
				code: "XMLSOCKET_CONNECT_FAILED",
				message: expect.stringContaining(`localhost:${listener.port}`),
			});
		});

		it(`does not begin where it was aborted before (${protocol})`, async () => {
			let connections = 0;
			const port = await serve(createServer(), () => connections++);
			const reason = new Error("changed my mind");
			await expect(
				dial(at(protocol, port), { timeoutMs: 5000, signal: AbortSignal.abort(reason) }),
			).rejects.toMatchObject({ code: "XMLSOCKET_ABORTED", cause: reason });
			await wait(10);
			expect(connections).toBe(0);
		});

		it(`names a port that is none (${protocol})`, async () => {
			await expect(dial(at(protocol, 70_000), { timeoutMs: 5000 })).rejects.toMatchObject({
				code: "XMLSOCKET_CONNECT_FAILED",
				message: expect.stringContaining("70000"),
			});
		});
	}

	for (const protocol of ANSWERED) {
		it(`gives up on a server that does not answer in time, and leaves no connection (${protocol})`, async () => {
			const port = await serve(createServer());
			await expect(dial(at(protocol, port), { timeoutMs: 50 })).rejects.toMatchObject({
				code: "XMLSOCKET_CONNECT_TIMEOUT",
				message: expect.stringContaining("50 ms"),
			});
			for (const socket of sockets) socket.resume();
			await until(() => sockets.size === 0);
		});

		it(`is aborted while it waits, with the reason, and leaves no connection (${protocol})`, async () => {
			const abort = new AbortController();
			const port = await serve(createServer(), (socket) => {
				socket.resume();
				setImmediate(() => abort.abort(new Error("enough")));
			});
			await expect(dial(at(protocol, port), { timeoutMs: 5000, signal: abort.signal })).rejects.toMatchObject({
				code: "XMLSOCKET_ABORTED",
				cause: { message: "enough" },
			});
			await until(() => sockets.size === 0);
		});

		it(`says that a server broke off or spoke something else (${protocol})`, async () => {
			for (const answer of [
				(socket: Socket) => socket.destroy(),
				(socket: Socket) => socket.end(),
				(socket: Socket) => socket.end("<welcome/>\0"),
				(socket: Socket) => socket.resetAndDestroy(),
			]) {
				const port = await serve(createServer(), answer);
				await expect(dial(at(protocol, port), { timeoutMs: 5000 })).rejects.toMatchObject({
					code: "XMLSOCKET_CONNECT_FAILED",
				});
			}
		});
	}

	it("gives up in time on a WebSocket server that answers one byte after the other", async () => {
		const port = await serve(createServer(), (socket) => {
			const head = "HTTP/1.1 101 Switching Protocols\r\nX-Slow: ";
			let sent = 0;
			const timer = setInterval(() => socket.write(head[sent++] ?? "x"), 10);
			socket.on("close", () => clearInterval(timer));
			socket.resume();
		});
		await expect(dial(at("ws", port), { timeoutMs: 200 })).rejects.toMatchObject({
			code: "XMLSOCKET_CONNECT_TIMEOUT",
		});
		await until(() => sockets.size === 0);
	});

	it("says what a WebSocket server answered instead", async () => {
		const port = await serve(createHttpServer((_, response) => response.writeHead(404).end()));
		await expect(dial(at("ws", port), { timeoutMs: 5000 })).rejects.toMatchObject({
			code: "XMLSOCKET_CONNECT_FAILED",
			message: expect.stringContaining("404"),
		});
	});

	it("believes no certificate but those it knows, unless it is told to", async () => {
		const port = await serve(createTlsServer({ cert: certificate, key }));
		const target = at("xmlsockets", port);
		await expect(dial(target, { timeoutMs: 5000 })).rejects.toMatchObject({
			code: "XMLSOCKET_CONNECT_FAILED",
			cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
		});
		for (const options of [{ ca: certificate }, { insecure: true }]) {
			for (const host of ["127.0.0.1", "localhost"]) {
				const transport = await dial({ ...target, host }, { timeoutMs: 5000, ...options });
				expect(transport.kind).toBe("tls");
				transport.destroy();
			}
		}
	});

	it("believes no certificate of another name", async () => {
		const port = await serve(createTlsServer({ cert: certificate, key }), () => {}, "0.0.0.0");
		await expect(dial(at("xmlsockets", port, "0.0.0.0"), { timeoutMs: 5000, ca: certificate })).rejects.toMatchObject({
			code: "XMLSOCKET_CONNECT_FAILED",
			cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" },
		});
	});

	it("is not disturbed by an abort that comes after the connection", async () => {
		const abort = new AbortController();
		const port = await serve(createServer(), (socket) => socket.write("hello\0"));
		const transport = await dial(at("xmlsocket", port), { timeoutMs: 5000, signal: abort.signal });
		abort.abort();
		const end = new End(transport).start();
		await until(() => end.received === 6);
		expect(end.closed).toBe(false);
		transport.destroy();
	});

	it("bears a connection that breaks before anybody listens", async () => {
		const port = await serve(createServer(), (socket) => {
			socket.write("hello\0");
			setTimeout(() => socket.resetAndDestroy(), 10);
		});
		const transport = await dial(at("xmlsocket", port), { timeoutMs: 5000 });
		await wait(50);
		transport.write(Buffer.from("a\0"));
		await wait(20);
		const end = new End(transport).start();
		await until(
			() => end.closed,
			() => end.events,
		);
		expect(end.events.at(-1)).toBe("close");
	});
});

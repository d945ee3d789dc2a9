// The inspector as a library: what it passes on between real sockets, and what it reports.

import { once } from "node:events";
import { createConnection } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
	client,
	closeAll,
	echo,
	inspect,
	streamOf,
	Target,
	tlsFiles,
	told,
	webSocketTarget,
} from "./inspect-harness.ts";

afterEach(closeAll);

describe("an inspector", () => {
	it("passes documents both ways and reports them with the opening and the end", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port);
		peer.socket.write("<a/>\0<b/>\0");
		expect(String(await peer.bytes(10))).toBe("<a/>\0<b/>\0");
		peer.socket.end();
		await watched.until((events) => events.some((event) => event.kind === "close" && !event.direction));
		expect(told(watched.events)).toEqual([
			"open",
			"client <a/>",
			"client <b/>",
			"server <a/>",
			"server <b/>",
			"close client",
			"close server",
			"close",
		]);
		expect(watched.events[0]).toMatchObject({ connection: 1, to: `127.0.0.1:${target.port}` });
		expect(watched.inspector.connections()).toMatchObject([
			{ number: 1, state: "closed", client: { bytes: 10, documents: 2 }, server: { bytes: 10, documents: 2 } },
		]);
	});

	it("reports times that never fall, in microseconds since it began to listen", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port);
		for (let i = 0; i < 20; i++) peer.socket.write(`<a n="${i}"/>\0`);
		await watched.until((events) => events.length >= 41);
		const times = watched.events.map(({ time }) => time);
		expect(times).toEqual([...times].sort((a, b) => a - b));
		expect(times.every(Number.isInteger)).toBe(true);
		expect(Date.now() - watched.inspector.startedMs).toBeGreaterThanOrEqual(Math.floor(times.at(-1)! / 1000) - 1);
	});

	const split = Buffer.from("<a/>\0\0<é x='1'/>\0tail");
	it.each(Array.from(split, (_, at) => [at]))("passes a stream that is split at byte %i", async (at) => {
		const target = await new Target().listen();
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const next = target.next();
		const peer = await client(watched.port);
		peer.socket.write(split.subarray(0, at));
		// What has come is passed on at once, though the document is not complete.
		const server = await next;
		await server.bytes(at);
		peer.socket.end(split.subarray(at));
		await server.ended();
		expect(server.received).toEqual(split);
		await watched.until((events) => events.some(({ kind }) => kind === "close"));
		expect(streamOf(watched.events, "client")).toEqual(split);
	});

	it("passes what a client sends before it half-closes, however short, and the answer after that", async () => {
		for (const text of ["", "<", "<p", "G", "GET / HTTP/1.1\r\n", "<a/>\0", "\x16"]) {
			const target = await new Target().listen({
				onPeer: (server) => server.socket.on("end", () => server.socket.end("<bye/>\0")),
			});
			const watched = await inspect(`127.0.0.1:${target.port}`);
			const peer = await client(watched.port);
			peer.socket.end(text);
			await peer.closed();
			expect([text, String(peer.received), String(target.peers[0]?.received)]).toEqual([text, "<bye/>\0", text]);
			await closeAll();
		}
	});

	it("passes the greeting of a server that sends first to a client that sends nothing", async () => {
		const target = await new Target().listen({ onPeer: (server) => void server.socket.write("<hello/>\0") });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port);
		expect(String(await peer.bytes(9))).toBe("<hello/>\0");
	});

	it("passes the server's half-close, and what the client sends after it", async () => {
		const target = await new Target().listen({ onPeer: (server) => void server.socket.end("<last/>\0") });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port);
		peer.socket.write("<x/>\0");
		await peer.ended();
		expect(String(peer.received)).toBe("<last/>\0");
		peer.socket.write("<still/>\0");
		await target.peers[0]!.bytes(14);
		peer.socket.end();
		await target.peers[0]!.ended();
		expect(String(target.peers[0]!.received)).toBe("<x/>\0<still/>\0");
	});

	it("passes a reset of the client to the server", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port);
		peer.socket.write("<a/>\0");
		await peer.bytes(5);
		peer.socket.resetAndDestroy();
		await target.peers[0]!.closed();
		expect(target.peers[0]!.ends).toContain("ECONNRESET");
		expect(String(target.peers[0]!.received)).toBe("<a/>\0");
		await watched.until((events) => events.some(({ kind }) => kind === "close"));
		expect(told(watched.events).slice(-2)[0]).toContain("error client XMLSOCKET_CONNECTION_LOST");
	});

	it("passes a reset of the server to the client", async () => {
		const target = await new Target().listen();
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const [peer, server] = await Promise.all([client(watched.port), target.next()]);
		peer.socket.write("<a/>\0");
		await server.bytes(5);
		server.socket.resetAndDestroy();
		await peer.closed();
		expect(peer.ends).toContain("ECONNRESET");
		expect(told(watched.events)).toContain("error server XMLSOCKET_CONNECTION_LOST");
	});

	it("closes a client whose target cannot be reached, says why, and serves the next one", async () => {
		const { port } = await new Target().listen();
		await closeAll();
		const watched = await inspect(`127.0.0.1:${port}`);
		const peer = await client(watched.port);
		peer.socket.write("<a/>\0");
		await peer.ended();
		await watched.until((events) => events.some(({ kind }) => kind === "close"));
		expect(told(watched.events)).toEqual(["open", "error server XMLSOCKET_CONNECT_FAILED", "close"]);
		expect(watched.events[1]).toMatchObject({ message: expect.stringContaining("ECONNREFUSED") });
		await new Target().listen({ onPeer: echo, port });
		const second = await client(watched.port);
		second.socket.write("<a/>\0");
		expect(String(await second.bytes(5))).toBe("<a/>\0");
	});

	it("refuses a target that is the inspector itself, and so the hosts file's entry for it", async () => {
		const { port } = await new Target().listen();
		await closeAll();
		for (const target of [`127.0.0.1:${port}`, `localhost:${port}`, `ws://localhost:${port}/`, `[::1]:${port}`]) {
			const listen = { host: target.includes("[") ? "*" : "localhost", port };
			await expect(inspect(target, { listen })).rejects.toMatchObject({ code: "XMLSOCKET_TARGET_IS_SELF" });
		}
	});

	it("does not read faster than a slow server does", async () => {
		const target = await new Target().listen({ onPeer: (server) => void server.socket.pause() });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port);
		const chunk = Buffer.alloc(1024 * 1024, "x");
		const total = 32;
		for (let i = 0; i < total; i++) peer.socket.write(chunk);
		// When nothing moves any more, the kernel's buffers and the inspector's are full.
		let before = -1;
		while (before !== peer.socket.bytesWritten - peer.socket.writableLength) {
			before = peer.socket.bytesWritten - peer.socket.writableLength;
			await new Promise((resolve) => setTimeout(resolve, 200));
		}
		const read = watched.inspector.connections()[0]!.client.bytes;
		expect(read).toBeLessThan(20 * 1024 * 1024);
		target.peers[0]!.socket.resume();
		await target.peers[0]!.bytes(total * chunk.length);
	});
});

describe("an inspector between transports", () => {
	it.each([
		["TCP", "TCP"],
		["TCP", "TLS"],
		["TLS", "TCP"],
		["TLS", "TLS"],
	])("passes a stream from %s to %s", async (from, to) => {
		const target = await new Target().listen({ tls: to === "TLS", onPeer: echo });
		const watched = await inspect(`${to === "TLS" ? "xmlsockets" : "xmlsocket"}://127.0.0.1:${target.port}`, {
			insecure: true,
			tls: tlsFiles,
		});
		const peer = await client(watched.port, { tls: from === "TLS" });
		const bytes = Buffer.from(Array.from({ length: 4096 }, (_, at) => at % 256));
		peer.socket.write(bytes);
		expect(await peer.bytes(4096)).toEqual(bytes);
		peer.socket.end();
		await peer.ended();
		await watched.until((events) => events.some(({ kind }) => kind === "close"));
		expect(streamOf(watched.events, "server")).toEqual(bytes);
	});

	it("passes TLS that it cannot read, without a certificate, as it is", async () => {
		const target = await new Target().listen({ tls: true, onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port, { tls: true });
		peer.socket.write("<a/>\0");
		expect(String(await peer.bytes(5))).toBe("<a/>\0");
	});

	it("says which option is missing where a client uses TLS, the target too, and there is no certificate", async () => {
		const target = await new Target().listen({ tls: true, onPeer: echo });
		const watched = await inspect(`xmlsockets://127.0.0.1:${target.port}`, { insecure: true });
		await expect(client(watched.port, { tls: true })).rejects.toThrow();
		expect(told(watched.events)).toContain("error client XMLSOCKET_CLIENT_TLS_FAILED");
	});

	it("keeps text and binary messages, their boundaries, path, Origin, sub-protocol and close code between WebSockets", async () => {
		const seen: unknown[] = [];
		const { port } = await webSocketTarget({
			protocols: ["game"],
			onSocket: (socket, request) => {
				seen.push(request.url, request.headers.origin, request.headers.cookie);
				socket.on("message", (data, isBinary) => {
					seen.push([isBinary, String(data)]);
					socket.send(data, { binary: isBinary });
				});
				socket.on("close", (code, reason) => seen.push(code, String(reason)));
			},
		});
		const watched = await inspect(`ws://127.0.0.1:${port}`);
		const socket = new WebSocket(`ws://127.0.0.1:${watched.port}/play?x=1`, ["game", "chat"], {
			origin: "http://site.example",
			headers: { cookie: "session=1" },
		});
		const back: unknown[] = [];
		socket.on("message", (data, isBinary) => back.push([isBinary, String(data)]));
		await once(socket, "open");
		expect(socket.protocol).toBe("game");
		const messages: [string, boolean][] = [
			['{"a":1}', false],
			["<a/>\0<b", true],
			["/>\0", true],
			["<c/>\0", false],
			["", true],
			["", false],
		];
		for (const [text, binary] of messages) socket.send(text, { binary });
		while (back.length < messages.length) await once(socket, "message");
		expect(back).toEqual(messages.map(([text, binary]) => [binary, text]));
		socket.close(4001, "enough");
		await once(socket, "close");
		await watched.until((events) => events.some((event) => event.kind === "close" && !event.direction));
		expect(seen).toEqual([
			"/play?x=1",
			"http://site.example",
			"session=1",
			...messages.map(([text, binary]) => [binary, text]),
			4001,
			"enough",
		]);
		expect(told(watched.events).filter((text) => text.startsWith("client"))).toEqual([
			'client {"a":1}',
			"client <a/>",
			"client <b/>",
			"client <c/>",
			"client ",
		]);
		expect(told(watched.events)).toContain("close client the WebSocket was closed with code 4001: enough");
	});

	it("passes pings and pongs between WebSockets", async () => {
		const { port } = await webSocketTarget({ onSocket: (socket) => socket.ping("from the server") });
		const watched = await inspect(`ws://127.0.0.1:${port}/`);
		const socket = new WebSocket(`ws://127.0.0.1:${watched.port}/`);
		const [ping] = await once(socket, "ping");
		expect(String(ping)).toBe("from the server");
		socket.ping("mine");
		const [pong] = await once(socket, "pong");
		expect(String(pong)).toBe("mine");
	});

	it("connects a WebSocket of a page with a TCP server, as bytes", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const socket = new WebSocket(`ws://127.0.0.1:${watched.port}/gateway`, "binary");
		await once(socket, "open");
		expect(socket.protocol).toBe("binary");
		socket.send(Buffer.from("<a/>\0"));
		const [data, isBinary] = await once(socket, "message");
		expect([String(data), isBinary]).toEqual(["<a/>\0", true]);
		socket.close();
		await once(socket, "close");
		await target.peers[0]!.ended();
	});

	it("connects a page's WebSocket that asks for text messages with a TCP server", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const socket = new WebSocket(`ws://127.0.0.1:${watched.port}/?frames=text`);
		await once(socket, "open");
		const back: unknown[] = [];
		socket.on("message", (data, isBinary) => back.push([String(data), isBinary]));
		socket.send("<a/>");
		socket.send("<b/>");
		while (back.length < 2) await once(socket, "message");
		expect(back).toEqual([
			["<a/>", false],
			["<b/>", false],
		]);
		expect(String(target.peers[0]!.received)).toBe("<a/>\0<b/>\0");
	});

	it("connects a TCP client with a WebSocket server", async () => {
		const { port } = await webSocketTarget({
			onSocket: (socket) => socket.on("message", (data) => socket.send(String(data).replace("\0", ""))),
		});
		const watched = await inspect(`ws://127.0.0.1:${port}/`);
		const peer = await client(watched.port);
		peer.socket.write("<a/>\0");
		expect(String(await peer.bytes(5))).toBe("<a/>\0");
	});

	it("passes the status on where the target refuses a WebSocket", async () => {
		const { port, server } = await webSocketTarget();
		server.options.verifyClient = () => false;
		const watched = await inspect(`ws://127.0.0.1:${port}/`);
		const socket = new WebSocket(`ws://127.0.0.1:${watched.port}/`);
		const [, response] = await once(socket, "unexpected-response");
		expect(response.statusCode).toBe(401);
		expect(told(watched.events)).toEqual(["open", "error server XMLSOCKET_CONNECT_FAILED", "close"]);
	});

	it("passes an HTTP request that is not for a WebSocket as bytes", async () => {
		const target = await new Target().listen({
			onPeer: (server) => void server.socket.end("HTTP/1.1 204 No Content\r\n\r\n"),
		});
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const request = "POST /tunnel HTTP/1.1\r\nHost: game.example\r\nContent-Length: 5\r\n\r\n<a/>\0";
		const peer = await client(watched.port);
		peer.socket.write(request);
		await peer.ended();
		expect(String(await target.peers[0]!.bytes(request.length))).toBe(request);
	});
});

describe("an inspector and policy files", () => {
	it("passes a request and its answer, and reports both as policy", async () => {
		const policy =
			'<?xml version="1.0"?><cross-domain-policy><allow-access-from domain="*" to-ports="*"/></cross-domain-policy>';
		const target = await new Target().listen({ onPeer: (server) => void server.socket.end(`${policy}\0`) });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port);
		peer.socket.write("<policy-file-request/>\0");
		await peer.ended();
		peer.socket.end();
		await watched.until((events) => events.some(({ kind }) => kind === "close"));
		expect(told(watched.events).slice(1, 3)).toEqual([
			"client policy <policy-file-request/>",
			`server policy ${policy}`,
		]);
	});

	it("answers by itself with --policy auto, and allows its own port", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`, { policy: "auto" });
		for (const send of ["<policy-file-request/>\0", "<policy-file-request />"]) {
			const peer = await client(watched.port);
			if (send.endsWith("\0")) peer.socket.write(send);
			else peer.socket.end(send);
			await peer.ended();
			expect(String(peer.received)).toBe(
				`<cross-domain-policy><allow-access-from domain="*" to-ports="${watched.port}" /></cross-domain-policy>\0`,
			);
			peer.socket.end();
		}
		expect(target.peers).toEqual([]);
		const game = await client(watched.port);
		game.socket.write("<a/>\0");
		expect(String(await game.bytes(5))).toBe("<a/>\0");
		expect(told(watched.events).filter((text) => text.includes("injected"))).toHaveLength(2);
	});
});

describe("an inspector that closes", () => {
	it("closes its connections, its port, and those that wait for the target", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		const peer = await client(watched.port);
		peer.socket.write("<a/>\0");
		await peer.bytes(5);
		const early = await client(watched.port);
		await watched.inspector.close();
		await Promise.all([peer.ended(), early.ended(), target.peers[0]!.ended()]);
		expect(told(watched.events).at(-1)).toContain("close");
		const late = createConnection({ port: watched.port, host: "127.0.0.1" });
		const [error] = await once(late, "error");
		expect(error.code).toBe("ECONNREFUSED");
	});

	it("closes when its signal is aborted, also a client whose target does not answer yet, and reports nothing after the end", async () => {
		const controller = new AbortController();
		// An address for documentation: nothing answers there.
		const watched = await inspect("192.0.2.1:9339", { signal: controller.signal });
		const peer = await client(watched.port);
		peer.socket.write("<a/>\0");
		await new Promise((resolve) => setImmediate(resolve));
		controller.abort();
		await peer.ended();
		await watched.inspector.close();
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(told(watched.events).filter((text) => text.startsWith("close"))).toHaveLength(1);
		expect(watched.events.at(-1)?.kind).toBe("close");
	});

	it("closes the client beyond maxConnections", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`, { maxConnections: 1 });
		const peer = await client(watched.port);
		peer.socket.write("<a/>\0");
		await peer.bytes(5);
		const second = await client(watched.port);
		await second.ended();
		expect(told(watched.events)).toContain("error client XMLSOCKET_INSPECTOR_FULL");
		peer.socket.write("<b/>\0");
		await peer.bytes(10);
	});
});

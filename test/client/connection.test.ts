// The client: sending with a bound, reading with backpressure, requests, the end. docs/guide/clients.md.

import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Connection, type ConnectOptions, createConnect } from "../../src/client/index.ts";
import { XML } from "../../src/xml/index.ts";
import { type MemoryEnd, memoryDial, type TestHost, TestServer, testHost, turns, until } from "./support.ts";

interface Rig {
	readonly connection: Connection;
	readonly end: MemoryEnd;
	readonly host: TestHost;
}

async function inMemory(options?: ConnectOptions): Promise<Rig> {
	const ends: MemoryEnd[] = [];
	const host = testHost(memoryDial(ends));
	const connection = await createConnect(host)("server:9000", options);
	return { connection, end: ends[0]!, host };
}

const write = (end: MemoryEnd, text: string): void => void end.transport.write(Buffer.from(text));

async function collect(connection: Connection): Promise<string[]> {
	const texts: string[] = [];
	for await (const document of connection) texts.push(document.text);
	return texts;
}

describe("connect", () => {
	test("resolves with an open connection, over TCP", async () => {
		const server = await TestServer.start((socket) => socket.write("<welcome/>\0"));
		const connection = await createConnect(testHost())(server.address);
		expect(connection.status).toEqual({ type: "connected" });
		expect(connection.target).toMatchObject({ host: "127.0.0.1", port: server.port, protocol: "xmlsocket" });
		connection.send("<hello/>");
		for await (const document of connection) {
			expect(document.xml.firstChild?.nodeName).toBe("welcome");
			break;
		}
		await until(() => server.received[0] === "<hello/>\0");
		server.sockets[0]!.end();
		await connection.close();
		await server.kill();
	});

	test("rejects where nobody listens, also with reconnect", async () => {
		const server = await TestServer.start();
		const { address } = server;
		await server.kill();
		const connect = createConnect(testHost());
		for (const options of [{}, { reconnect: true }]) {
			await expect(connect(address, options)).rejects.toMatchObject({
				code: "XMLSOCKET_CONNECT_FAILED",
				cause: { code: "ECONNREFUSED" },
			});
		}
	});

	test("rejects with a code also where the dial fails with another error", async () => {
		const host = testHost(() => Promise.reject(new Error("no network here")));
		await expect(createConnect(host)("server:9000")).rejects.toMatchObject({
			code: "XMLSOCKET_CONNECT_FAILED",
			cause: { message: "no network here" },
		});
	});

	test("rejects bad addresses and options, and never throws", async () => {
		const connect = createConnect(testHost());
		await expect(connect("nowhere")).rejects.toMatchObject({ code: "XMLSOCKET_ADDRESS_INVALID" });
		await expect(connect("localhost:80")).rejects.toMatchObject({ code: "XMLSOCKET_PORT_RESERVED" });
		await expect(connect("localhost:9000", { lingerMs: 0 })).rejects.toMatchObject({
			code: "XMLSOCKET_OPTION_INVALID",
		});
	});

	test("rejects at once with a signal that is aborted already, and while it dials", async () => {
		const before = new AbortController();
		before.abort("too late");
		const connect = createConnect(testHost());
		await expect(connect("localhost:9000", { signal: before.signal })).rejects.toMatchObject({
			code: "XMLSOCKET_ABORTED",
			cause: "too late",
		});
		const during = new AbortController();
		// A WebSocket handshake that the server never answers.
		const server = await TestServer.start();
		const attempt = connect(`ws://${server.address}`, { signal: during.signal });
		await until(() => server.sockets.length === 1);
		during.abort();
		await expect(attempt).rejects.toMatchObject({ code: "XMLSOCKET_ABORTED" });
		await server.kill();
	});

	test("with retryFirst it tries until a server is there", async () => {
		const server = await TestServer.start();
		const { port } = server;
		await server.kill();
		const host = testHost();
		const pending = createConnect(host)(`127.0.0.1:${port}`, { reconnect: { retryFirst: true } });
		await until(() => host.waits.length >= 3);
		const late = await TestServer.start(() => {}, port);
		const connection = await pending;
		expect(connection.status.type).toBe("connected");
		await connection.close();
		await late.kill();
	});

	test("with retryFirst it gives up after maxAttempts, or when aborted", async () => {
		let dials = 0;
		const host = testHost(async () => {
			dials++;
			throw new Error("down");
		});
		const connect = createConnect(host);
		await expect(connect("server:9000", { reconnect: { retryFirst: true, maxAttempts: 2 } })).rejects.toMatchObject({
			code: "XMLSOCKET_CONNECT_FAILED",
		});
		expect(dials).toBe(3);
		const controller = new AbortController();
		const attempt = connect("server:9000", { reconnect: { retryFirst: true }, signal: controller.signal });
		await until(() => dials > 5);
		controller.abort();
		await expect(attempt).rejects.toMatchObject({ code: "XMLSOCKET_ABORTED" });
		const afterAbort = dials;
		await sleep(20);
		expect(dials).toBe(afterAbort);
	});
});

describe("documents that come in", () => {
	test("have a text, and XML and JSON made once, when asked for", async () => {
		const { connection, end } = await inMemory();
		write(end, '<a b="1"/>\0{"n":5}\0<broken>\0');
		end.transport.end();
		const documents = [];
		for await (const document of connection) documents.push(document);
		const [a, json, broken] = documents;
		expect(a!.text).toBe('<a b="1"/>');
		expect(`${a}`).toBe('<a b="1"/>');
		expect(a!.xml.firstChild?.attributes.b).toBe("1");
		expect(a!.xml).toBe(a!.xml);
		expect(json!.json).toEqual({ n: 5 });
		expect(json!.json).toBe(json!.json);
		expect(broken!.xml.status).toBe(-9);
		expect(() => broken!.json).toThrow(expect.objectContaining({ code: "XMLSOCKET_DOCUMENT_NOT_JSON" }));
	});

	test("that are empty are left out, unless keepEmpty is set", async () => {
		for (const keepEmpty of [false, true]) {
			const { connection, end } = await inMemory({ keepEmpty });
			write(end, "\0a\0\0b\0");
			end.transport.end();
			expect(await collect(connection)).toEqual(keepEmpty ? ["", "a", "", "b"] : ["a", "b"]);
		}
	});

	test("are cut at another terminator where one is set", async () => {
		const { connection, end } = await inMemory({ terminator: "crlf" });
		write(end, "one\r\ntwo\nstill two\r\n");
		connection.send("three");
		expect(() => connection.send("th\r\nree")).toThrow(expect.objectContaining({ code: "XMLSOCKET_NUL_IN_DOCUMENT" }));
		await turns();
		expect(end.received()).toBe("three\r\n");
		end.transport.end();
		expect(await collect(connection)).toEqual(["one", "two\nstill two"]);
	});

	test("wait for a reader, and stop the network when too many wait", async () => {
		const { connection, end } = await inMemory({ maxInboxDocuments: 10 });
		const block = Buffer.from(`${"x".repeat(1023)}\0`);
		let written = 0;
		// The other side writes until it is told to wait, as any sender with backpressure does.
		while (written < 10_000 && end.transport.write(block)) written++;
		written++;
		await turns(200);
		expect(written).toBeLessThan(200);
		expect(end.transport.bufferedBytes).toBeGreaterThan(0);
		end.transport.end();
		expect(await collect(connection)).toHaveLength(written);
	});

	test("wait within maxInboxChars as well", async () => {
		const { connection, end } = await inMemory({ maxInboxChars: 1000 });
		for (let i = 0; i < 100; i++) end.transport.write(Buffer.from(`${"x".repeat(400)}\0`));
		await turns(200);
		expect(end.transport.bufferedBytes).toBeGreaterThan(90 * 401);
		end.transport.end();
		expect(await collect(connection)).toHaveLength(100);
	});

	test("hold a TCP server back while nobody reads, and none is lost", async () => {
		const document = Buffer.from(`${"x".repeat(64 * 1024 - 1)}\0`);
		const total = 1000;
		let written = 0;
		const server = await TestServer.start((socket) => {
			const fill = (): void => {
				while (written < total) {
					written++;
					if (!socket.write(document)) return;
				}
				socket.end();
			};
			socket.on("drain", fill);
			fill();
		});
		const connection = await createConnect(testHost())(server.address, { maxInboxDocuments: 4 });
		let last = -1;
		// The server stops when the system's own buffers are full.
		while (last !== written) {
			last = written;
			await sleep(100);
		}
		expect(written).toBeLessThan(total);
		expect(await collect(connection)).toHaveLength(total);
		expect(written).toBe(total);
		await server.kill();
	});

	test("may be as long as maxDocumentBytes; longer ones close the connection with the reason; what came before is delivered", async () => {
		const { connection, end } = await inMemory({ maxDocumentBytes: 8 });
		write(end, "12345678\x00123456789\0");
		const texts: string[] = [];
		const reading = (async () => {
			for await (const document of connection) texts.push(document.text);
		})();
		await expect(reading).rejects.toMatchObject({ code: "XMLSOCKET_DOCUMENT_TOO_LARGE" });
		expect(texts).toEqual(["12345678"]);
		expect(await connection.closed).toMatchObject({ error: { code: "XMLSOCKET_DOCUMENT_TOO_LARGE" } });
	});
});

describe("readers", () => {
	test("share the documents: each goes to one loop", async () => {
		const { connection, end } = await inMemory();
		const loops = [collect(connection), collect(connection)];
		for (let i = 0; i < 10; i++) {
			write(end, `${i}\0`);
			await turns(2);
		}
		end.transport.end();
		const [a, b] = await Promise.all(loops);
		expect(a!.length).toBeGreaterThan(0);
		expect(b!.length).toBeGreaterThan(0);
		expect([...a!, ...b!].sort()).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
	});

	test("may leave a loop and read on in another; the connection stays open", async () => {
		const { connection, end } = await inMemory();
		write(end, "one\0two\0three\0");
		for await (const document of connection) {
			expect(document.text).toBe("one");
			break;
		}
		expect(connection.status.type).toBe("connected");
		end.transport.end();
		expect(await collect(connection)).toEqual(["two", "three"]);
	});

	test("that leave while they wait take no document with them", async () => {
		const { connection, end } = await inMemory();
		const iterator = connection[Symbol.asyncIterator]();
		const waiting = iterator.next();
		await iterator.return!();
		expect(await waiting).toEqual({ value: undefined, done: true });
		expect(await iterator.next()).toEqual({ value: undefined, done: true });
		write(end, "one\0");
		end.transport.end();
		expect(await collect(connection)).toEqual(["one"]);
	});

	test("that listen get every document, those that waited first", async () => {
		const { connection, end } = await inMemory();
		write(end, "one\0two\0");
		await turns();
		const a: string[] = [];
		const b: string[] = [];
		const off = connection.on("document", (document) => void a.push(document.text));
		connection.on("document", (document) => void b.push(document.text));
		expect(a).toEqual([]);
		await turns(1);
		write(end, "three\0");
		await turns();
		off();
		write(end, "four\0");
		await turns();
		expect(a).toEqual(["one", "two", "three"]);
		expect(b).toEqual(["one", "two", "three", "four"]);
	});

	test("that listen and loops both get the documents", async () => {
		const { connection, end } = await inMemory();
		const heard: string[] = [];
		connection.on("document", (document) => void heard.push(document.text));
		const read = collect(connection);
		write(end, "one\0two\0");
		end.transport.end();
		expect(await read).toEqual(["one", "two"]);
		expect(heard).toEqual(["one", "two"]);
	});

	test("that listen never fill the inbox", async () => {
		const { connection, end } = await inMemory({ maxInboxDocuments: 2 });
		let heard = 0;
		connection.on("document", () => void heard++);
		for (let i = 0; i < 1000; i++) write(end, "x\0");
		await turns(200);
		expect(heard).toBe(1000);
	});

	test("that throw are reported, and the others still hear", async () => {
		const { connection, end, host } = await inMemory();
		const heard: string[] = [];
		connection.on("document", () => {
			throw new Error("mine");
		});
		connection.on("document", (document) => void heard.push(document.text));
		write(end, "one\0two\0");
		await turns();
		expect(heard).toEqual(["one", "two"]);
		expect(host.reported).toMatchObject([{ message: "mine" }, { message: "mine" }]);
		expect(connection.status.type).toBe("connected");
	});
});

describe("send", () => {
	test("sends text, nodes, and what has a text of its own", async () => {
		const { connection, end } = await inMemory();
		connection.send("<a/>");
		connection.send(new XML("<b></b>"));
		connection.send(new XML("<c><d/></c>").firstChild!);
		connection.send("");
		await turns();
		expect(end.received()).toBe("<a/>\0<b />\0<c><d /></c>\0\0");
	});

	test("refuses U+0000, and nothing of the text leaves", async () => {
		const { connection, end } = await inMemory();
		expect(() => connection.send("a\0b")).toThrow(expect.objectContaining({ code: "XMLSOCKET_NUL_IN_DOCUMENT" }));
		await turns();
		expect(end.received()).toBe("");
	});

	test.each([[undefined], [null], [5], [{}], [{ type: "say" }], [["a"]], [Object.create(null)]])(
		"refuses %j as no document",
		async (value) => {
			const { connection } = await inMemory();
			expect(() => connection.send(value as never)).toThrow(
				expect.objectContaining({ code: "XMLSOCKET_DOCUMENT_INVALID" }),
			);
		},
	);

	test("throws when the outbox is full, drained() tells when there is room, and nothing is lost", async () => {
		const { connection, end } = await inMemory({ maxOutboxBytes: 200_000 });
		end.transport.pause();
		const document = "x".repeat(9_999);
		let sent = 0;
		const fill = (): void => {
			for (;;) {
				connection.send(document);
				sent++;
			}
		};
		expect(fill).toThrow(
			expect.objectContaining({
				code: "XMLSOCKET_OUTBOX_FULL",
				details: { waitingBytes: 200_000, documentBytes: 9_999, limitBytes: 200_000 },
			}),
		);
		expect(sent).toBe(20);
		expect(connection.outboxBytes).toBe(200_000);
		let drained = false;
		const waiting = connection.drained().then(() => {
			drained = true;
		});
		await turns();
		expect(drained).toBe(false);
		expect(fill).toThrow(expect.objectContaining({ code: "XMLSOCKET_OUTBOX_FULL" }));
		end.transport.resume();
		await waiting;
		connection.send("last");
		const closing = connection.close();
		await until(() => end.ended());
		end.transport.end();
		await closing;
		expect(end.received()).toBe(`${`${document}\0`.repeat(sent)}last\0`);
	});

	test("drained() resolves at once while little waits, and lets a TCP producer run without a growing outbox", async () => {
		const server = await TestServer.start();
		const connection = await createConnect(testHost())(server.address);
		await connection.drained();
		const document = "y".repeat(32 * 1024 - 1);
		let most = 0;
		for (let i = 0; i < 500; i++) {
			connection.send(document);
			most = Math.max(most, connection.outboxBytes);
			await connection.drained();
		}
		expect(most).toBeLessThanOrEqual(96 * 1024);
		await connection.close();
		await until(() => server.received[0]!.length === 500 * 32 * 1024);
		await server.kill();
	});

	test("throws after close, and drained() rejects", async () => {
		const { connection, end } = await inMemory();
		const waits = connection.close();
		expect(() => connection.send("x")).toThrow(expect.objectContaining({ code: "XMLSOCKET_CLOSED" }));
		end.transport.end();
		await waits;
		expect(() => connection.send("x")).toThrow(expect.objectContaining({ code: "XMLSOCKET_CLOSED" }));
		await expect(connection.drained()).rejects.toMatchObject({ code: "XMLSOCKET_CLOSED" });
	});
});

describe("request", () => {
	const is = (name: string) => (document: { xml: XML }) => document.xml.firstChild?.nodeName === name;

	test("resolves with the first document that matches, which nobody else gets", async () => {
		const { connection, end } = await inMemory();
		const read = collect(connection);
		const reply = connection.request("<who/>", { match: is("members") });
		await turns();
		expect(end.received()).toBe("<who/>\0");
		write(end, "<news/>\0<members n='1'/>\0<members n='2'/>\0");
		expect((await reply).text).toBe("<members n='1'/>");
		end.transport.end();
		expect(await read).toEqual(["<news/>", "<members n='2'/>"]);
	});

	test("without match, resolves with the next document that has the same id", async () => {
		const { connection, end } = await inMemory();
		const read = collect(connection);
		const reply = connection.request("<who id='7'/>");
		write(end, "<members/>\0<members id='8'/>\0<members id='7'/>\0<members id='7' n='2'/>\0");
		expect((await reply).text).toBe("<members id='7'/>");
		end.transport.end();
		expect(await read).toEqual(["<members/>", "<members id='8'/>", "<members id='7' n='2'/>"]);
	});

	test("rejects with an error that has its id, also with a match of its own", async () => {
		const { connection, end } = await inMemory();
		const named = connection.request("<join room='x' id='1'/>");
		const matched = connection.request("<join room='y' id='2'/>", { match: is("joined") });
		write(end, "<error code='banned' id='1'>You are banned.</error>\0<error code='full-moon' id='2'/>\0");
		await expect(named).rejects.toMatchObject({
			code: "XMLSOCKET_BANNED",
			message: "You are banned.",
			details: { code: "banned", id: "1" },
		});
		await expect(matched).rejects.toMatchObject({
			code: "XMLSOCKET_REFUSED",
			message: "The server refused it (full-moon).",
			details: { code: "full-moon", id: "2" },
		});
	});

	test("needs an id or a match, and refuses unknown options", async () => {
		const { connection, end } = await inMemory();
		await expect(connection.request("<who/>")).rejects.toMatchObject({ code: "XMLSOCKET_OPTION_INVALID" });
		await expect(connection.request("<who id='1'/>", { timeout: 5 } as never)).rejects.toMatchObject({
			code: "XMLSOCKET_OPTION_UNKNOWN",
			message: "There is no option timeout of request(); did you mean timeoutMs?",
		});
		await turns();
		expect(end.received()).toBe("");
	});

	test("requests that are alike are answered in their order", async () => {
		const { connection, end } = await inMemory();
		const replies = [1, 2, 3].map(() => connection.request("<q/>", { match: is("a") }));
		write(end, "<a n='1'/>\0<a n='2'/>\0<a n='3'/>\0");
		expect((await Promise.all(replies)).map((reply) => reply.text)).toEqual(["<a n='1'/>", "<a n='2'/>", "<a n='3'/>"]);
	});

	test("finds its answer behind documents that nobody reads", async () => {
		const { connection, end } = await inMemory({ maxInboxDocuments: 4 });
		for (let i = 0; i < 50; i++) write(end, "<news/>\0");
		await turns(60);
		const reply = connection.request("<q/>", { match: is("a") });
		write(end, "<a/>\0");
		expect((await reply).text).toBe("<a/>");
		end.transport.end();
		expect(await collect(connection)).toHaveLength(50);
	});

	test("rejects after timeoutMs, and the late answer goes to the readers", async () => {
		const { connection, end } = await inMemory();
		await expect(connection.request("<q/>", { match: is("a"), timeoutMs: 5 })).rejects.toMatchObject({
			code: "XMLSOCKET_REQUEST_TIMEOUT",
			details: { limitMs: 5 },
		});
		write(end, "<a/>\0");
		end.transport.end();
		expect(await collect(connection)).toEqual(["<a/>"]);
	});

	test("rejects when its signal aborts, before or later", async () => {
		const { connection, end } = await inMemory();
		const controller = new AbortController();
		const reply = connection.request("<q/>", { match: is("a"), signal: controller.signal });
		controller.abort("enough");
		await expect(reply).rejects.toMatchObject({ code: "XMLSOCKET_ABORTED", cause: "enough" });
		await expect(connection.request("<never/>", { match: is("a"), signal: controller.signal })).rejects.toMatchObject({
			code: "XMLSOCKET_ABORTED",
		});
		await turns();
		expect(end.received()).toBe("<q/>\0");
	});

	test("rejects with what match throws, and the document goes on", async () => {
		const { connection, end } = await inMemory();
		const reply = connection.request("<q/>", {
			match: () => {
				throw new Error("cannot tell");
			},
		});
		write(end, "<a/>\0");
		await expect(reply).rejects.toThrow("cannot tell");
		end.transport.end();
		expect(await collect(connection)).toEqual(["<a/>"]);
	});

	test("rejects what cannot be sent, and bad options", async () => {
		const { connection } = await inMemory();
		const match = is("a");
		await expect(connection.request("a\0b", { match })).rejects.toMatchObject({ code: "XMLSOCKET_NUL_IN_DOCUMENT" });
		await expect(connection.request({} as never, { match })).rejects.toMatchObject({
			code: "XMLSOCKET_DOCUMENT_INVALID",
		});
		await expect(connection.request("a", {} as never)).rejects.toMatchObject({ code: "XMLSOCKET_OPTION_INVALID" });
		for (const timeoutMs of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
			await expect(connection.request("a", { match, timeoutMs })).rejects.toMatchObject({
				code: "XMLSOCKET_OPTION_INVALID",
			});
		}
	});

	test("rejects when the connection closes", async () => {
		const { connection, end } = await inMemory();
		const reply = connection.request("<q/>", { match: is("a") });
		end.transport.end();
		await expect(reply).rejects.toMatchObject({ code: "XMLSOCKET_CONNECTION_LOST" });
	});
});

describe("the end", () => {
	test("the other side's orderly close ends the loops and tells the status", async () => {
		const { connection, end } = await inMemory();
		const statuses: unknown[] = [];
		connection.on("status", (status) => void statuses.push(status));
		write(end, "last\0");
		end.transport.end();
		expect(await collect(connection)).toEqual(["last"]);
		expect(await connection.closed).toEqual({ by: "remote" });
		expect(statuses).toEqual([{ type: "closed" }]);
		expect(connection.status).toEqual({ type: "closed" });
		expect(await collect(connection)).toEqual([]);
	});

	test("a broken connection makes the loops throw", async () => {
		const server = await TestServer.start();
		const connection = await createConnect(testHost())(server.address);
		await until(() => server.sockets.length === 1);
		const reading = collect(connection);
		server.sockets[0]!.resetAndDestroy();
		await expect(reading).rejects.toMatchObject({ code: "XMLSOCKET_CONNECTION_LOST" });
		expect(connection.status).toMatchObject({ type: "closed", error: { cause: { code: "ECONNRESET" } } });
		await server.kill();
	});

	test("close() delivers what was sent, drops what is unread, ends the loops, and may be called twice", async () => {
		const { connection, end } = await inMemory();
		write(end, "unread\0");
		await turns();
		connection.send("last words");
		const closing = Promise.all([connection.close(), connection.close()]);
		expect(await collect(connection)).toEqual([]);
		await turns();
		expect(end.received()).toBe("last words\0");
		end.transport.end();
		await closing;
		expect(await collect(connection)).toEqual([]);
		expect(connection.status).toEqual({ type: "closed" });
	});

	test("close({ timeoutMs }) cuts a connection whose other side does not end, and rejects", async () => {
		const { connection } = await inMemory();
		const closing = connection.close({ timeoutMs: 5 });
		expect(connection.state).toBe("closing");
		await expect(closing).rejects.toMatchObject({ code: "XMLSOCKET_REQUEST_TIMEOUT", details: { limitMs: 5 } });
		expect((await connection.closed).error).toMatchObject({ code: "XMLSOCKET_REQUEST_TIMEOUT" });
		expect(connection.state).toBe("closed");
	});

	test("the event close comes once, last, with the side that ended it", async () => {
		const { connection, end } = await inMemory();
		const events: unknown[] = [];
		connection.on("close", (close) => void events.push(close));
		connection.on("status", ({ type }) => void events.push(type));
		end.transport.end();
		await connection.closed;
		expect(events).toEqual(["closed", { by: "remote" }]);
	});

	test("disposing closes", async () => {
		const { connection, end } = await inMemory();
		const disposed = connection[Symbol.asyncDispose]();
		end.transport.end();
		await disposed;
		expect(connection.status).toEqual({ type: "closed" });
	});

	test("its signal ends it at once: loops and requests reject with XMLSOCKET_ABORTED", async () => {
		const server = await TestServer.start();
		const controller = new AbortController();
		const connection = await createConnect(testHost())(server.address, {
			signal: controller.signal,
			reconnect: true,
		});
		const reading = collect(connection);
		const reply = connection.request("<q/>", { match: () => true });
		controller.abort("stop");
		await expect(reading).rejects.toMatchObject({ code: "XMLSOCKET_ABORTED", cause: "stop" });
		await expect(reply).rejects.toMatchObject({ code: "XMLSOCKET_ABORTED" });
		expect(connection.status).toMatchObject({ type: "closed", error: { code: "XMLSOCKET_ABORTED" } });
		await until(() => server.sockets[0]?.readableEnded ?? false, "the server saw the end");
		expect(server.sockets).toHaveLength(1);
		await server.kill();
	});
});

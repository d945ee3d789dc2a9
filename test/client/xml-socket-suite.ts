// The documented class, rule by rule: Server-Side ActionScript Language Reference pp. 218-227. Whatever calls itself XMLSocket
// runs this suite: the package's class, and the one that scripts of an application see.

import { describe, expect, test } from "vitest";
import type { ClientHost, XMLSocket, XMLSocketConstructor } from "../../src/client/index.ts";
import { XML } from "../../src/xml/index.ts";
import { type MemoryEnd, memoryDial, type TestHost, TestServer, testHost, turns, until } from "./support.ts";

/** Makes a class over a host. */
export type MakeXMLSocket = (host: ClientHost) => XMLSocketConstructor;

/** What holds for every XMLSocket in document mode. */
export function documentSuite(createXMLSocketClass: MakeXMLSocket): void {
	interface Bench {
		readonly XMLSocket: XMLSocketConstructor;
		readonly ends: MemoryEnd[];
		readonly host: TestHost;
	}

	function bench(): Bench {
		const ends: MemoryEnd[] = [];
		const host = testHost(memoryDial(ends));
		return { XMLSocket: createXMLSocketClass(host), ends, host };
	}

	function record(socket: XMLSocket): string[] {
		const log: string[] = [];
		socket.onConnect = (success) => void log.push(`connect ${success}`);
		socket.onData = (src) => void log.push(`data ${src}`);
		socket.onClose = () => void log.push("close");
		return log;
	}

	async function connected({ XMLSocket, ends }: Bench): Promise<{ socket: XMLSocket; log: string[]; end: MemoryEnd }> {
		const socket = new XMLSocket();
		const log = record(socket);
		socket.connect("server", 9000);
		await turns(2);
		expect(log.splice(0)).toEqual(["connect true"]);
		return { socket, log, end: ends.at(-1)! };
	}

	const write = (end: MemoryEnd, text: string): void => void end.transport.write(Buffer.from(text));

	describe("the shape of XMLSocket", () => {
		test("the prototype has connect, send, close and onData, and no other member", () => {
			const { XMLSocket } = bench();
			expect(Object.getOwnPropertyNames(XMLSocket.prototype).sort()).toEqual([
				"close",
				"connect",
				"constructor",
				"onData",
				"send",
			]);
			expect(Object.keys(XMLSocket.prototype)).toEqual([]);
			expect(XMLSocket.name).toBe("XMLSocket");
		});

		test("an instance has one own property, the hidden number timeout", () => {
			const { XMLSocket } = bench();
			const socket = new XMLSocket();
			expect(Object.getOwnPropertyNames(socket)).toEqual(["timeout"]);
			expect(Object.getOwnPropertySymbols(socket)).toEqual([]);
			expect(Object.keys(socket)).toEqual([]);
			expect(socket.timeout).toBe(20_000);
			expect(socket).toBeInstanceOf(XMLSocket);
		});

		test("called without new it gives undefined", () => {
			const { XMLSocket } = bench();
			expect(XMLSocket()).toBeUndefined();
		});

		test("a class can extend it, and its methods are the handlers", async () => {
			const { XMLSocket, ends } = bench();
			const names: unknown[] = [];
			class Chat extends XMLSocket {
				override onXML(document: XML): void {
					names.push(document.firstChild?.nodeName);
				}
			}
			const chat = new Chat();
			chat.connect("server", 9000);
			await turns(2);
			write(ends[0]!, "<a/>\0<b>\0");
			await turns();
			expect(names).toEqual(["a", "b"]);
		});

		test("send and close do nothing on objects that have not connected, and no method does on primitives", () => {
			const { connect, send, close } = bench().XMLSocket.prototype;
			expect(send.call({} as never, "x")).toBeUndefined();
			expect(close.call({} as never)).toBeUndefined();
			for (const self of [undefined, 5, "text"]) {
				expect(connect.call(self as never, "localhost", 9000)).toBe(false);
				expect(close.call(self as never)).toBeUndefined();
			}
		});
	});

	describe("connect", () => {
		test.each([
			[80],
			[1023],
			[65536],
			[1090929898],
			[-1],
			[Number.NaN],
			[undefined],
			[null],
			[9000.5],
			["x"],
			[""],
			[{}],
			[true],
		])("refuses port %s: false, and nothing follows", async (port) => {
			const { XMLSocket, ends } = bench();
			const socket = new XMLSocket();
			const log = record(socket);
			expect(socket.connect("server", port as never)).toBe(false);
			await turns();
			expect(log).toEqual([]);
			expect(ends).toEqual([]);
		});

		test.each([[1024], [65535], ["9000"]])("accepts port %s", async (port) => {
			const { XMLSocket, ends } = bench();
			expect(new XMLSocket().connect("server", port as never)).toBe(true);
			await turns(2);
			expect(ends[0]!.target.port).toBe(Number(port));
		});

		test("without a port it refuses", () => {
			expect(new (bench().XMLSocket)().connect("server")).toBe(false);
		});

		test.each([
			[null, "localhost"],
			[undefined, "localhost"],
			["a.example", "a.example"],
			["a.example\0.b.example", "a.example"],
			["[::1]", "::1"],
			["::1", "::1"],
			[5, "5"],
		])("reads the host %j as %s", async (host, dialled) => {
			const { XMLSocket, ends } = bench();
			expect(new XMLSocket().connect(host as never, 9000)).toBe(true);
			await turns(2);
			expect(ends[0]!.target.host).toBe(dialled);
		});

		test.each(["", "\0a", "[]"])("refuses the empty host %j", (host) => {
			expect(new (bench().XMLSocket)().connect(host, 9000)).toBe(false);
		});

		test("a refused call leaves the connection as it is", async () => {
			const rig = bench();
			const { socket, log, end } = await connected(rig);
			expect(socket.connect("server", 80)).toBe(false);
			socket.send("still here");
			write(end, "me too\0");
			await turns();
			expect(end.received()).toBe("still here\0");
			expect(log).toEqual(["data me too"]);
		});

		test("onConnect never comes from inside the call, and comes once", async () => {
			const { XMLSocket } = bench();
			const socket = new XMLSocket();
			const log = record(socket);
			socket.connect("server", 9000);
			expect(log).toEqual([]);
			await turns();
			expect(log).toEqual(["connect true"]);
		});

		test("a failed attempt gives onConnect(false) and nothing else, and the socket can be used again", async () => {
			const server = await TestServer.start();
			const { port } = server;
			await server.kill();
			const XMLSocket = createXMLSocketClass(testHost());
			const socket = new XMLSocket();
			const log = record(socket);
			expect(socket.connect("127.0.0.1", port)).toBe(true);
			await until(() => log.length > 0);
			expect(log.splice(0)).toEqual(["connect false"]);
			const next = await TestServer.start();
			socket.connect("127.0.0.1", next.port);
			await until(() => log.length > 0);
			expect(log).toEqual(["connect true"]);
			await next.kill();
		});

		test("hands timeout to the attempt, and 20 000 ms where it is no positive number", async () => {
			const asked: number[] = [];
			const XMLSocket = createXMLSocketClass(
				testHost(async (_, { timeoutMs }) => {
					asked.push(timeoutMs);
					throw new Error("no server");
				}),
			);
			const socket = new XMLSocket();
			for (const timeout of [20_000, 250, "500", 0, -1, Number.NaN, undefined, 1e99]) {
				socket.timeout = timeout as number;
				socket.connect("server", 9000);
			}
			expect(asked).toEqual([20_000, 250, 500, 20_000, 20_000, 20_000, 20_000, 2147483647]);
			await turns(2);
		});

		test("while connected it closes the old connection silently, and its late documents vanish", async () => {
			const rig = bench();
			const { socket, log, end } = await connected(rig);
			socket.send("last words");
			write(end, "late\0");
			expect(socket.connect("server", 9001)).toBe(true);
			await turns();
			expect(log).toEqual(["connect true"]);
			expect(end.received()).toBe("last words\0");
			expect(end.ended()).toBe(true);
			write(end, "later\0");
			end.transport.end();
			socket.send("to the new one");
			await turns();
			expect(rig.ends[1]!.received()).toBe("to the new one\0");
			expect(log).toEqual(["connect true"]);
		});

		test("while connecting it drops the first attempt, and onConnect comes once", async () => {
			const { XMLSocket, ends } = bench();
			const socket = new XMLSocket();
			const log = record(socket);
			expect(socket.connect("first", 9000)).toBe(true);
			expect(socket.connect("second", 9000)).toBe(true);
			await turns();
			expect(log).toEqual(["connect true"]);
			expect(ends.filter((end) => !end.closed()).map((end) => end.target.host)).toEqual(["second"]);
		});

		test("an attempt that succeeds after close is dropped", async () => {
			const ends: MemoryEnd[] = [];
			const deaf = memoryDial(ends);
			const XMLSocket = createXMLSocketClass(
				testHost((target, options) => deaf(target, { timeoutMs: options.timeoutMs })),
			);
			const socket = new XMLSocket();
			const log = record(socket);
			socket.connect("server", 9000);
			socket.close();
			await turns();
			expect(log).toEqual([]);
			expect(ends[0]!.closed()).toBe(true);
		});

		test("only the exact word stream asks for a stream", async () => {
			const { XMLSocket, ends } = bench();
			for (const type of ["stream", "Stream", "stream ", true]) {
				const socket = new XMLSocket(type);
				socket.onConnect = () => socket.send("<a/>");
				expect(socket.connect("server", 9000)).toBe(true);
			}
			await turns();
			expect(ends.map((end) => end.received())).toEqual(["<a/>", "<a/>\0", "<a/>\0", "<a/>\0"]);
		});
	});

	describe("send", () => {
		test.each<[string, unknown[], string]>([
			["text", ["<a/>"], "<a/>\0"],
			["a parsed document", [new XML("<root><item></item></root>")], "<root><item /></root>\0"],
			["undefined", [undefined], "undefined\0"],
			["null", [null], "null\0"],
			["nothing at all", [], ""],
			["an empty text", [""], "\0"],
			["a number", [9], "9\0"],
			["only its first argument", ["a", "b"], "a\0"],
			["a text with U+0000, which splits it", ["a\0b"], "a\0b\0"],
			["an object without text", [Object.create(null)], "[type Object]\0"],
			["characters of several bytes", ["é😀"], "é😀\0"],
			["a lone surrogate as U+FFFD", ["\uD800"], "\uFFFD\0"],
		])("sends %s", async (_, args, bytes) => {
			const { socket, end } = await connected(bench());
			expect(socket.send.apply(socket, args as [unknown])).toBeUndefined();
			await turns();
			expect(Buffer.from(end.bytes())).toEqual(Buffer.from(bytes));
		});

		test("before any connect, send and close do nothing and give undefined", async () => {
			const { XMLSocket, ends } = bench();
			const socket = new XMLSocket();
			const log = record(socket);
			expect(socket.close()).toBeUndefined();
			expect(socket.send("x")).toBeUndefined();
			await turns();
			expect(log).toEqual([]);
			expect(ends).toEqual([]);
		});

		test("before onConnect(true) it sends nothing, and from inside onConnect it sends", async () => {
			const { XMLSocket, ends } = bench();
			const socket = new XMLSocket();
			socket.onConnect = () => socket.send("now");
			socket.connect("server", 9000);
			socket.send("too early");
			await turns();
			expect(ends[0]!.received()).toBe("now\0");
		});
	});

	describe("close", () => {
		test("sends what waits, ends the connection, calls no onClose, and can be called again", async () => {
			const { socket, log, end } = await connected(bench());
			socket.send("<logout />");
			expect(socket.close()).toBeUndefined();
			expect(socket.close()).toBeUndefined();
			socket.send("after");
			await turns();
			expect(end.received()).toBe("<logout />\0");
			expect(end.ended()).toBe(true);
			end.transport.end();
			await turns();
			expect(log).toEqual([]);
		});

		test("over TCP a large document sent just before it arrives whole", async () => {
			const server = await TestServer.start();
			const socket = new (createXMLSocketClass(testHost()))();
			const text = "x".repeat(4 * 1024 * 1024);
			socket.onConnect = () => {
				socket.send(text);
				socket.close();
			};
			socket.connect("127.0.0.1", server.port);
			await until(() => server.sockets[0]?.destroyed ?? false, "the connection ended");
			expect(server.received[0]!.length).toBe(text.length + 1);
			await server.kill();
		});

		test("inside onData it drops the documents that came in the same segment", async () => {
			const { socket, log, end } = await connected(bench());
			socket.onData = (src) => {
				log.push(src);
				if (src === "two") socket.close();
			};
			write(end, "one\0two\0three\0four\0");
			end.transport.end();
			await turns();
			expect(log).toEqual(["one", "two"]);
		});

		test("connecting again inside onData drops them too", async () => {
			const rig = bench();
			const { socket, log, end } = await connected(rig);
			socket.onData = (src) => {
				log.push(src);
				socket.connect("other", 9000);
			};
			write(end, "one\0two\0");
			await turns();
			expect(log).toEqual(["one", "connect true"]);
		});

		test("a socket can be used again and again", async () => {
			const rig = bench();
			const { socket, log } = await connected(rig);
			for (let i = 0; i < 50; i++) {
				socket.close();
				socket.connect("server", 9000);
				await turns(3);
			}
			expect(log).toEqual(Array.from({ length: 50 }, () => "connect true"));
		});
	});

	describe("handlers", () => {
		test("the other side's half-close gives the whole documents, then onClose", async () => {
			const { log, end } = await connected(bench());
			write(end, "whole\0half");
			end.transport.end();
			await turns();
			expect(log).toEqual(["data whole", "close"]);
			expect(end.ended()).toBe(true);
		});

		test("what is sent while the other side's last documents are read still reaches it", async () => {
			const { socket, end } = await connected(bench());
			socket.onData = (src) => socket.send(`re: ${src}`);
			write(end, "question\0");
			end.transport.end();
			await turns();
			expect(end.received()).toBe("re: question\0");
		});

		test("a broken connection gives onClose", async () => {
			const server = await TestServer.start();
			const socket = new (createXMLSocketClass(testHost()))();
			const log = record(socket);
			socket.connect("127.0.0.1", server.port);
			await until(() => log.length === 1 && server.sockets.length === 1);
			server.sockets[0]!.resetAndDestroy();
			await until(() => log.length === 2);
			expect(log).toEqual(["connect true", "close"]);
			await server.kill();
		});

		test("onClose may connect again", async () => {
			const rig = bench();
			const { socket, log, end } = await connected(rig);
			socket.onClose = () => void log.push(`close ${socket.connect("server", 9000)}`);
			end.transport.end();
			await turns();
			expect(log).toEqual(["close true", "connect true"]);
		});

		test("the default onData parses, and calls onXML with malformed documents too", async () => {
			const { XMLSocket, ends } = bench();
			const socket = new XMLSocket();
			const seen: [string, number][] = [];
			socket.onXML = (document) => void seen.push([document.toString(), document.status]);
			socket.connect("server", 9000);
			await turns(2);
			write(ends[0]!, "<a><b/></a>\0<a><b></a>\0\0plain\0");
			await turns();
			expect(seen).toEqual([
				["<a><b /></a>", 0],
				["<a><b /></a>", -9],
				["", 0],
				["plain", 0],
			]);
		});

		test("handlers are looked up when they are called, also on the prototype, with this as the socket", async () => {
			const { XMLSocket, ends } = bench();
			const socket = new XMLSocket();
			socket.connect("server", 9000);
			const calls: unknown[] = [];
			XMLSocket.prototype.onConnect = function (this: unknown, success: boolean) {
				calls.push(this === socket, success);
			};
			await turns(2);
			write(ends[0]!, "one\0");
			await turns(2);
			XMLSocket.prototype.onData = function (this: unknown, ...args: unknown[]) {
				calls.push(this === socket, ...args);
			};
			socket.onClose = function (this: unknown, ...args: unknown[]) {
				calls.push(this === socket, args.length);
			};
			write(ends[0]!, "two\0");
			ends[0]!.transport.end();
			await turns();
			expect(calls).toEqual([true, true, true, "two", true, 0]);
		});

		test("without handlers, and with handlers that are no functions, nothing happens", async () => {
			const { XMLSocket, ends, host } = bench();
			const socket = new XMLSocket();
			socket.onConnect = 5 as never;
			socket.onXML = "x" as never;
			socket.connect("server", 9000);
			await turns(2);
			write(ends[0]!, "<a/>\0");
			ends[0]!.transport.end();
			await turns();
			expect(host.reported).toEqual([]);
		});

		test("an exception in a handler is reported, and the connection and the other handlers go on", async () => {
			const rig = bench();
			const socket = new rig.XMLSocket();
			const log: string[] = [];
			const fail = (name: string): never => {
				log.push(name);
				throw new Error(name);
			};
			socket.onConnect = () => fail("onConnect");
			socket.onData = (src) => fail(src);
			socket.onClose = () => fail("onClose");
			socket.connect("server", 9000);
			await turns(2);
			write(rig.ends[0]!, "one\0two\0");
			await turns();
			socket.send("alive");
			await turns();
			expect(rig.ends[0]!.received()).toBe("alive\0");
			rig.ends[0]!.transport.end();
			await turns();
			expect(log).toEqual(["onConnect", "one", "two", "onClose"]);
			expect(rig.host.reported.map((error) => (error as Error).message)).toEqual(log);
		});
	});

	describe("limits", () => {
		test("a document of more than 16 MiB closes the connection, and the reason is reported", async () => {
			const rig = bench();
			const { log, end } = await connected(rig);
			write(end, "before\0");
			const block = Buffer.alloc(1024 * 1024, "x");
			for (let i = 0; i < 17; i++) end.transport.write(block);
			await turns();
			expect(log).toEqual(["data before", "close"]);
			expect(rig.host.reported).toMatchObject([{ code: "XMLSOCKET_DOCUMENT_TOO_LARGE" }]);
		});

		test.each(["whole", "byte by byte"])(
			"maxUnprocessedChars counts characters, and closes past it whether the document comes %s",
			async (how) => {
				const rig = bench();
				const socket = new rig.XMLSocket();
				socket.maxUnprocessedChars = 4;
				const log = record(socket);
				socket.connect("server", 9000);
				await turns(2);
				const bytes = Buffer.from("\u20AC\u20AC\u20AC\u20AC\0abcd\0abcde\0f\0");
				for (const piece of how === "whole" ? [bytes] : Array.from(bytes, (byte) => Buffer.of(byte))) {
					rig.ends[0]!.transport.write(piece);
				}
				await turns();
				expect(log).toEqual(["connect true", "data \u20AC\u20AC\u20AC\u20AC", "data abcd", "close"]);
				expect(rig.host.reported).toMatchObject([{ code: "XMLSOCKET_DOCUMENT_TOO_LARGE" }]);
			},
		);
	});
}

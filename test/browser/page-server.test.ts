// The server in a page, with the globals of a page provided: docs/guide/browser.md. The same in Chromium: page-server-chromium.test.ts.

import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
	type Application,
	type CreatePageServerOptions,
	connect,
	createChat,
	createPageServer,
	createRelay,
	type PageServer,
	type Peer,
	XML,
	XMLSocket,
} from "../../src/browser/index.ts";
import { NetworkWebSocket, providePage, reported } from "./page-globals.ts";

const servers: PageServer[] = [];
beforeEach(() => {
	providePage();
	NetworkWebSocket.opened = [];
	reported.length = 0;
});
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 100 })));
});

/** Gives each document back, and tells of its peers. */
function echo(greeting?: string): Application & { readonly peers: Set<Peer>; readonly errors: string[] } {
	const peers = new Set<Peer>();
	const errors: string[] = [];
	return {
		output: "text",
		peers,
		errors,
		open(peer) {
			peers.add(peer);
			if (greeting !== undefined) peer.send(greeting);
			return {
				document: (text) => {
					if (text === "<boom/>") throw new Error("boom");
					peer.send(text);
				},
				failing: (error) => peer.send(`<error code="${error.code}"/>`),
				closed: ({ error }) => {
					peers.delete(peer);
					if (error) errors.push(error.code);
				},
			};
		},
		drain: () => {
			for (const peer of peers) peer.send("<bye/>");
		},
	};
}

function start(options: Partial<CreatePageServerOptions> = {}): PageServer {
	const server = createPageServer({ application: echo(), ...options });
	servers.push(server);
	return server;
}

/** A socket of the server, and everything that it told. */
function open(server: PageServer, url: string = server.url) {
	const socket = new server.WebSocket(url);
	socket.binaryType = "arraybuffer";
	const events: string[] = [];
	let text = "";
	const decoder = new TextDecoder();
	socket.addEventListener("open", () => events.push("open"));
	socket.addEventListener("error", () => events.push("error"));
	socket.addEventListener("close", ({ code, reason, wasClean }) => events.push(`close ${code} ${reason}${wasClean}`));
	socket.addEventListener("message", ({ data }) => {
		if (events.at(-1) !== "message") events.push("message");
		text += typeof data === "string" ? `[${data}]` : decoder.decode(data as ArrayBuffer, { stream: true });
	});
	return {
		socket,
		events,
		get text() {
			return text;
		},
		opened: () => expect.poll(() => socket.readyState).toBe(1),
		has: (expected: string) => expect.poll(() => text).toBe(expected),
		closed: () => expect.poll(() => socket.readyState).toBe(3),
	};
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

describe("a WebSocket of the page's server", () => {
	it("is a WebSocket to everyone who looks", async () => {
		const server = start();
		const { socket, opened } = open(server);
		expect(socket).toBeInstanceOf(server.WebSocket);
		expect(socket).toBeInstanceOf(NetworkWebSocket);
		expect(socket).toBeInstanceOf(EventTarget);
		expect(socket.constructor).toBe(server.WebSocket);
		expect(socket.url).toBe("ws://xmlsocket.invalid/socket");
		expect([socket.readyState, socket.bufferedAmount, socket.protocol, socket.extensions]).toEqual([0, 0, "", ""]);
		expect([socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED]).toEqual([0, 1, 2, 3]);
		expect(server.WebSocket.OPEN).toBe(1);
		await opened();
		expect(NetworkWebSocket.opened).toEqual([]);
	});

	it("is connecting until the end of the turn, then open, then told what the server says first", async () => {
		const client = open(start({ application: echo("<welcome/>") }));
		expect(client.events).toEqual([]);
		await client.has("<welcome/>\0");
		expect(client.events).toEqual(["open", "message"]);
	});

	it("carries a byte stream in binary messages, whatever the pieces", async () => {
		const client = open(start());
		await client.opened();
		for (const byte of bytes("<a>\u00fc</a>\0")) client.socket.send(Uint8Array.of(byte));
		client.socket.send(bytes("<b/>\0<c/>\0<d").buffer);
		client.socket.send(new DataView(bytes("xx/>\0yy").buffer, 2, 3));
		await client.has("<a>\u00fc</a>\0<b/>\0<c/>\0<d/>\0");
	});

	it("takes a text message for one document, and gives documents as text where the URL asks for it", async () => {
		const client = open(start(), "ws://xmlsocket.invalid/socket?frames=text");
		await client.opened();
		client.socket.send("<a/>");
		client.socket.send(bytes("<b/>\0<c/>\0"));
		await client.has("[<a/>][<b/>][<c/>]");
	});

	it("keeps the order of blobs and all that is sent behind them, also at the end", async () => {
		const client = open(start());
		await client.opened();
		client.socket.send(new Blob(["<a/>\0<b"]));
		client.socket.send(bytes("/>\0"));
		client.socket.send(new Blob(["<c/>\0"]));
		client.socket.send("<d/>");
		expect(client.socket.bufferedAmount).toBe(19);
		await client.has("<a/>\0<b/>\0<c/>\0<d/>\0");
		expect(client.socket.bufferedAmount).toBe(0);
	});

	it("delivers what was sent before it is closed", async () => {
		const application = echo();
		const got: string[] = [];
		const { open: openPeer } = application;
		application.open = (peer, handshake) => ({ ...openPeer(peer, handshake), document: (text) => got.push(text) });
		const client = open(start({ application }));
		await client.opened();
		client.socket.send(new Blob(["<logout/>\0"]));
		client.socket.send(bytes("<last/>\0"));
		client.socket.close();
		expect(client.socket.readyState).toBe(2);
		await client.closed();
		expect(got).toEqual(["<logout/>", "<last/>"]);
		expect(client.events).toEqual(["open", "close 1005 true"]);
	});

	it("keeps what it sent as it was when it was sent", async () => {
		const client = open(start());
		await client.opened();
		const sent = bytes("<a/>\0");
		client.socket.send(sent);
		sent.fill(0x78);
		await client.has("<a/>\0");
	});

	it("gives blobs unless it is asked for arrays, and each listener's array is a copy", async () => {
		const server = start({ application: createRelay() });
		const [a, b, c] = [open(server), open(server), new server.WebSocket(server.url)];
		expect(c.binaryType).toBe("blob");
		c.binaryType = "nonsense" as BinaryType;
		expect(c.binaryType).toBe("blob");
		const blob = new Promise<Blob>((resolve) => {
			c.onmessage = ({ data }) => resolve(data as Blob);
		});
		b.socket.onmessage = ({ data }) => new Uint8Array(data as ArrayBuffer).fill(0x78);
		await a.opened();
		await b.opened();
		a.socket.send(bytes("<all/>\0"));
		expect(await (await blob).text()).toBe("<all/>\0");
	});

	it.each([
		[undefined, undefined, "close 1005 true"],
		[1000, undefined, "close 1000 true"],
		[3000, "done", "close 3000 donetrue"],
		[4999, "", "close 4999 true"],
	])("closed with code %s and reason %j says so", async (code, reason, event) => {
		const client = open(start());
		await client.opened();
		client.socket.close(code, reason);
		client.socket.close(4000, "again");
		await client.closed();
		expect(client.events).toEqual(["open", event]);
	});

	it("refuses codes, reasons and sends as a WebSocket does", async () => {
		const client = open(start());
		const nameOf = (run: () => void): string => {
			try {
				run();
				return "nothing";
			} catch (error) {
				return (error as DOMException).name;
			}
		};
		expect(nameOf(() => client.socket.send("early"))).toBe("InvalidStateError");
		for (const code of [0, 999, 1001, 1005, 2999, 5000, Number.NaN])
			expect(
				nameOf(() => client.socket.close(code)),
				String(code),
			).toBe("InvalidAccessError");
		expect(nameOf(() => client.socket.close(1000, "\u00fc".repeat(62)))).toBe("SyntaxError");
		await client.opened();
		client.socket.close(1000, `${"\u00fc".repeat(61)}x`);
		client.socket.send("late");
		await client.closed();
		client.socket.send(bytes("later"));
		expect(client.socket.bufferedAmount).toBe(9);
		expect(nameOf(() => client.socket.close())).toBe("nothing");
	});

	it("closed while it connects fails, and the server never hears of it", async () => {
		const application = echo();
		const client = open(start({ application }));
		client.socket.close();
		expect(client.socket.readyState).toBe(2);
		await client.closed();
		expect(client.events).toEqual(["error", "close 1006 false"]);
		expect(application.peers.size).toBe(0);
	});

	it("tells the server's end, orderly or not", async () => {
		for (const [end, expected] of [
			[(peer: Peer) => peer.end(), ["open", "message", "close 1000 true"]],
			[(peer: Peer) => peer.destroy(), ["open", "message", "error", "close 1006 false"]],
		] as const) {
			const application = echo("<welcome/>");
			const client = open(start({ application }));
			await client.has("<welcome/>\0");
			for (const peer of application.peers) end(peer);
			await client.closed();
			expect(client.events).toEqual(expected);
		}
	});

	it("ends with 1007 where a text message holds U+0000", async () => {
		const application = echo();
		const client = open(start({ application }));
		await client.opened();
		client.socket.send("a\0b");
		await client.closed();
		expect(client.events).toEqual(["open", "close 1007 a text message holds U+0000true"]);
		expect(application.errors).toEqual(["XMLSOCKET_CONNECTION_LOST"]);
	});

	it("calls handlers in their place among the listeners, with the socket as this", async () => {
		const { socket, has } = open(start());
		const calls: string[] = [];
		const first = function (this: WebSocket): void {
			calls.push(`handler ${this === socket}`);
		};
		socket.onmessage = first;
		socket.addEventListener("message", () => calls.push("listener"));
		expect(socket.onmessage).toBe(first);
		socket.onmessage = () => calls.push("other handler");
		socket.onopen = () => socket.send("<a/>");
		await has("<a/>\0");
		socket.onmessage = null;
		expect(socket.onmessage).toBeNull();
		socket.onmessage = first;
		socket.onmessage = 5 as never;
		expect(socket.onmessage).toBeNull();
		socket.onmessage = first;
		socket.send("<b/>");
		await has("<a/>\0<b/>\0");
		expect(calls).toEqual(["other handler", "listener", "listener", "handler true"]);
	});
});

describe("the class in front of the page's", () => {
	it("leaves every other address to the network, untouched", () => {
		const server = start();
		server.install();
		const real = new WebSocket("wss://chat.example/x", ["a", "b"]);
		expect(Object.getPrototypeOf(real)).toBe(NetworkWebSocket.prototype);
		expect(real).toBeInstanceOf(WebSocket);
		for (const url of ["/gateway", "ws://xmlsocket.invalid.example/", "wss://invalid/"]) new WebSocket(url);
		expect(NetworkWebSocket.opened.map(({ url }) => url)).toEqual([
			"wss://chat.example/x",
			"https://page.example/gateway",
			"ws://xmlsocket.invalid.example/",
			"wss://invalid/",
		]);
		expect(NetworkWebSocket.opened[0]!.protocols).toEqual(["a", "b"]);
	});

	it("takes every spelling of its own address, and leaves what no WebSocket takes to the original", async () => {
		const server = start({ host: "lobby.invalid" });
		for (const [url, shown] of [
			["ws://lobby.invalid", "ws://lobby.invalid/"],
			["wss://LOBBY.invalid:9000/a?b", "wss://lobby.invalid:9000/a?b"],
			["https://lobby.invalid/", "wss://lobby.invalid/"],
			["ws://lobby.invalid:80/socket", "ws://lobby.invalid/socket"],
		] as const) {
			const client = open(server, url);
			expect(client.socket.url).toBe(shown);
			await client.opened();
		}
		new server.WebSocket(new URL("ws://lobby.invalid/"));
		expect(NetworkWebSocket.opened).toEqual([]);
		new server.WebSocket("ws://lobby.invalid/#x");
		new server.WebSocket("ftp://lobby.invalid/");
		new server.WebSocket("ws://lobby.invalid/", ["a", "a"]);
		new server.WebSocket("ws://lobby.invalid/", "a b");
		expect(NetworkWebSocket.opened.length).toBe(4);
		class Mine extends server.WebSocket {}
		expect(() => new Mine("ws://lobby.invalid/")).toThrow(expect.objectContaining({ name: "NotSupportedError" }));
		expect(new Mine("ws://elsewhere.example/")).toBeInstanceOf(Mine);
	});

	it("is put in and taken out again, once", () => {
		const before = globalThis.WebSocket;
		const server = start();
		const installed = server.install();
		expect(globalThis.WebSocket).toBe(server.WebSocket);
		expect(server.install()).toBe(installed);
		installed.remove();
		expect(globalThis.WebSocket).toBe(before);
		const again = server.install();
		installed.remove();
		expect(globalThis.WebSocket).not.toBe(before);
		again[Symbol.dispose]();
		expect(globalThis.WebSocket).toBe(before);
	});

	it("stands behind others, which it leaves where they are", async () => {
		const before = globalThis.WebSocket;
		const [a, b] = [
			start({ host: "a.invalid", application: echo("a") }),
			start({ host: "b.invalid", application: echo("b") }),
		];
		const first = a.install();
		const second = b.install();
		for (const host of ["a", "b"]) {
			const socket = new WebSocket(`ws://${host}.invalid/`);
			const data = await new Promise<Blob>((resolve) => {
				socket.onmessage = (event) => resolve(event.data as Blob);
			});
			expect(await data.text()).toBe(`${host}\0`);
			expect(socket).toBeInstanceOf(WebSocket);
		}
		first.remove();
		expect(globalThis.WebSocket).toBe(b.WebSocket);
		second.remove();
		expect(globalThis.WebSocket).not.toBe(before);
		await a.close();
	});
});

describe("the server in a page", () => {
	it("keeps the daemon's limits: document, first document, rate, connections", async () => {
		const application = echo();
		const server = start({
			application,
			maxDocumentBytes: 1000,
			maxFirstDocumentBytes: 100,
			maxConnections: 3,
			documentsPerSecond: 20,
			documentBurst: 5,
		});
		const first = open(server);
		await first.opened();
		first.socket.send(bytes("x".repeat(101)));
		await first.closed();
		expect(first.text).toBe('<error code="XMLSOCKET_DOCUMENT_TOO_LARGE"/>\0');
		const later = open(server);
		await later.opened();
		later.socket.send(bytes(`<a/>\0${"x".repeat(1001)}`));
		await later.closed();
		expect(later.text).toBe('<a/>\0<error code="XMLSOCKET_DOCUMENT_TOO_LARGE"/>\0');
		expect(application.errors).toEqual(["XMLSOCKET_DOCUMENT_TOO_LARGE", "XMLSOCKET_DOCUMENT_TOO_LARGE"]);

		const four = [open(server), open(server), open(server), open(server)];
		await four[3]!.closed();
		expect(four[3]!.events).toEqual(["error", "close 1006 false"]);
		expect(server.peers).toBe(3);
		four[0]!.socket.send(bytes("<r/>\0".repeat(10)));
		await four[0]!.has("<r/>\0".repeat(5));
		await four[0]!.has("<r/>\0".repeat(10));
	});

	it("fails a socket that sends far faster than it is read", async () => {
		const server = start({ documentsPerSecond: 1, documentBurst: 1 });
		const client = open(server);
		await client.opened();
		const piece = bytes("<r/>\0".repeat(200_000));
		for (let i = 0; i < 40 && client.socket.readyState === 1; i++) client.socket.send(piece);
		expect(client.socket.readyState).toBe(2);
		await client.closed();
		expect(client.events).toEqual(["open", "error", "close 1006 false"]);
		await expect.poll(() => server.peers).toBe(0);
	});

	it("isolates a handler that throws", async () => {
		const server = start();
		const [bad, good] = [open(server), open(server)];
		await good.opened();
		bad.socket.send("<boom/>");
		good.socket.send("<a/>");
		await good.has("<a/>\0");
		await bad.closed();
		expect(reported).toEqual([expect.objectContaining({ message: "boom" })]);
	});

	it("says good-bye, delivers what waits, and takes nobody any more", async () => {
		const application = echo();
		let ended = false;
		application.close = async () => {
			ended = true;
		};
		const server = start({ application });
		server.install();
		const client = open(server);
		await client.opened();
		client.socket.send("<a/>");
		await client.has("<a/>\0");
		await server.close();
		expect(client.text).toBe("<a/>\0<bye/>\0");
		expect(ended).toBe(true);
		expect(globalThis.WebSocket).toBe(NetworkWebSocket);
		await client.closed();
		const late = open(server);
		await late.closed();
		expect(late.events).toEqual(["error", "close 1006 false"]);
		await server.close();
	});

	it("gives Ruffle an entry for each spelling of the host", () => {
		const server = start();
		expect(server.socketProxy("game.example", 6112)).toEqual([
			{ host: "game.example", port: 6112, proxyUrl: server.url },
		]);
		expect(server.socketProxy("localhost", 9000).map(({ host }) => host)).toEqual(["localhost", "127.0.0.1"]);
		for (const [host, port] of [
			["", 9000],
			["a b", 9000],
			["a", 0],
			["a", 65536],
			["a", 1.5],
		] as const)
			expect(() => server.socketProxy(host, port)).toThrow(
				expect.objectContaining({ code: "XMLSOCKET_OPTION_INVALID" }),
			);
	});

	it.each([
		[{ host: "localhost" }, "XMLSOCKET_OPTION_INVALID"],
		[{ host: "Lobby.invalid" }, "XMLSOCKET_OPTION_INVALID"],
		[{ maxConnections: 0 }, "XMLSOCKET_OPTION_INVALID"],
		[{ maxDocumentByte: 5 }, "XMLSOCKET_OPTION_UNKNOWN"],
		[{ application: undefined as never }, "XMLSOCKET_OPTION_INVALID"],
	])("refuses the options %o with %s", (options, code) => {
		expect(() => createPageServer({ application: echo(), ...options })).toThrow(expect.objectContaining({ code }));
	});

	it("runs the chat for the page's own clients, modern and documented", async () => {
		const server = start({ application: createChat() });
		server.install();
		const ada = await connect(server.url);
		const texts: string[] = [];
		ada.on("document", ({ text }) => texts.push(text));
		ada.send('<hello name="ada"/>');
		ada.send('<join room="lobby"/>');
		await expect.poll(() => texts.some((text) => text.startsWith("<joined"))).toBe(true);
		const seen: string[] = [];
		const bob = new XMLSocket();
		bob.onConnect = (success) => {
			seen.push(`connect ${success}`);
			bob.send(new XML('<join room="lobby"/>'));
			bob.send(new XML('<say room="lobby">hi &amp; bye</say>'));
		};
		bob.onXML = (document) => seen.push(document.firstChild!.nodeName!);
		bob.onClose = () => seen.push("close");
		expect(bob.connect("xmlsocket.invalid", 9000)).toBe(true);
		await expect.poll(() => texts.some((text) => /^<said .*>hi &amp; bye<\/said>$/.test(text))).toBe(true);
		await expect.poll(() => seen.includes("said")).toBe(true);
		await server.close();
		await expect.poll(() => seen.at(-1)).toBe("close");
		expect(texts.at(-1)).toMatch(/^<bye reason="draining"/);
		expect(NetworkWebSocket.opened).toEqual([]);
		await ada.close();
	});

	it("sweeps while somebody is there, as the chat counts its rooms then", async () => {
		let sweeps = 0;
		const application = { ...echo(), sweep: () => sweeps++ };
		const server = start({ application: application as unknown as Application });
		const client = open(server);
		await client.opened();
		await expect.poll(() => sweeps).toBeGreaterThan(0);
		client.socket.close();
		await expect.poll(() => server.peers).toBe(0);
		const then = sweeps;
		await wait(1200);
		expect(sweeps).toBe(then);
	});
});

// The client in a real page, against a real WebSocket server: docs/guide/browser.md.

import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type * as Client from "../../src/browser/index.ts";
import { chromiumPath, launch } from "./chromium.ts";
import { browserScript, servePage } from "./client-page.ts";

declare global {
	var client: typeof Client;
}

describe.skipIf(!chromiumPath)("the client in a page", () => {
	let http: Server;
	let webSockets: WebSocketServer;
	let page: Page;
	let port: number;
	let browser: Awaited<ReturnType<typeof launch>>;
	/** What the server does with each connection; set by each test. */
	let serve: (webSocket: WebSocket, request: IncomingMessage) => void;
	let silent = false;
	let connections: { url: string; received: Buffer[]; binary: boolean[] }[];

	beforeAll(async () => {
		http = await servePage(await browserScript());
		port = (http.address() as AddressInfo).port;
		webSockets = new WebSocketServer({ noServer: true });
		http.on("upgrade", (request, socket, head) => {
			if (silent) return;
			webSockets.handleUpgrade(request, socket, head, (webSocket) => {
				const connection = { url: request.url!, received: [] as Buffer[], binary: [] as boolean[] };
				connections.push(connection);
				webSocket.on("message", (data, isBinary) => {
					connection.received.push(data as Buffer);
					connection.binary.push(isBinary);
				});
				serve(webSocket, request);
			});
		});
		browser = await launch();
		page = await browser.browser.newPage();
		await page.goto(`http://127.0.0.1:${port}/`);
	});

	afterAll(async () => {
		await browser?.close();
		for (const webSocket of webSockets?.clients ?? []) webSocket.terminate();
		http?.closeAllConnections();
		http?.close();
	});

	beforeEach(() => {
		connections = [];
		silent = false;
		serve = () => {};
	});

	test("a binary message is a piece of the stream, a text message one document", async () => {
		serve = (webSocket) => {
			webSocket.send(Buffer.from("on"));
			webSocket.send(Buffer.from("e\0tw\u00f6\0".slice(0, 4)));
			webSocket.send(Buffer.from([0xc3]));
			webSocket.send(Buffer.from([0xb6, 0]));
			webSocket.send("three");
			webSocket.close(1000);
		};
		const texts = await page.evaluate(async () => {
			const got: string[] = [];
			for await (const document of await client.connect("/socket")) got.push(document.text);
			return got;
		});
		expect(texts).toEqual(["one", "tw\u00f6", "three"]);
		expect(connections[0]!.url).toBe("/socket");
	});

	test("documents go out as binary messages with their zero byte, those of one turn together", async () => {
		const reply = await page.evaluate(async (address) => {
			const connection = await client.connect(address);
			connection.send(client.xml`<say>${"a < b"}</say>`);
			connection.send("\u20ac");
			await connection.drained();
			await connection.close();
			return connection.status;
		}, `ws://127.0.0.1:${port}/room?x=1`);
		expect(reply).toEqual({ type: "closed" });
		expect(connections[0]!.url).toBe("/room?x=1");
		expect(Buffer.concat(connections[0]!.received).toString()).toBe("<say>a &lt; b</say>\0\u20ac\0");
		expect(connections[0]!.binary).toEqual([true]);
	});

	test("a stream goes and comes as XMPP over WebSocket: one element for each text message", async () => {
		serve = (webSocket) => {
			expect(webSocket.protocol).toBe("xmpp");
			webSocket.send("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='7'/>");
			webSocket.send("<a xmlns='jabber:client'>\u00e9</a>");
		};
		const texts = await page.evaluate(async (address) => {
			const connection = await client.connect(address, { stream: true });
			connection.send("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>");
			connection.send("<b>\u00e9</b><c/>");
			const read: string[] = [];
			for await (const document of connection) if (read.push(document.text) === 2) break;
			await connection.close();
			return read;
		}, `ws://127.0.0.1:${port}/xmpp`);
		expect(texts[0]).toMatch(/^<stream:stream .*id="7">$/);
		expect(texts[1]).toBe("<a xmlns='jabber:client'>\u00e9</a>");
		const declared = 'xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams"';
		expect(connections[0]!.received.map(String)).toEqual([
			'<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" />',
			`<b ${declared}>\u00e9</b>`,
			`<c ${declared}/>`,
		]);
		expect(connections[0]!.binary).toEqual([false, false, false]);
	});

	test("XMLSocket opens /socket at a host and port, null means the page's own host", async () => {
		serve = (webSocket) => webSocket.on("message", (data) => webSocket.send(data, { binary: true }));
		const log = await page.evaluate(
			(port) =>
				new Promise<string[]>((resolve) => {
					const lines: string[] = [];
					const socket = new client.XMLSocket();
					socket.onConnect = (success) => {
						lines.push(`connect ${success}`);
						socket.send(new client.XML("<root><item></item></root>"));
					};
					socket.onXML = (document) => {
						lines.push(document.toString());
						socket.close();
						lines.push(`low port ${socket.connect(null, 80)}`);
						resolve(lines);
					};
					lines.push(`started ${socket.connect(null, port)}`);
				}),
			port,
		);
		expect(log).toEqual(["started true", "connect true", "<root><item /></root>", "low port false"]);
		expect(connections.map(({ url }) => url)).toEqual(["/socket"]);
	});

	test("createXMLSocket takes another mapping to URLs", async () => {
		const success = await page.evaluate(
			(port) =>
				new Promise((resolve) => {
					const XMLSocket = client.createXMLSocket(
						(host, wanted) => `ws://127.0.0.1:${port}/gateway?host=${host}&port=${wanted}`,
					);
					const socket = new XMLSocket();
					socket.onConnect = resolve;
					socket.connect("game.example", 6112);
				}),
			port,
		);
		expect(success).toBe(true);
		expect(connections[0]!.url).toBe("/gateway?host=game.example&port=6112");
	});

	test("failed attempts have codes, and onConnect(false) in the class", async () => {
		silent = true;
		const results = await page.evaluate(async (port) => {
			const codeOf = (attempt: Promise<unknown>): Promise<unknown> =>
				attempt.then(
					() => "connected",
					(error: { code: unknown }) => error.code,
				);
			const controller = new AbortController();
			const aborted = codeOf(client.connect("/socket", { signal: controller.signal }));
			setTimeout(() => controller.abort(), 20);
			const socket = new client.XMLSocket();
			const classSays = new Promise((resolve) => {
				socket.onConnect = resolve;
			});
			socket.connect("a b", port);
			return [
				await codeOf(client.connect("ws://127.0.0.1:1/")),
				await codeOf(client.connect("/socket", { connectTimeoutMs: 30 })),
				await aborted,
				await codeOf(client.connect(5 as never)),
				await classSays,
			];
		}, port);
		expect(results).toEqual([
			"XMLSOCKET_CONNECT_FAILED",
			"XMLSOCKET_CONNECT_TIMEOUT",
			"XMLSOCKET_ABORTED",
			"XMLSOCKET_ADDRESS_INVALID",
			false,
		]);
	});

	test.each<[string, (webSocket: WebSocket) => void, RegExp | undefined]>([
		["1000", (webSocket) => webSocket.close(1000), undefined],
		["1001", (webSocket) => webSocket.close(1001), undefined],
		["no code", (webSocket) => webSocket.close(), undefined],
		["1011", (webSocket) => webSocket.close(1011), /code 1011/],
		["a lost connection", (webSocket) => webSocket.terminate(), /code 1006/],
		["a text message with U+0000", (webSocket) => webSocket.send("a\0b"), /U\+0000/],
	])("the end by %s comes after the documents", async (_, end, message) => {
		serve = (webSocket) => {
			webSocket.send("last", () => end(webSocket));
		};
		const result = await page.evaluate(async () => {
			const connection = await client.connect("/socket");
			const texts: string[] = [];
			let error: { code: string; message: string } | undefined;
			try {
				for await (const document of connection) texts.push(document.text);
			} catch (thrown) {
				const { code, message } = thrown as { code: string; message: string };
				error = { code, message };
			}
			return { texts, error };
		});
		expect(result.texts).toEqual(["last"]);
		if (message) {
			expect(result.error).toMatchObject({
				code: "XMLSOCKET_CONNECTION_LOST",
				message: expect.stringMatching(message),
			});
		} else expect(result.error).toBeUndefined();
	});

	test("a slow reader loses nothing, also when the server has closed meanwhile", async () => {
		serve = (webSocket) => {
			for (let i = 0; i < 2000; i++) webSocket.send(Buffer.from(`${i}\0`));
			webSocket.close(1000);
		};
		const texts = await page.evaluate(async () => {
			const connection = await client.connect("/socket", { maxInboxDocuments: 2 });
			await new Promise((resolve) => setTimeout(resolve, 100));
			const got: string[] = [];
			for await (const document of connection) got.push(document.text);
			return got;
		});
		expect(texts).toEqual(Array.from({ length: 2000 }, (_, i) => String(i)));
	});

	test("a server that reads slowly fills a bounded outbox, and everything arrives in the end", async () => {
		serve = (webSocket) => {
			webSocket.pause();
			setTimeout(() => webSocket.resume(), 300);
		};
		const result = await page.evaluate(async () => {
			const connection = await client.connect("/socket", { maxOutboxBytes: 1024 * 1024 });
			const text = "x".repeat(99_999);
			let sent = 0;
			let refused = "";
			for (;;) {
				try {
					connection.send(text);
					sent++;
				} catch (error) {
					refused = (error as { code: string }).code;
					break;
				}
			}
			while (sent < 100) {
				await connection.drained();
				connection.send(text);
				sent++;
			}
			await connection.close();
			return { sent, refused };
		});
		expect(result).toEqual({ sent: 100, refused: "XMLSOCKET_OUTBOX_FULL" });
		const total = connections[0]!.received.reduce((bytes, message) => bytes + message.length, 0);
		expect(total).toBe(100 * 100_000);
	});

	test("it comes back after a loss, and sends what waited", async () => {
		serve = (webSocket) => {
			if (connections.length === 1) webSocket.terminate();
			else webSocket.on("message", () => webSocket.close(1000));
		};
		const result = await page.evaluate(async () => {
			const connection = await client.connect("/socket", { reconnect: { minDelayMs: 10, maxDelayMs: 20 } });
			const statuses: string[] = [];
			await new Promise<void>((resolve) => {
				connection.on("status", ({ type }) => {
					statuses.push(type);
					if (statuses.length === 1) connection.send("waited");
					if (type === "connected") resolve();
				});
			});
			await connection.close();
			return statuses;
		});
		expect(result).toEqual(["disconnected", "reconnecting", "connected", "closed"]);
		expect(Buffer.concat(connections[1]!.received).toString()).toBe("waited\0");
	});
});

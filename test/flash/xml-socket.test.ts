// What XMLSocket does in Ruffle, byte for byte: scripts of ActionScript 2 that are compiled here, against a bare WebSocket that
// keeps every byte and counts connections. The daemon's /socket and the gateway rest on these.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { movie } from "../../flash/swf.js";
import { chromiumPath } from "../browser/chromium.ts";
import { type Player, type Ruffle, startRuffle } from "./ruffle.ts";

describe.skipIf(!chromiumPath)("ActionScript 2's XMLSocket in Ruffle", () => {
	let ruffle: Ruffle;
	let webSockets: WebSocketServer;
	let port: number;
	/** What the peer does with each connection; set by each test. */
	let serve: (webSocket: WebSocket) => void;
	let connections: { received: Buffer[]; binary: boolean[]; ended: Promise<unknown> }[];
	const bytes = (): string => Buffer.concat(connections[0]!.received).toString();

	beforeAll(async () => {
		webSockets = new WebSocketServer({ port: 0, host: "localhost" });
		await once(webSockets, "listening");
		port = (webSockets.address() as AddressInfo).port;
		webSockets.on("connection", (webSocket) => {
			const connection = {
				received: [] as Buffer[],
				binary: [] as boolean[],
				ended: once(webSocket, "close").then(([code]) => code as number),
			};
			connections.push(connection);
			webSocket.on("message", (data: Buffer, isBinary) => {
				connection.received.push(data);
				connection.binary.push(isBinary);
			});
			serve(webSocket);
		});
		ruffle = await startRuffle();
	});
	afterAll(async () => {
		await ruffle?.close();
		webSockets?.close();
		for (const webSocket of webSockets?.clients ?? []) webSocket.terminate();
	});
	beforeEach(() => {
		connections = [];
		serve = () => {};
	});

	/** Plays a script that has a socket `s`, whose events it traces unless the script sets others. */
	function play(script: string): Promise<Player> {
		const source = `var s = new XMLSocket();
			s.onConnect = function (success) { trace("onConnect " + success); };
			s.onClose = function () { trace("onClose"); };
			${script}
			trace("connect " + s.connect("game.example", 6112));`;
		const proxy = { host: "game.example", port: 6112, proxyUrl: `ws://localhost:${port}/` };
		return ruffle.play(movie(source), [proxy]);
	}

	it("sends each document in one binary frame with its zero byte, on one connection, and asks for no policy file", async () => {
		const player = await play(`s.onConnect = function (success) {
			s.send(new XML("<root><item></item></root>"));
			s.send("text & more");
			s.send(9);
			s.send("");
			trace("sent");
		};`);
		await player.until((traces) => traces.includes("sent"));
		await expect.poll(bytes).toBe("<root><item /></root>\0text & more\x009\0\0");
		expect(connections[0]!.binary).toEqual([true, true, true, true]);
		await player.remove();
		expect(await connections[0]!.ended).toBe(1005);
		expect(connections).toHaveLength(1);
	});

	it("delivers what is sent right before close()", async () => {
		const player = await play(`s.onConnect = function (success) {
			s.send("<logout/>");
			s.close();
			trace("closed");
		};`);
		await player.until((traces) => traces.includes("closed"));
		await connections[0]?.ended;
		await expect.poll(() => connections.length).toBe(1);
		await connections[0]!.ended;
		expect(bytes()).toBe("<logout/>\0");
		expect(player.traces).toEqual(["connect true", "closed"]);
	});

	it("cuts at zero bytes wherever the frames are cut, and decodes characters after that", async () => {
		const stream = Buffer.from("<a>ż€😀</a>\0\0two\0three\0unfinished");
		serve = (webSocket) => {
			for (const byte of stream) webSocket.send(Buffer.from([byte]));
			webSocket.close(1000);
		};
		const player = await play(`s.onData = function (text) { trace("onData " + text); };`);
		await player.until((traces) => traces.includes("onClose"));
		expect(player.traces).toEqual([
			"connect true",
			"onConnect true",
			"onData <a>ż€😀</a>",
			"onData ",
			"onData two",
			"onData three",
			"onClose",
		]);
	});

	it("gets a document of 4 MiB whole before the close that follows it", async () => {
		const size = 4 * 1024 * 1024;
		serve = (webSocket) => {
			webSocket.send(Buffer.from(`<d>${"x".repeat(size)}</d>\0`));
			webSocket.close(1000);
		};
		const player = await play(`s.onData = function (text) { trace("onData " + text.length); };`);
		await player.until((traces) => traces.includes("onClose"));
		expect(player.traces).toEqual(["connect true", "onConnect true", `onData ${size + 7}`, "onClose"]);
	});

	it("hands malformed documents to onXML with their status, and does not go under", async () => {
		serve = (webSocket) => webSocket.send(Buffer.from("<a><b></a>\0<c d='1'/>\0"));
		const player = await play(`s.onXML = function (xml) {
			trace(xml.status != 0);
			if (xml.status == 0) trace(xml.firstChild.nodeName + " " + xml.firstChild.attributes.d);
		};`);
		await player.until((traces) => traces.includes("c 1"));
		expect(player.traces.slice(2)).toEqual(["true", "false", "c 1"]);
	});

	it("says onConnect(true) and then onClose where the other side is not there", async () => {
		serve = (webSocket) => webSocket.terminate();
		const player = await play("");
		await player.until((traces) => traces.includes("onClose"));
		expect(player.traces).toEqual(["connect true", "onConnect true", "onClose"]);
	});

	it("says onConnect(false) for a host that is spelled otherwise than in the proxy list, and the peer hears nothing", async () => {
		const source = `var s = new XMLSocket();
			s.onConnect = function (success) { trace("onConnect " + success); };
			trace("connect " + s.connect("GAME.example", 6112));`;
		const proxy = { host: "game.example", port: 6112, proxyUrl: `ws://localhost:${port}/` };
		const player = await ruffle.play(movie(source), [proxy]);
		await player.until((traces) => traces.includes("onConnect false"));
		expect(connections).toHaveLength(0);
	});
});

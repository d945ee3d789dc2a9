// The package as Node programs import it: the same client over TCP and over WebSockets of a real server.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { connect, XML, XMLSocket, xml } from "../../src/index.ts";
import { TestServer, until } from "./support.ts";

describe("over a WebSocket", () => {
	let server: WebSocketServer;
	let origin: string | undefined;
	let cookie: string | undefined;
	let path: string | undefined;

	beforeAll(async () => {
		server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
		await once(server, "listening");
		server.on("connection", (webSocket, request) => {
			origin = request.headers.origin;
			cookie = request.headers.cookie;
			path = request.url;
			// One document in two binary messages, and one as a text message.
			webSocket.send(Buffer.from("<wel"));
			webSocket.send(Buffer.from("come/>\0"));
			webSocket.send("<text/>");
			webSocket.on("message", (data) => webSocket.send(data, { binary: true }));
		});
	});
	afterAll(() => {
		for (const webSocket of server.clients) webSocket.terminate();
		server.close();
	});

	test("documents come whole from the first byte on, and go out with their zero byte", async () => {
		const { port } = server.address() as { port: number };
		const connection = await connect(`ws://127.0.0.1:${port}?token=a`, {
			origin: "https://chat.example",
			headers: { Cookie: "session=1" },
		});
		connection.send(xml`<say>${"a < b"}</say>`);
		const texts: string[] = [];
		for await (const document of connection) {
			texts.push(document.text);
			if (texts.length === 3) break;
		}
		expect(texts).toEqual(["<welcome/>", "<text/>", "<say>a &lt; b</say>"]);
		expect([origin, cookie]).toEqual(["https://chat.example", "session=1"]);
		expect(path).toBe("/socket?token=a");
		await connection.close();
		expect(connection.status).toEqual({ type: "closed" });
	});

	test("a flood waits for a slow reader, and none is lost", async () => {
		const { port } = server.address() as { port: number };
		const connection = await connect(`ws://127.0.0.1:${port}`, { maxInboxDocuments: 2 });
		const text = "z".repeat(10_000);
		for (let i = 0; i < 200; i++) {
			connection.send(text);
			await connection.drained();
		}
		let count = 0;
		for await (const document of connection) if (document.text === text && ++count === 200) break;
		expect(count).toBe(200);
		await connection.close();
	});
});

describe("over TCP", () => {
	test("the documented class and the client talk to the same server", async () => {
		const server = await TestServer.start((socket) => socket.on("data", (text) => socket.write(text)));
		const socket = new XMLSocket();
		const echoed: string[] = [];
		socket.onConnect = () => socket.send(new XML("<root><item></item></root>"));
		socket.onXML = (document) => void echoed.push(document.toString());
		expect(socket.connect("127.0.0.1", server.port)).toBe(true);
		await until(() => echoed.length === 1);
		expect(server.received[0]).toBe("<root><item /></root>\0");
		expect(echoed).toEqual(["<root><item /></root>"]);
		socket.close();
		const connection = await connect(server.address);
		const reply = await connection.request(xml`<who room=${"lobby"}/>`, {
			match: (document) => document.xml.firstChild?.nodeName === "who",
		});
		expect(reply.xml.firstChild?.attributes.room).toBe("lobby");
		await connection.close();
		await server.kill();
	});

	test("a program that waits to reconnect stays alive, and one that has closed ends by itself", async () => {
		const server = await TestServer.start();
		const program = `
			import { connect } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
			const connection = await connect("${server.address}", { reconnect: { minDelayMs: 200, maxDelayMs: 200, maxAttempts: 2 } });
			connection.on("status", ({ type }) => console.log(type));
			for await (const _ of connection);
		`;
		const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
		let out = "";
		child.stdout.on("data", (text) => {
			out += text;
		});
		await until(() => server.sockets.length === 1);
		await server.kill();
		const [code] = await once(child, "exit");
		expect(out.split("\n")).toEqual(["disconnected", "reconnecting", "reconnecting", "closed", ""]);
		// The loop threw the last error, and nobody caught it.
		expect(code).toBe(1);
	});
});

// Situations of programs that use the library: how people listen, wait, give up and make mistakes.

import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer as createTcpServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { connect, type ReceivedDocument, xml } from "../../src/index.ts";
import { type ConnectionServer, createServer } from "../../src/server/index.ts";

async function start(): Promise<{ readonly server: ConnectionServer; readonly address: string }> {
	const server = createServer({ port: 0 });
	await server.listen();
	onTestFinished(() => server.close({ graceMs: 0 }));
	return { server, address: `localhost:${server.port}` };
}

const texts = (documents: readonly ReceivedDocument[]): string[] => documents.map(({ text }) => text);

test("a server that looks a user up before it adds its listener gets the documents that came meanwhile", async () => {
	const { server, address } = await start();
	const received: ReceivedDocument[] = [];
	server.on("connection", async (connection) => {
		await wait(50);
		connection.on("document", (document) => received.push(document));
	});
	const client = await connect(address);
	client.send("<login/>");
	client.send("<move/>");
	await expect.poll(() => texts(received)).toEqual(["<login/>", "<move/>"]);
	await client.close();
});

test("a server that loops over a connection after a wait gets everything, also where the client has left already", async () => {
	const { server, address } = await start();
	const received: ReceivedDocument[] = [];
	server.on("connection", async (connection) => {
		await wait(50);
		for await (const document of connection) received.push(document);
	});
	const client = await connect(address);
	client.send("<login/>");
	client.send("<bye/>");
	await client.close();
	await expect.poll(() => texts(received)).toEqual(["<login/>", "<bye/>"]);
});

test("a client reads the greeting in one loop and the rest in another", async () => {
	const { server, address } = await start();
	server.on("connection", (connection) => {
		for (const text of ["<greeting/>", "<a/>", "<b/>"]) connection.send(text);
	});
	const client = await connect(address);
	const received: ReceivedDocument[] = [];
	for await (const document of client) {
		received.push(document);
		break;
	}
	for await (const document of client) {
		received.push(document);
		if (received.length === 3) break;
	}
	expect(texts(received)).toEqual(["<greeting/>", "<a/>", "<b/>"]);
	await client.close();
});

test("one AbortSignal for fifty connections and their requests causes no warning, and aborts them all", async () => {
	const { server, address } = await start();
	server.on("connection", (connection) => connection.on("document", () => {}));
	const warnings: Error[] = [];
	const warned = (warning: Error): void => void warnings.push(warning);
	process.on("warning", warned);
	onTestFinished(() => void process.off("warning", warned));
	const controller = new AbortController();
	const { signal } = controller;
	const clients = await Promise.all(Array.from({ length: 50 }, () => connect(address, { signal })));
	const requests = clients.map((client) => client.request(xml`<q id="1"/>`, { signal }).catch((error) => error));
	await wait(20);
	controller.abort(new Error("enough"));
	for (const error of await Promise.all(requests)) {
		expect(error).toMatchObject({ code: "XMLSOCKET_ABORTED", cause: new Error("enough") });
	}
	await expect(connect(address, { signal })).rejects.toMatchObject({ code: "XMLSOCKET_ABORTED" });
	expect(warnings).toEqual([]);
	await Promise.all(clients.map((client) => client.close()));
});

test("a program that waits again and again with one signal leaves nothing on the signal", async () => {
	const { server, address } = await start();
	server.on("connection", (connection) => connection.on("document", (document) => connection.send(document)));
	const { signal } = new AbortController();
	let listening = 0;
	const counted = Object.assign(Object.create(signal) as AbortSignal, {
		addEventListener: (): void => void listening++,
		removeEventListener: (): void => void listening--,
	});
	Object.defineProperty(counted, "aborted", { get: () => signal.aborted });
	const client = await connect(address);
	for (let round = 0; round < 20; round++) await client.request(xml`<q id=${round}/>`, { signal: counted });
	expect(listening).toBe(0);
	await client.close();
});

test("a mistyped event, or a listener that is not a function, is refused with the name that was meant", async () => {
	const { server, address } = await start();
	const connected = once(server as never, "connection");
	const client = await connect(address);
	client.send("<a/>");
	const [connection] = await connected;
	for (const end of [client, connection]) {
		expect(() => end.on("documnet" as never, () => {})).toThrow(/no event documnet; did you mean document\?/);
		expect(() => end.once("message" as never, () => {})).toThrow(/no event message; the events are document, close/);
		expect(() => end.on("document", undefined as never)).toThrow(/listener of document must be a function/);
	}
	await client.close();
});

test.each([
	["timeoutMs", "connectTimeoutMs"],
	["timeout", "connectTimeoutMs"],
	["pingInterval", "pingIntervalMs"],
	["retry", undefined],
])("the option %s, as other libraries name it, is refused with %s", async (name, meant) => {
	const refused = connect("localhost:9", { [name]: 5 } as never);
	const hint = meant === undefined ? "." : `; did you mean ${meant}?`;
	await expect(refused).rejects.toMatchObject({
		code: "XMLSOCKET_OPTION_UNKNOWN",
		message: `There is no option ${name}${hint}`,
	});
});

test.each(["http://localhost:9000", "tcp://localhost:9000", "rtmp://localhost/app"])(
	"the address %s is refused with the protocols that exist",
	async (address) => {
		await expect(connect(address)).rejects.toMatchObject({
			code: "XMLSOCKET_ADDRESS_INVALID",
			message: expect.stringMatching(/xmlsocket:\/\/, xmlsockets:\/\/, ws:\/\/ or wss:\/\//),
		});
	},
);

test("a peer that resets its connection ends nothing but the connection, without any listener", async () => {
	const peer = createTcpServer((socket) => setTimeout(() => socket.resetAndDestroy(), 10)).listen(0, "127.0.0.1");
	onTestFinished(() => void peer.close());
	await once(peer, "listening");
	const { port } = peer.address() as { port: number };
	const client = await connect(`127.0.0.1:${port}`);
	expect(await client.closed).toMatchObject({ by: "remote" });
	expect(() => client.send("<a/>")).toThrow(/is closed/);
	await Promise.all([client.close(), client.close()]);
});

test("a second server on a port that is in use is refused with the port, and the first goes on", async () => {
	const { server, address } = await start();
	await expect(createServer({ port: server.port }).listen()).rejects.toMatchObject({ code: "XMLSOCKET_PORT_IN_USE" });
	const client = await connect(address);
	expect(client.state).toBe("connected");
	await client.close();
});

test("a program in CommonJS loads every entry point with require()", () => {
	const require = createRequire(import.meta.url);
	const { exports } = require("../../package.json") as { exports: Record<string, { default: string } | string> };
	const entries = Object.values(exports).flatMap((entry) => (typeof entry === "string" ? [] : [entry.default]));
	const inNode = entries.filter((file) => !file.includes("/browser/"));
	expect(inNode.length).toBeGreaterThan(10);
	for (const file of inNode) expect(Object.keys(require(`../../${file}`))).not.toEqual([]);
});

test("connect() with a host and a port, an object or a URL says how to write the address", async () => {
	const call = connect as (...values: unknown[]) => Promise<unknown>;
	await expect(call("localhost", 9000)).rejects.toThrow('connect("localhost:9000")');
	await expect(call("localhost", "9000")).rejects.toThrow('connect("localhost:9000")');
	await expect(call({ host: "game.example", port: 9339 })).rejects.toThrow('for example "game.example:9339"');
	await expect(call(new URL("xmlsocket://game.example:9339"))).rejects.toThrow('"xmlsocket://game.example:9339"');
});

test.each([
	[
		"ends its answer with a line, and waits",
		(socket: Socket): void => void socket.write("<ok/>\n"),
		"but 6 bytes without a terminator came",
	],
	[
		"puts a length in front of its answer",
		(socket: Socket): void => void socket.write("\0\x05<ok/>"),
		"but 6 bytes without a terminator came",
	],
	[
		"ends its answer with the connection",
		(socket: Socket): void => void socket.end("<ok/>"),
		"closed the connection, 5 bytes after its last terminator",
	],
	[
		"is a web server",
		(socket: Socket): void => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"closed the connection, 28 bytes after",
	],
	["waits too", (): void => {}, "No document answered the request within 100 ms."],
] as const)("request() to a server that %s says what came", async (_situation, answer, words) => {
	const peer = createTcpServer((socket) => socket.on("error", () => {}).once("data", () => answer(socket)));
	onTestFinished(() => void peer.close());
	await once(peer.listen(0, "127.0.0.1"), "listening");
	const client = await connect(`127.0.0.1:${(peer.address() as { port: number }).port}`);
	await expect(client.request("<ask/>", { match: () => true, timeoutMs: 100 })).rejects.toThrow(words);
	await client.close();
});

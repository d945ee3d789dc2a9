import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createGateway } from "../../src/gateway/index.ts";
import { createChat, createServer } from "../../src/server/index.ts";
import { RawClient } from "../server/peers.ts";
import { closeAll, Page, startGateway, TcpTarget, until } from "./peers.ts";

afterEach(closeAll);

/** The status of a WebSocket that is not accepted. */
function refusal(url: string, headers: Record<string, string> = {}): Promise<number | undefined> {
	const { socket } = new Page(url, { headers });
	return new Promise((resolve) => {
		socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
		socket.on("open", () => resolve(101));
	});
}

describe("the gateway's paths", () => {
	it("reach a target by its name, and by exactly its host and port", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.write("hi"));
		const { page: open, log } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		for (const path of ["/gateway/chat", `/gateway?host=127.0.0.1&port=${target.port}`]) {
			const page = open(path);
			await until(() => page.bytes.toString() === "hi");
		}
		expect(log.lines.filter(({ level }) => level === "warn")).toEqual([]);
	});

	it("reach nothing else", async () => {
		const target = await TcpTarget.start();
		const { url, log } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const { port } = target;
		for (const [path, status] of [
			["/gateway/other", 404],
			["/gateway/", 404],
			["/gateway/chat/", 404],
			["/gateway/%", 404],
			["/gateway/constructor", 404],
			["/gateway", 403],
			["/gateway?host=127.0.0.1", 403],
			[`/gateway?host=localhost&port=${port}`, 403],
			[`/gateway?host=127.0.0.2&port=${port}`, 403],
			[`/gateway?host=127.1&port=${port}`, 403],
			[`/gateway?host=2130706433&port=${port}`, 403],
			[`/gateway?host=127.0.0.1%00&port=${port}`, 403],
			[`/gateway?host=127.0.0.1.&port=${port}`, 403],
			[`/gateway?host=[::ffff:127.0.0.1]&port=${port}`, 403],
			[`/gateway?host=127.0.0.1&port=${port + 1}`, 403],
			[`/gateway?host=127.0.0.1&port=0${port}`, 403],
			[`/gateway?host=127.0.0.1&port=${port}.0`, 403],
			["/gatewayx", 404],
			["/socket", 404],
		] as const) {
			expect(await refusal(`${url}${path}`), path).toBe(status);
		}
		expect(target.connections.length).toBe(0);
		expect(log.lines.some(({ facts }) => facts.code === "XMLSOCKET_TARGET_NOT_ALLOWED")).toBe(true);
	});

	it("are for pages of allowed origins only", async () => {
		const target = await TcpTarget.start();
		const { url } = await startGateway(
			{ targets: [`chat=127.0.0.1:${target.port}`] },
			{ origin: ["https://games.example.com", "https://*.archive.example"] },
		);
		for (const [origin, status] of [
			["https://games.example.com", 101],
			["https://a.archive.example", 101],
			["https://evil.example", 403],
			["https://archive.example.evil.example", 403],
			["http://games.example.com", 403],
			["https://games.example.com:444", 403],
			["null", 403],
		] as const) {
			expect(await refusal(`${url}/gateway/chat`, { origin }), origin).toBe(status);
		}
	});

	it("answer a plain request with 426, and close a raw connection", async () => {
		const { server } = await startGateway({ targets: ["chat=127.0.0.1:1025"] });
		const http = RawClient.tcp(server.port);
		http.send("GET /gateway/chat HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
		await http.closed;
		expect(http.text).toMatch(/^HTTP\/1\.1 426 /);
		const raw = RawClient.tcp(server.port);
		raw.send("<hello/>\0");
		await raw.closed;
		expect(raw.text).toBe("");
	});

	it("work together with a chat on one port", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.write("from the target"));
		const gateway = createGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const server = await createServer({ port: 0, application: createChat(), routes: [gateway] }).listen();
		const page = new Page(`ws://127.0.0.1:${server.port}/gateway/chat`);
		await until(() => page.bytes.toString() === "from the target");
		const room = new Page(`ws://127.0.0.1:${server.port}/socket`);
		await until(() => room.bytes.toString().startsWith("<welcome"));
		await server.close({ graceMs: 500 });
	});

	it("count against the limit of one address, also behind a listed proxy", async () => {
		const target = await TcpTarget.start();
		const { url, log } = await startGateway(
			{ targets: [`chat=127.0.0.1:${target.port}`] },
			{ trustProxy: ["127.0.0.1"], maxConnectionsPerAddress: 2, connectsPerSecondPerAddress: 100 },
		);
		const from = (address: string): Record<string, string> => ({ "x-forwarded-for": address });
		expect(await refusal(`${url}/gateway/chat`, from("203.0.113.5"))).toBe(101);
		expect(await refusal(`${url}/gateway/chat`, from("203.0.113.5"))).toBe(101);
		expect(await refusal(`${url}/gateway/chat`, from("203.0.113.5"))).toBe(429);
		expect(await refusal(`${url}/gateway/chat`, from("9.9.9.9, 203.0.113.5"))).toBe(429);
		expect(await refusal(`${url}/gateway/chat`, from("203.0.113.6"))).toBe(101);
		expect(log.lines.some(({ facts }) => facts.reason === "too-many-from-address")).toBe(true);
	});
});

describe("the gateway's options", () => {
	it.each([
		[{ targets: ["nonsense"] }, "XMLSOCKET_TARGET_INVALID"],
		[{ targets: ["a=x:1", "a=y:1"] }, "XMLSOCKET_TARGET_INVALID"],
		[{ targets: ["a=x:1?encoding=utf-16"] }, "XMLSOCKET_OPTION_INVALID"],
		[{ encoding: "klingon", targets: ["a=x:1"] }, "XMLSOCKET_OPTION_INVALID"],
		[{ dialTimeout: 5 }, "XMLSOCKET_OPTION_UNKNOWN"],
		[{ dialTimeoutMs: 2 ** 31 }, "XMLSOCKET_OPTION_INVALID"],
	])("%j are refused with %s", (options, code) => {
		expect(() => createGateway(options as object)).toThrow(expect.objectContaining({ code }));
	});

	it("give each target a name and a path, for the configuration of a page", () => {
		const gateway = createGateway({ targets: ["chat=localhost:9339", "game.example.com:5000"] });
		expect(gateway.targets.map(({ name, host, port, path }) => ({ name, host, port, path }))).toEqual([
			{ name: "chat", host: "localhost", port: 9339, path: "/gateway/chat" },
			{ name: "game.example.com:5000", host: "game.example.com", port: 5000, path: "/gateway/game.example.com:5000" },
		]);
	});
});

describe("learning targets", () => {
	let folder: string;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), "xmlsocket learn "));
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	it("records each refused host and port once, in a file that works as configuration", async () => {
		const file = join(folder, "learned.json");
		const { url, log } = await startGateway({ targets: ["chat=localhost:9339"], learn: file });
		for (const query of [
			"host=game.example.com&port=5000",
			"host=GAME.example.com&port=5000",
			"host=127.0.0.1&port=9339",
			"host=[::1]&port=9339",
			"host=game.example.com&port=0",
			"host=a%00b&port=5000",
			"host=127.1&port=5000",
			"host=0.0.0.0&port=5000",
			"host=%3Cscript%3E&port=5000",
		]) {
			expect(await refusal(`${url}/gateway?${query}`)).toBe(403);
		}
		expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
			targets: ["chat=localhost:9339", "game.example.com:5000", "127.0.0.1:9339", "[::1]:9339"],
		});
		expect(log.lines.filter(({ words }) => words.startsWith("recorded")).length).toBe(3);
		createGateway(JSON.parse(readFileSync(file, "utf8")));
	});

	it("keeps the other contents of the file, and allows nothing by itself", async () => {
		const file = join(folder, "kept.json");
		writeFileSync(file, JSON.stringify({ origin: ["https://a.example"], targets: ["old.example:1"] }));
		const { url } = await startGateway({ learn: file });
		for (let i = 0; i < 2; i++) expect(await refusal(`${url}/gateway?host=new.example&port=2`)).toBe(403);
		expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
			origin: ["https://a.example"],
			targets: ["old.example:1", "new.example:2"],
		});
	});

	it("records at most 256 targets, and refuses a file that is not a configuration", async () => {
		const file = join(folder, "many.json");
		const { server } = await startGateway({ learn: file });
		const ask = (port: number): string =>
			`GET /gateway?host=x.example&port=${port} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
		for (let port = 1; port <= 260; port++) {
			const client = RawClient.tcp(server.port);
			client.send(ask(port));
			await client.closed;
		}
		expect((JSON.parse(readFileSync(file, "utf8")) as { targets: string[] }).targets.length).toBe(256);
		writeFileSync(file, "[]");
		expect(() => createGateway({ learn: file })).toThrow(
			expect.objectContaining({ code: "XMLSOCKET_CONFIG_UNREADABLE" }),
		);
	});
});

it("both calls of drain() end when the second one ends the bridges at once", async () => {
	const target = await TcpTarget.start();
	const { gateway, page: open } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
	const page = open("/gateway/chat");
	await until(() => target.connections.length === 1);
	// The page does not answer the close frame, so that only the second call ends the bridge.
	page.socket.pause();
	const first = gateway.drain(60_000);
	const second = gateway.drain(0);
	await Promise.all([first, second]);
	expect(gateway.open).toBe(0);
});

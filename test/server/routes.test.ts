import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { createServer, type HttpRoutes, type Server, type ServerOptions } from "../../src/server/index.ts";
import { echo, RawClient, recordingLog } from "./peers.ts";

const servers: Server[] = [];
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
});

async function start(routes: HttpRoutes[], options: ServerOptions = {}): Promise<Server> {
	const server = createServer({ port: 0, ...options, application: echo(), log: recordingLog(), routes });
	servers.push(server);
	return server.listen();
}

const request = (path: string, headers = ""): string =>
	`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`;
const upgrade = (path: string, headers = ""): string =>
	`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;

/** Routes that handle `/mine` and record what they were asked. */
function mine(): HttpRoutes & { asked: string[]; sockets: Duplex[]; drained: number[] } {
	const asked: string[] = [];
	const sockets: Duplex[] = [];
	const drained: number[] = [];
	return {
		asked,
		sockets,
		drained,
		request(_request, response, url) {
			asked.push(url.pathname);
			if (url.pathname !== "/mine") return false;
			response.end(`mine ${url.searchParams.get("q")}`);
			return true;
		},
		upgrade(incoming, socket, head, url, clientAddress) {
			asked.push(`upgrade ${url.pathname} ${clientAddress}`);
			if (url.pathname !== "/mine") return false;
			expect(head.length).toBe(0);
			sockets.push(socket);
			const accept = createHash("sha1")
				.update(`${incoming.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
				.digest("base64");
			socket.write(`HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
			return true;
		},
		async drain(graceMs) {
			drained.push(graceMs);
			for (const socket of sockets) socket.end("bye");
		},
		stats: () => ({ mine_open: sockets.length }),
		counts: [{ name: "xmlsocket_mine_total", help: "mine", label: "of", values: new Map([["this", 3]]) }],
	};
}

async function ask(server: Server, text: string): Promise<string> {
	const client = RawClient.tcp(server.port);
	client.send(text);
	await client.closed;
	return client.text;
}

describe("further routes of the HTTP side", () => {
	it("answer their own paths, after the daemon's own paths", async () => {
		const routes = mine();
		const server = await start([{}, routes]);
		expect(await ask(server, request("/mine?q=7"))).toMatch(/ 200 OK[\s\S]*mine 7/);
		expect(await ask(server, request("/other"))).toMatch(/ 404 /);
		expect(await ask(server, request("/healthz"))).toMatch(/ok\n$/);
		expect(await ask(server, request("/mine").replace("localhost", "evil.example"))).toMatch(/ 421 /);
		expect(routes.asked).toEqual(["/mine", "/other"]);
	});

	it("answer forms and other methods, and are told whether a page of another site sends them", async () => {
		const server = await start([
			{},
			{
				otherMethods(incoming, response, url, { isForeign }) {
					if (url.pathname !== "/form") return false;
					let body = "";
					incoming.on("data", (chunk) => {
						body += String(chunk);
					});
					incoming.on("end", () => response.end(`${incoming.method} ${body} ${isForeign}`));
					return true;
				},
			},
		]);
		const post = (path: string, headers = ""): string =>
			`${request(path, `Content-Length: 3\r\n${headers}`).replace("GET", "POST")}a=1`;
		expect(await ask(server, post("/form"))).toMatch(/ 200 OK[\s\S]*POST a=1 false$/);
		expect(await ask(server, post("/form", "Origin: https://evil.example\r\n"))).toMatch(/POST a=1 true$/);
		expect(await ask(server, post("/form").replace("localhost", "evil.example"))).toMatch(/ 421 /);
		expect(await ask(server, post("/other"))).toMatch(/ 405 /);
		expect(await ask(server, request("/form"))).toMatch(/ 404 /);
		expect(await ask(server, request("/form").replace("GET", "OPTIONS"))).toMatch(/ 204 /);
	});

	it("take over upgrades once Host and Origin are checked, and the others are answered 404", async () => {
		const routes = mine();
		const server = await start([routes]);
		expect(await ask(server, upgrade("/other"))).toMatch(/ 404 /);
		expect(await ask(server, upgrade("/mine", "Origin: https://evil.example\r\n"))).toMatch(/ 403 /);
		expect(await ask(server, upgrade("/mine").replace("localhost", "evil.example"))).toMatch(/ 421 /);
		const client = RawClient.tcp(server.port);
		client.send(upgrade("/mine", "Origin: http://localhost\r\n"));
		await client.until((text) => text.includes(" 101 "));
		expect(routes.asked).toEqual(["upgrade /other 127.0.0.1", "upgrade /mine 127.0.0.1"]);
		client.socket.destroy();
	});

	it("are notified of the drain, which waits for their sockets and their promise", async () => {
		const routes = mine();
		let done = false;
		const server = await start([
			routes,
			{
				drain: async () => {
					await new Promise((resolve) => setTimeout(resolve, 150));
					done = true;
				},
			},
		]);
		const client = RawClient.tcp(server.port);
		client.send(upgrade("/mine"));
		await client.until((text) => text.includes(" 101 "));
		await server.close({ graceMs: 5000 });
		expect(done).toBe(true);
		expect(client.text).toMatch(/bye$/);
		expect(routes.drained).toEqual([5000]);
	});

	it("are notified to end at once by a second stop, and their sockets do not outlive it", async () => {
		const drained: number[] = [];
		const routes: HttpRoutes = {
			...mine(),
			drain: (graceMs) => {
				drained.push(graceMs);
				return new Promise(() => {});
			},
		};
		const server = await start([routes]);
		const client = RawClient.tcp(server.port);
		client.send(upgrade("/mine"));
		await client.until((text) => text.includes(" 101 "));
		const closing = server.close({ graceMs: 60_000 });
		await server.close({ graceMs: 0 });
		await client.closed;
		expect(drained).toEqual([60_000, 0]);
		await closing;
	});

	it("count against the server's limits, and show their numbers among its metrics", async () => {
		const routes = mine();
		const server = await start([routes], { maxConnections: 2 });
		const client = RawClient.tcp(server.port);
		client.send(upgrade("/mine"));
		await client.until((text) => text.includes(" 101 "));
		const page = await ask(server, request("/metrics"));
		expect(page).toContain("xmlsocket_connections 2");
		expect(page).toContain("xmlsocket_mine_open 1");
		expect(page).toContain('xmlsocket_mine_total{of="this"} 3');
		const second = RawClient.tcp(server.port);
		second.send(upgrade("/mine"));
		await second.until((text) => text.includes(" 101 "));
		expect(await ask(server, request("/mine"))).toMatch(/^HTTP\/1\.1 503 /);
		client.socket.destroy();
		second.socket.destroy();
	});

	it("answers 400 where the address of a request is none, also of an upgrade", async () => {
		const server = await start([mine()]);
		expect(await ask(server, request("http://localhost:99999/"))).toMatch(/ 400 /);
		expect(await ask(server, upgrade("http://localhost:99999/"))).toMatch(/ 400 /);
		expect(await ask(server, upgrade("http://[/"))).toMatch(/ 400 /);
		expect(await ask(server, request("/healthz"))).toMatch(/ok\n$/);
	});
});

// Situations from the field: the daemon behind proxies and load balancers, with a real nginx in front where one is needed.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ruffleRoutes } from "../../src/gateway/ruffle-package.ts";
import { SiteRoutes } from "../../src/gateway/site/site-routes.ts";
import { createServer, noDocuments, type Server, silentLogger } from "../../src/server/index.ts";
import { RawClient } from "../server/peers.ts";
import { hasNginx, type Nginx, startNginx, WEBSOCKET_HEADERS } from "./nginx.ts";
import { ask, askUpgrade, closeServers, refusals, startChat } from "./web-server.ts";

const proxies: Nginx[] = [];
const others: Server[] = [];
const folders: string[] = [];
afterEach(async () => {
	await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
	await Promise.all(others.splice(0).map((server) => server.close({ graceMs: 0 })));
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
	await closeServers();
});

async function proxy(server: string, http?: string): Promise<number> {
	const started = await startNginx(server, http);
	proxies.push(started);
	return started.port;
}

/** A site with a page at its root and one in a folder. */
async function startSite(): Promise<number> {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket site "));
	folders.push(folder);
	mkdirSync(join(folder, "deep"));
	for (const name of ["index.html", "deep/index.html"])
		writeFileSync(join(folder, name), "<head></head><embed src=a.swf>");
	const site = new SiteRoutes({
		folder,
		inject: true,
		ruffle: ruffleRoutes(),
		targets: () => [],
		reports: false,
		forOtherSites: false,
		log: silentLogger,
	});
	const server = createServer({ port: 0, application: noDocuments, routes: [site] });
	others.push(server);
	await server.listen();
	return server.port;
}

/** Every script of a page, loaded as a browser does. */
async function scriptsOf(address: string): Promise<number[]> {
	const page = await fetch(address);
	const found = [...(await page.text()).matchAll(/<script src="([^"]*)"/g)].map(([, src]) => new URL(src!, page.url));
	expect(found).not.toHaveLength(0);
	return await Promise.all(found.map(async (url) => (await fetch(url)).status));
}

describe.skipIf(!hasNginx())("behind nginx", () => {
	it("a site below a path that the proxy removes: injected scripts, Ruffle's files and redirects stay below it", async () => {
		const at = await startSite();
		const port = await proxy(`location /games/ { proxy_pass http://127.0.0.1:${at}/; ${WEBSOCKET_HEADERS} }`);
		const base = `http://localhost:${port}/games/`;
		expect(await scriptsOf(base)).toEqual([200, 200]);
		expect(await scriptsOf(`${base}deep/`)).toEqual([200, 200]);
		const redirected = await fetch(`${base}deep`);
		expect([redirected.status, redirected.url]).toEqual([200, `${base}deep/`]);
	});

	it.each([
		["that the proxy removes", "/", "/"],
		["that the proxy passes on", "", "/chat/"],
	])("the daemon's WebSocket below a path %s", async (_situation, slash, basePath) => {
		const { port: at } = await startChat({ basePath });
		const port = await proxy(`location /chat/ { proxy_pass http://127.0.0.1:${at}${slash}; ${WEBSOCKET_HEADERS} }`);
		const socket = new WebSocket(`ws://localhost:${port}/chat/socket`, { origin: `http://localhost:${port}` });
		const first = await new Promise((resolve, reject) => {
			socket.once("message", (data) => resolve(String(data)));
			socket.once("error", reject);
		});
		expect(first).toContain("<welcome ");
		socket.terminate();
		expect((await ask(port, "/chat/healthz", { headers: { Host: "localhost" } })).body).toBe("ok\n");
	});

	it("that names its upstream in the Host header: the answer and the log say so", async () => {
		const { port: at, log } = await startChat();
		const port = await proxy(
			"location / { proxy_pass http://chatservers; }",
			`upstream chatservers { server 127.0.0.1:${at}; }`,
		);
		const answer = await ask(port, "/");
		expect(answer.status).toBe(421);
		expect(answer.body).toMatch(/"chatservers".*pass the client's Host header/);
		expect(refusals(log)[0]).toMatchObject({ reason: "foreign-host", hostHeader: "chatservers" });
	});

	it("without the headers of an upgrade, as nginx is without further lines: the answer and the log name them", async () => {
		const { port: at, log } = await startChat();
		const port = await proxy(`location / { proxy_pass http://127.0.0.1:${at}; }`);
		const answer = await askUpgrade(port, "/socket");
		expect(answer.status).toBe(426);
		expect(answer.body).toMatch(/Upgrade and Connection/);
		expect(refusals(log)[0]).toMatchObject({ reason: "upgrade-required", hint: expect.stringContaining("Upgrade") });
	});

	it("that reaches the daemon over IPv6, for a page over IPv6", async () => {
		const { port: at } = await startChat();
		const port = await proxy(`location / { proxy_pass http://[::1]:${at}; ${WEBSOCKET_HEADERS} }`);
		const headers = { Host: `[::1]:${port}`, Origin: `http://[::1]:${port}` };
		expect((await askUpgrade(port, "/socket", headers, "::1")).status).toBe(101);
	});

	it("that writes the client's port into X-Forwarded-For: each client still counts once", async () => {
		const { port: at } = await startChat({
			trustProxy: ["127.0.0.1"],
			connectsPerSecondPerAddress: 1,
			maxConnectionsPerAddress: 100,
		});
		const headers = WEBSOCKET_HEADERS.replace("$remote_addr", "203.0.113.9:$remote_port");
		const port = await proxy(`location / { proxy_pass http://127.0.0.1:${at}; ${headers} }`);
		const statuses: number[] = [];
		for (let n = 0; n < 3; n++) statuses.push((await askUpgrade(port, "/socket")).status);
		expect(statuses).toEqual([101, 101, 429]);
	});
});

describe("a load balancer or a client", () => {
	it.each([
		[
			"offers HTTP/2 with each request, as some HTTP clients do",
			"GET",
			{ Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__" },
			200,
		],
		["asks with HEAD", "HEAD", {}, 200],
		["asks with OPTIONS, as some do by default", "OPTIONS", {}, 204],
	])("%s, and gets the answer", async (_situation, method, headers, status) => {
		const { port } = await startChat();
		expect((await ask(port, "/healthz", { method, headers: headers as Record<string, string> })).status).toBe(status);
	});

	it("begins with HTTP/2 on the plain port, and is refused as HTTP instead of joining the chat", async () => {
		const { port, log } = await startChat();
		const client = RawClient.tcp(port);
		client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
		await client.closed;
		expect(client.text).toMatch(/^HTTP\/1\.1 505 /);
		expect(refusals(log)[0]).toMatchObject({ reason: "http-version" });
	});

	it.each(["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "CF-Connecting-IP", "X-Forwarded-Proto"])(
		"forwards a request for the metrics with %s, and they stay private",
		async (header) => {
			const { port } = await startChat();
			expect((await ask(port, "/metrics", { headers: { [header]: "192.0.2.1" } })).status).toBe(403);
		},
	);

	it("adds a slash to the address of the Flash client: the daemon leads back to the page", async () => {
		const folder = mkdtempSync(join(tmpdir(), "xmlsocket pages "));
		folders.push(folder);
		writeFileSync(join(folder, "flash.html"), "<title>x</title>");
		const server = createServer({ port: 0, application: noDocuments, pageFolder: folder, flashPages: ["/flash"] });
		others.push(server);
		await server.listen();
		const answer = await ask(server.port, "/flash/");
		expect([answer.status, new URL(String(answer.headers.location), "http://localhost/flash/").pathname]).toEqual([
			301,
			"/flash",
		]);
	});

	it("adds a path to the address without a slash: the daemon leads to the page below it", async () => {
		const { port } = await startChat({ basePath: "/chat/" });
		const answer = await ask(port, "/chat?x=1");
		expect([answer.status, answer.headers.location]).toEqual([301, "./chat/?x=1"]);
	});
});

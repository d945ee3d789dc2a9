// `run --workers` and `serve --app --workers`: each application runs in one of several processes, driven from outside by clients and signals.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.ts";
import { RawClient } from "../server/peers.ts";
import { type Daemon, makeCertificate, startDaemon } from "./daemon.ts";
import { metricsOf, workersOf } from "./workers.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket-worker-applications-"));
const application = (name: string): string => {
	mkdirSync(join(folder, name), { recursive: true });
	writeFileSync(
		join(folder, name, "main.asc"),
		`application.onConnect = function (client, name) { client.name = name; return true; };
Client.prototype.say = function (doc) {
	var said = new XMLNode(1, "said");
	said.attributes.at = application.name;
	said.attributes.from = this.name;
	said.attributes.n = doc.firstChild.attributes.n;
	said.attributes.of = application.clients.length;
	application.broadcastMsg("said", said);
};
Client.prototype.add = function (a, b) { return a + b; };
application.onAppStop = function () { application.broadcastMsg("closing"); };`,
	);
	return join(folder, name);
};
const CONNECT = (app: string, name: string): string => `<connect app="${app}"><string>${name}</string></connect>\0`;

let daemon: Daemon;
const clients: RawClient[] = [];
const pages: Connection[] = [];
const dial = (first = "", kind: "tcp" | "tls" = "tcp"): RawClient => {
	const client = RawClient[kind](daemon.port);
	clients.push(client);
	if (first !== "") client.send(first);
	return client;
};
const said = (client: RawClient): string[] => client.documents.filter((text) => text.startsWith("<said"));

afterEach(async () => {
	for (const { socket } of clients.splice(0)) socket.destroy();
	for (const page of pages.splice(0)) await page.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// The tests share one daemon, in this order.
describe("two applications in two workers", () => {
	beforeAll(async () => {
		const { cert, key } = makeCertificate(folder);
		const flags = ["--workers", "2", "--tls-cert", cert, "--tls-key", key];
		daemon = await startDaemon([...flags, application("hall"), application("shop")], {}, "run");
	});
	afterAll(async () => {
		await daemon.stop("SIGKILL");
	});

	// nodejs/node issue 8353: what was read before a socket is given to another process is lost there. websockets/ws issue 476: a broadcast
	// reaches the clients of one process only.
	it("are one application each: every client gets every message once and in order, over TCP, TLS and WebSocket, also those of its first packet", async () => {
		const say = (from: number, to: number): string =>
			Array.from({ length: to - from }, (_, at) => `<say n="${from + at}"/>\0`).join("");
		const all = [
			dial(CONNECT("shop", "ann")),
			dial(CONNECT("shop", "bob")),
			dial(CONNECT("shop", "tom"), "tls"),
			dial(CONNECT("shop", "tim"), "tls"),
		];
		for (const client of all) await client.until((text) => text.includes("Connect.Success"));
		const page = await connect(`ws://localhost:${daemon.port}/socket`);
		pages.push(page);
		const read: string[] = [];
		page.on("document", ({ text }) => void read.push(text));
		page.send('<connect app="shop"><string>eve</string></connect>');
		await expect.poll(() => read.length).toBe(1);
		const late = dial(`${CONNECT("shop", "zoe")}${say(0, 50)}`);
		await late.until((text) => text.includes("Connect.Success"));
		all.push(late);
		for (const client of all.slice(0, 4)) client.send(say(0, 50));
		for (const client of all) {
			await client.until(() => said(client).length === 250);
			for (const name of ["ann", "bob", "tom", "tim", "zoe"]) {
				const own = said(client).filter((text) => text.includes(`from="${name}"`));
				expect(own.map((text) => / n="(\d+)"/.exec(text)![1])).toEqual(Array.from({ length: 50 }, (_, n) => String(n)));
			}
			expect(said(client).every((text) => text.includes('at="shop/_definst_"'))).toBe(true);
		}
		expect(said(late).filter((text) => text.includes('from="zoe"') && text.includes('of="6"'))).toHaveLength(50);
		await expect.poll(() => read.filter((text) => text.startsWith("<said")).length).toBe(250);
		late.send('<call name="add" id="1"><number>1</number><number>2</number></call>\0');
		await late.until((text) => text.includes('<result id="1"><number>3</number></result>'));
		expect((await metricsOf(daemon)).get("xmlsocket_asc_clients")).toBe(6);
		expect((await metricsOf(daemon)).get("xmlsocket_forwarded_clients")).toBe(3);
	});

	it("give a client without a name to the first one, and refuse a name that nobody has, at every worker", async () => {
		for (let at = 0; at < 4; at++) {
			const client = dial('<say n="1"/>\0');
			await client.until((text) => text.includes('at="hall/_definst_"'));
			const stray = dial('<connect app="cellar"/>\0');
			await stray.until((text) => text.includes("NetConnection.Connect.InvalidApp"));
		}
	});

	it("disconnect the clients of an application whose worker is killed, wherever they are, and serve them again in its replacement", async () => {
		const shop = ["a", "b", "c", "d"].map((name) => dial(CONNECT("shop", name)));
		for (const client of shop) await client.until((text) => text.includes("Connect.Success"));
		const hall = ["a", "b", "c", "d"].map((name) => dial(CONNECT("hall", name)));
		for (const client of hall) await client.until((text) => text.includes("Connect.Success"));
		const before = workersOf(daemon);
		process.kill(before[1]!, "SIGKILL");
		for (const client of shop) await client.closed;
		// Those at the other worker are told, and the clients of the other application stay there.
		expect(shop.filter(({ text }) => text.includes("NetConnection.Connect.AppShutdown"))).not.toEqual([]);
		expect(hall.filter(({ socket }) => !socket.destroyed)).not.toEqual([]);
		const again = ["e", "f", "g", "h"].map((name) => dial(CONNECT("shop", name)));
		for (const client of again) await client.until((text) => text.includes("Connect.Success"));
		again[0]!.send('<say n="7"/>\0');
		for (const client of again) await client.until((text) => /<said of="4" n="7"/.test(text));
		expect(daemon.log()).toContain("the process of the application shop has ended");
		expect(daemon.log()).toContain("the application shop runs again in another process");
		expect(workersOf(daemon)[0]).toBe(before[0]);
	});

	it("send what onAppStop sends to the clients of all workers at SIGTERM, then end with exit code 0", async () => {
		const all = ["hall", "shop", "hall", "shop"].flatMap((app) => [dial(CONNECT(app, "x")), dial(CONNECT(app, "y"))]);
		for (const client of all) await client.until((text) => text.includes("Connect.Success"));
		const pids = workersOf(daemon);
		for (const pid of [...pids, daemon.process.pid!]) process.kill(pid, "SIGTERM");
		for (const client of all) {
			await client.closed;
			expect(client.text).toContain('<call name="closing"');
			expect(client.text).toContain("NetConnection.Connect.AppShutdown");
		}
		expect(await daemon.stop("SIGCONT")).toBe(0);
	});
});

describe("a module in two workers", () => {
	const module = join(folder, "game.mjs");
	beforeAll(async () => {
		writeFileSync(
			module,
			`const peers = new Set();
export default {
	output: "text",
	open(peer, handshake) {
		peers.add(peer);
		peer.send(\`<hi transport="\${peer.transport}" url="\${handshake.url}" pid="\${process.pid}"/>\`);
		return {
			document(text) {
				if (text === "<crash/>") setTimeout(() => { throw new Error("no luck"); });
				else if (text === "<flood/>") for (let at = 0; at < 400; at++) peer.send("<x>" + "y".repeat(65536) + "</x>");
				else for (const each of peers) each.send(text);
			},
			async ended() {
				await new Promise((resolve) => setTimeout(resolve, 50));
				peer.send("<last/>");
			},
			closed() { peers.delete(peer); },
		};
	},
	stats: () => ({ game_players: peers.size }),
	drain() { for (const peer of peers) peer.send("<bye/>"); },
};
`,
		);
		daemon = await startDaemon(["--workers", "2", "--app", module]);
	});
	afterAll(async () => {
		await daemon.stop("SIGKILL");
	});

	it("runs once: it knows how each client is connected, and sends to all; a client that ends its direction gets its last answer", async () => {
		const all = [dial("<one/>\0"), dial("<two/>\0"), dial("<three/>\0"), dial("<four/>\0")];
		for (const client of all) await client.until((text) => text.includes("<hi"));
		const page = await connect(`ws://localhost:${daemon.port}/socket?seat=7`);
		pages.push(page);
		const greetings: string[] = [];
		page.on("document", ({ text }) => void greetings.push(text));
		await expect.poll(() => greetings.length).toBeGreaterThan(0);
		expect(greetings[0]).toContain('transport="websocket" url="/socket?seat=7"');
		const pids = new Set(all.map(({ text }) => / pid="(\d+)"/.exec(text)![1]));
		expect([...pids]).toEqual([String(workersOf(daemon)[0])]);
		all[3]!.send("<five/>\0");
		for (const client of all) await client.until((text) => text.includes("<five/>"));
		for (const client of all) {
			client.socket.end();
			await client.closed;
			expect(client.documents.at(-1)).toBe("<last/>");
		}
		await expect.poll(async () => (await metricsOf(daemon)).get("xmlsocket_game_players")).toBe(1);
	});

	it("disconnects a client that does not read, at any worker, and serves the others", async () => {
		const slow = [dial("<flood/>\0"), dial("<flood/>\0")];
		for (const { socket } of slow) socket.pause();
		const other = [dial("<a/>\0"), dial("<b/>\0")];
		for (const client of other) await client.until((text) => text.includes("<hi"));
		await expect
			.poll(async () => (await metricsOf(daemon)).get('xmlsocket_refused_total{reason="slow-reader"}'))
			.toBe(2);
		other[0]!.send("<after/>\0");
		for (const client of other) await client.until((text) => text.includes("<after/>"));
	});

	it("starts again in a new worker after an exception, and the clients of both workers can connect again", async () => {
		const all = [dial("<a/>\0"), dial("<b/>\0"), dial("<c/>\0"), dial("<d/>\0")];
		for (const client of all) await client.until((text) => text.includes("<hi"));
		const [first] = workersOf(daemon);
		all[1]!.send("<crash/>\0");
		for (const client of all) await client.closed;
		const again = [dial("<e/>\0"), dial("<f/>\0"), dial("<g/>\0"), dial("<h/>\0")];
		for (const client of again) await client.until((text) => text.includes("<hi"));
		expect(again[0]!.text).not.toContain(`pid="${first}"`);
		expect(daemon.log()).toContain("worker 1 ended with exit code");
		expect(await daemon.stop("SIGTERM")).toBe(0);
		for (const client of again) expect(client.text).toContain("<bye/>");
	});

	it("ends with the reason if the module cannot start", async () => {
		const broken = join(folder, "broken.mjs");
		writeFileSync(broken, "throw new TypeError('no map');");
		await expect(startDaemon(["--workers", "2", "--app", broken])).rejects.toThrow("TypeError: no map");
	});
});

// What holds behind every proxy whose configuration is in deploy/: the same tests for each, with the real program.

import { request } from "node:https";
import { type ConnectionOptions, connect as dialTls, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { openChat } from "../../src/index.ts";
import { closeServers, refusals, startChat } from "../field/web-server.ts";
import { Crowd } from "./crowd.ts";

/** A proxy in front of a daemon. */
export interface FrontProxy {
	/** Where it serves HTTPS. */
	readonly web: number;
	/** Where it ends TLS of raw connections; undefined where it cannot. */
	readonly raw: number | undefined;
	/** Reads its configuration again; resolves when the new one is in use. */
	reload(): Promise<void>;
	stop(): Promise<void>;
}

/** How a proxy starts. */
export interface ProxySetup {
	readonly daemonPort: number;
	/** The path that the proxy removes; undefined: the root. */
	readonly path?: string;
	/** Its limit of silence, in milliseconds, where it has one. */
	readonly silenceMs?: number;
}

/** What differs between proxies. */
export interface ProxyTraits {
	start(setup: ProxySetup): Promise<FrontProxy>;
	/** Whether it closes what is silent. */
	readonly hasSilenceLimit: boolean;
	/** Whether it serves the daemon below a path by the lines in its template. */
	readonly hasPath: boolean;
}

const TRUSTED = { trustProxy: ["127.0.0.1", "::1"], origin: ["https://chat.example.com"] };
const insecure = { tls: { insecure: true } };

/** Defines the tests. */
export function proxySuite(name: string, { start, hasSilenceLimit, hasPath }: ProxyTraits): void {
	afterEach(closeServers);

	async function front(setup: ProxySetup): Promise<FrontProxy> {
		const proxy = await start(setup);
		onTestFinished(() => proxy.stop());
		return proxy;
	}

	describe(`behind ${name}, with the file that \`xmlsocket init\` writes`, () => {
		it("pages, WebSockets and raw connections meet in one room, with TLS that ends at the proxy", async () => {
			const { port } = await startChat(TRUSTED);
			const proxy = await front({ daemonPort: port });
			expect(await get(proxy.web, "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
			expect(await get(proxy.web, "/metrics")).toMatchObject({ status: 403 });
			const addresses = [`wss://localhost:${proxy.web}/socket`, `localhost:${port}`];
			if (proxy.raw !== undefined) addresses.push(`xmlsockets://localhost:${proxy.raw}`);
			const chats = await Promise.all(
				addresses.map((address, n) => openChat(address, { name: `p${n}`, reconnect: false, ...insecure })),
			);
			const rooms = await Promise.all(chats.map((chat) => chat.join("lobby")));
			const heard = rooms.map((room) => {
				const texts: string[] = [];
				room.on("message", ({ text }) => void texts.push(text));
				return texts;
			});
			for (const [n, room] of rooms.entries()) await room.say(`from ${n} ${"x".repeat(20_000)}`);
			for (const texts of heard)
				await expect.poll(() => texts.map((text) => text.slice(0, 6))).toEqual(rooms.map((_, n) => `from ${n}`));
			await Promise.all(chats.map((chat) => chat.close()));
		});

		it("the daemon knows each client by its own address, and believes no header of a client", async () => {
			const { port, log } = await startChat(TRUSTED);
			const proxy = await front({ daemonPort: port });
			const foreign = { Origin: "https://evil.example", "X-Forwarded-For": "192.0.2.66", "X-Real-IP": "192.0.2.66" };
			expect((await upgrade(proxy.web, foreign, "127.0.0.9")).status).toBe(403);
			expect(refusals(log).at(-1)).toMatchObject({ remote: "127.0.0.9" });
			if (proxy.raw === undefined) return;
			const options = { port: proxy.raw, host: "127.0.0.1", localAddress: "127.0.0.8", rejectUnauthorized: false };
			const socket = dialTls(options as ConnectionOptions);
			socket.on("error", () => {});
			socket.write("GET / HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n");
			expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 421 /);
			expect(refusals(log).at(-1)).toMatchObject({ remote: "127.0.0.8" });
		});

		it("its configuration is read again while clients talk: nothing acknowledged is lost, and nothing comes twice", async () => {
			const { port } = await startChat(TRUSTED);
			const proxy = await front({ daemonPort: port });
			const addresses = [`wss://localhost:${proxy.web}/socket`];
			if (proxy.raw !== undefined) addresses.push(`xmlsockets://localhost:${proxy.raw}`);
			const crowds = await Promise.all(
				addresses.map((address, n) =>
					Crowd.open(address, { clients: 8, rooms: ["lobby"], pauseMs: 20, prefix: `c${n}-`, chat: insecure }),
				),
			);
			onTestFinished(async () => void (await Promise.all(crowds.map((crowd) => crowd.close()))));
			for (let n = 0; n < 2; n++) {
				await Promise.all(crowds.map((crowd) => crowd.progress(10)));
				await proxy.reload();
			}
			await Promise.all(crowds.map((crowd) => crowd.progress(10)));
			expect(await Crowd.checkAll(crowds)).toBeGreaterThan(30);
		});

		it.runIf(hasSilenceLimit)(
			"a quiet client stays for longer than the proxy's limit of silence, because the daemon pings; without pings it does not",
			async () => {
				const { port } = await startChat({ ...TRUSTED, pingIntervalMs: 2000, idleTimeoutMs: 4000 });
				const { port: mute } = await startChat({ ...TRUSTED, pingIntervalMs: 0, idleTimeoutMs: 0 });
				const proxy = await front({ daemonPort: port, silenceMs: 4000 });
				const silent = await front({ daemonPort: mute, silenceMs: 1000 });
				const quiet = await socketAt(proxy.web);
				const cut = await socketAt(silent.web);
				const raw =
					proxy.raw === undefined
						? undefined
						: await openChat(`xmlsockets://localhost:${proxy.raw}`, { reconnect: false, ...insecure });
				await new Promise((resolve) => cut.once("close", resolve));
				await new Promise((resolve) => setTimeout(resolve, 4500));
				expect(quiet.readyState).toBe(WebSocket.OPEN);
				if (raw) expect((await (await raw.join("lobby")).say("still here")).seq).toBe(1);
				quiet.terminate();
				await raw?.close();
			},
		);

		it.runIf(hasPath)(
			"below a path that the proxy removes: the page's files, redirects and the socket stay below it",
			async () => {
				const { port } = await startChat(TRUSTED);
				const proxy = await front({ daemonPort: port, path: "/chat/" });
				expect(await get(proxy.web, "/chat/healthz")).toMatchObject({ status: 200, body: "ok\n" });
				const chat = await openChat(`wss://localhost:${proxy.web}/chat/socket`, { reconnect: false, ...insecure });
				expect((await (await chat.join("lobby")).say("hi")).seq).toBe(1);
				await chat.close();
			},
		);
	});
}

async function socketAt(port: number): Promise<WebSocket> {
	const socket = new WebSocket(`wss://localhost:${port}/socket`, {
		rejectUnauthorized: false,
		origin: "https://chat.example.com",
	});
	socket.on("error", () => {});
	await new Promise((resolve) => socket.once("message", resolve));
	return socket;
}

interface Answer {
	readonly status: number;
	readonly body: string;
}

function get(port: number, path: string): Promise<Answer> {
	return ask(port, path, {}, undefined);
}

function upgrade(port: number, headers: Record<string, string>, localAddress: string): Promise<Answer> {
	const own = {
		Connection: "Upgrade",
		Upgrade: "websocket",
		"Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	};
	return ask(port, "/socket", { ...own, ...headers }, localAddress);
}

function ask(
	port: number,
	path: string,
	headers: Record<string, string>,
	localAddress: string | undefined,
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const asked = request({
			...{
				port,
				path,
				headers: { Host: `localhost:${port}`, ...headers },
				agent: false,
				rejectUnauthorized: false,
				servername: "localhost",
			},
			...(localAddress === undefined ? { host: "localhost" } : { host: "127.0.0.1", localAddress }),
		});
		asked.on("upgrade", (response, socket) => {
			socket.destroy();
			resolve({ status: response.statusCode!, body: "" });
		});
		asked.on("response", (response) => {
			let body = "";
			response.setEncoding("utf8").on("data", (text: string) => {
				body += text;
			});
			response.on("end", () => resolve({ status: response.statusCode!, body }));
		});
		asked.on("error", reject);
		asked.end();
	});
}

async function textOf(socket: TLSSocket): Promise<string> {
	let text = "";
	for await (const chunk of socket) text += String(chunk);
	return text;
}

// The connection to NATS against real servers: what leaves, what is refused, losses and returns, and what a missing client says.

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Broker, nameOfToken, subjectToken } from "../../src/cluster/nats/index.ts";
import { hasNatsServer, NatsServers } from "./nats-server.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

describe("subjectToken", () => {
	it("makes one safe token of any name, and gives the name back", () => {
		for (const name of ["lobby", "", "a.>", "*", "$SYS", " ", "a\r\nb", "räume/..", "🎲", "_"]) {
			expect(subjectToken(name)).toMatch(/^_[A-Za-z0-9_-]*$/);
			expect(nameOfToken(subjectToken(name))).toBe(name);
		}
	});
});

describe("Broker.connect without a server", () => {
	it("says which servers it tried, and how to start one", async () => {
		await expect(Broker.connect({ servers: ["nats://me:secret@127.0.0.1:1", "127.0.0.1:2"] })).rejects.toMatchObject({
			code: "XMLSOCKET_BROKER_UNREACHABLE",
			message: expect.stringMatching(/127\.0\.0\.1:1, 127\.0\.0\.1:2: connection refused.*nats-server -js/),
		});
		const error = await Broker.connect({ servers: ["nats://me:secret@127.0.0.1:1"] }).catch((reason) => reason);
		expect(error.message).not.toContain("secret");
	});

	it("refuses what is no address of a NATS server", async () => {
		for (const servers of [[], ["http://localhost"], ["ws://localhost"], ["nats://"], ["a b:x"]]) {
			await expect(Broker.connect({ servers })).rejects.toMatchObject({ code: "XMLSOCKET_ADDRESS_INVALID" });
		}
	});

	it("says how to install the client where it is not installed", () => {
		const folder = mkdtempSync(join(tmpdir(), "xmlsocket-alone-"));
		try {
			for (const part of ["cluster", "message-log", "state-store", "errors"]) {
				cpSync(join(import.meta.dirname, "../../dist", part), join(folder, part), { recursive: true });
			}
			const program = `import { Broker } from "./cluster/nats/index.js";
				await Broker.connect({ servers: ["localhost"] }).catch(({ code, message }) => console.log(code, message));`;
			const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
				cwd: folder,
				encoding: "utf8",
			});
			expect(said).toContain("XMLSOCKET_PACKAGE_MISSING");
			expect(said).toContain("npm install @nats-io/transport-node@3.3.1");
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});
});

describe.skipIf(!hasNatsServer())("a Broker", () => {
	let servers: NatsServers | undefined;
	const brokers: Broker[] = [];
	const open = async (urls: readonly string[] = servers!.urls, options: object = {}): Promise<Broker> => {
		const broker = await Broker.connect({ servers: urls, ...options });
		brokers.push(broker);
		return broker;
	};
	afterEach(async () => {
		for (const broker of brokers.splice(0)) await broker.close();
		await servers?.stop();
		servers = undefined;
	});

	it("carries bytes, subjects and replies between daemons, itself included", async () => {
		servers = await NatsServers.start({ jetstream: false });
		const [a, b] = [await open(), await open()];
		const heard: unknown[] = [];
		a.subscribe("x.*", (data, subject, reply) => heard.push(["a", text(data), subject, reply]));
		const stop = b.subscribe("x.*", (data, subject, reply) => heard.push(["b", text(data), subject, reply]));
		await a.flush();
		await b.flush();
		expect(a.publish("x.1", bytes("hi"), "answers")).toBe(true);
		await a.flush();
		await b.flush();
		stop();
		expect(a.publish("x.2", bytes("again"))).toBe(true);
		await a.flush();
		await b.flush();
		expect(heard.sort()).toEqual([
			["a", "again", "x.2", undefined],
			["a", "hi", "x.1", "answers"],
			["b", "hi", "x.1", "answers"],
		]);
	});

	it("answers requests, and says so where nobody does", async () => {
		servers = await NatsServers.start({ jetstream: false });
		const broker = await open();
		broker.subscribe("echo", (data, _, reply) => broker.publish(reply!, data));
		expect(text((await broker.request("echo", bytes("x"), 1000)).data)).toBe("x");
		await expect(broker.request("nobody", bytes("x"), 1000)).rejects.toMatchObject({
			code: "XMLSOCKET_BROKER_UNREACHABLE",
			message: expect.stringContaining("nobody"),
		});
	});

	it("connects with the user or token of its URL, and is refused with the cause without", async () => {
		servers = await NatsServers.start({ jetstream: false, settings: 'authorization { user: me, password: "a:b@c" }' });
		const host = servers.url(0).slice("nats://".length);
		const broker = await open([`nats://me:${encodeURIComponent("a:b@c")}@${host}`]);
		expect(broker.connected).toBe(true);
		await expect(Broker.connect({ servers: [host] })).rejects.toMatchObject({
			code: "XMLSOCKET_BROKER_UNREACHABLE",
			message: expect.stringMatching(/authoriz/i),
		});
		await servers.stop();
		servers = await NatsServers.start({ jetstream: false, settings: "authorization { token: t0ken }" });
		expect((await open([servers.url(0).replace("//", "//t0ken@")])).connected).toBe(true);
	});

	it("refuses a payload that the server would not take, and more than may wait", async () => {
		servers = await NatsServers.start({ jetstream: false, settings: "max_payload: 1000" });
		const broker = await open(undefined, { maxPendingBytes: 10_000 });
		expect(broker.publish("x", new Uint8Array(1001))).toBe(false);
		let left = 0;
		// Nothing can be confirmed within one tick.
		while (broker.publish("x", new Uint8Array(1000))) left++;
		expect(left).toBeGreaterThanOrEqual(8);
		expect(left).toBeLessThanOrEqual(10);
		await broker.flush();
		await expect.poll(() => broker.publish("x", new Uint8Array(1000))).toBe(true);
	});

	it("reports what a callback throws, and goes on", async () => {
		servers = await NatsServers.start({ jetstream: false });
		const reported: unknown[] = [];
		const broker = await open(undefined, { report: (error: unknown) => reported.push(error) });
		const heard: string[] = [];
		broker.subscribe("x", (data) => {
			heard.push(text(data));
			throw new Error(`no ${text(data)}`);
		});
		for (const word of ["1", "2"]) broker.publish("x", bytes(word));
		await broker.flush();
		expect(heard).toEqual(["1", "2"]);
		expect(reported.map(String)).toEqual(["Error: no 1", "Error: no 2"]);
	});

	it("knows when its server is killed, refuses meanwhile, and finds it again with its subscriptions", async () => {
		servers = await NatsServers.start({ jetstream: false });
		const broker = await open();
		const changes: boolean[] = [];
		const heard: string[] = [];
		broker.watch((connected) => changes.push(connected));
		broker.subscribe("x", (data) => heard.push(text(data)));
		await servers.kill(0);
		await expect.poll(() => broker.connected).toBe(false);
		expect(broker.publish("x", bytes("lost"))).toBe(false);
		await expect(broker.flush()).rejects.toMatchObject({ code: "XMLSOCKET_BROKER_UNREACHABLE" });
		await expect(broker.request("x", bytes(""), 100)).rejects.toMatchObject({ code: "XMLSOCKET_BROKER_UNREACHABLE" });
		await servers.startAll();
		await expect.poll(() => broker.connected).toBe(true);
		expect(broker.publish("x", bytes("back"))).toBe(true);
		await broker.flush();
		expect([heard, changes]).toEqual([["back"], [false, true]]);
	});

	it("notices a frozen server within three of its pings, and moves to another", async () => {
		servers = await NatsServers.start({ nodes: 3, jetstream: false });
		const broker = await open([servers.url(0)]);
		const changes: { readonly connected: boolean; readonly atMs: number }[] = [];
		broker.watch((connected) => changes.push({ connected, atMs: performance.now() }));
		const frozenMs = performance.now();
		servers.freeze(0);
		await expect.poll(() => changes.map(({ connected }) => connected)).toEqual([false, true]);
		console.log(
			`frozen: noticed after ${Math.round(changes[0]!.atMs - frozenMs)} ms, at another server after ${Math.round(changes[1]!.atMs - frozenMs)} ms`,
		);
		expect(broker.publish("x", bytes("1"))).toBe(true);
		await broker.flush();
		servers.thaw(0);
	});

	it("moves to another server with its subscriptions where it is told to, and stays where there is none", async () => {
		servers = await NatsServers.start({ nodes: 3, jetstream: false });
		const broker = await open();
		const heard: string[] = [];
		broker.subscribe("x", (data) => heard.push(text(data)));
		const changes: boolean[] = [];
		broker.watch((connected) => changes.push(connected));
		for (let moves = 0; moves < 4; moves++) expect(await broker.failOver()).toBe(true);
		expect(changes.slice(0, 2)).toEqual([false, true]);
		broker.publish("x", bytes("1"));
		await expect.poll(() => heard).toEqual(["1"]);
		await servers.stop();
		servers = await NatsServers.start({ jetstream: false });
		const alone = await open();
		alone.watch((connected) => changes.push(connected));
		changes.length = 0;
		expect(await alone.failOver()).toBe(false);
		expect(changes).toEqual([]);
	});

	it("closes within its time at a frozen server, and then refuses", async () => {
		servers = await NatsServers.start({ jetstream: false });
		const broker = await open();
		servers.freeze(0);
		await broker.close();
		servers.thaw(0);
		expect(broker.publish("x", bytes("1"))).toBe(false);
		await expect(broker.flush()).rejects.toMatchObject({ code: "XMLSOCKET_BROKER_UNREACHABLE" });
	});
});

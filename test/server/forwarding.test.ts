// Clients whose application runs in another process: two exchanges on a bus in memory, with a real server and real connections in front.

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Application, Peer } from "../../src/application/index.ts";
import { type MemoryBus, MemoryExchange } from "../../src/cluster/memory-bus.ts";
import { connect } from "../../src/index.ts";
import { ApplicationExchange, type RunApplication } from "../../src/server/forwarding/application-exchange.ts";
import { documentEncoder } from "../../src/server/forwarding/document-encoder.ts";
import { createServer, type Server, type ServerOptions } from "../../src/server/index.ts";
import { RawClient, recordingLog } from "./peers.ts";

const NAME = "game";

describe("an application of another process", () => {
	const clients: RawClient[] = [];
	const exchanges: ApplicationExchange[] = [];
	let server: Server | undefined;
	let front: ApplicationExchange;
	let lost = 0;
	const log = recordingLog();

	/** Starts a server whose clients are forwarded, and the process of their application. */
	const start = async (application?: Partial<RunApplication>, options: ServerOptions = {}) => {
		const network = new MemoryExchange();
		const join = (): [ApplicationExchange, MemoryBus] => {
			const bus = network.join();
			const exchange = new ApplicationExchange({ bus, log, encode: documentEncoder(options) });
			exchanges.push(exchange);
			return [exchange, bus];
		};
		const [owner, ownerBus] = join();
		const run = (): void =>
			owner.run(NAME, {
				output: "text",
				open: () => ({ document() {}, closed() {} }),
				stopped: async () => {},
				...application,
			});
		if (application) run();
		const [other, frontBus] = join();
		front = other;
		const forwarding: Application = {
			output: "text",
			open: (peer, handshake) => front.enter(peer, { application: NAME, handshake }, () => void lost++),
		};
		server = (await createServer({
			port: 0,
			host: "127.0.0.1",
			documentsPerSecond: 1_000_000,
			documentBurst: 1_000_000,
			...options,
			application: forwarding,
		}).listen()) as unknown as Server;
		return { owner, ownerBus, frontBus, run };
	};
	const dial = (first: string): RawClient => {
		const client = RawClient.tcp(server!.port);
		clients.push(client);
		client.send(first);
		return client;
	};
	afterEach(async () => {
		vi.useRealTimers();
		for (const { socket } of clients.splice(0)) socket.destroy();
		await server?.close({ graceMs: 0 });
		server = undefined;
		for (const exchange of exchanges.splice(0)) exchange.close();
		lost = 0;
	});

	it("reads little more than a window of a client that it has paused, and gets the rest in order when it resumes", async () => {
		const read: string[] = [];
		let peer: Peer | undefined;
		await start({
			open(opened) {
				peer = opened;
				return { document: (text: string) => void read.push(text), closed() {} };
			},
		});
		const client = dial("0\0");
		await expect.poll(() => read.length).toBe(1);
		peer!.pause();
		const body = "x".repeat(1000);
		for (let at = 1; at <= 30_000; at++) client.send(`${at} ${body}\0`);
		// Of 30 MB the system takes some, and the rest waits at the client.
		let before = -1;
		await expect
			.poll(
				() => {
					const now = client.socket.writableLength;
					const stands = now === before;
					before = now;
					return stands;
				},
				{ interval: 300 },
			)
			.toBe(true);
		expect(client.socket.writableLength).toBeGreaterThan(1_000_000);
		expect(read).toHaveLength(1);
		peer!.resume();
		await expect.poll(() => read.length).toBe(30_001);
		expect(read.map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: 30_001 }, (_, at) => at));
	});

	it("sends in the server's encoding and terminator, and UTF-8 to pages; a text with a zero byte is an exception", async () => {
		const thrown: unknown[] = [];
		const options = { encoding: "windows-1251", terminator: "crlf" } as const;
		await start(
			{
				open: (peer) => ({
					document(text: string) {
						try {
							peer.send("a\0b");
						} catch (error) {
							thrown.push(error);
						}
						peer.send(`${text} от ${peer.transport}`);
					},
					closed() {},
				}),
			},
			options,
		);
		const client = dial("");
		client.socket.write(Buffer.from([0xef, 0xf0, 0xe8, 13, 10]));
		await client.until(() => client.received.length >= 12);
		expect(new TextDecoder("windows-1251").decode(client.received)).toBe("при от tcp\r\n");
		const page = await connect(`ws://127.0.0.1:${server!.port}/socket`);
		page.send("вам");
		for await (const { text } of page) {
			expect(text).toBe("вам от websocket");
			break;
		}
		await page.close();
		expect(thrown).toMatchObject([{ code: "XMLSOCKET_NUL_IN_DOCUMENT" }, { code: "XMLSOCKET_NUL_IN_DOCUMENT" }]);
	});

	it("loses its clients, counted, when 16 MiB wait because the bus takes nothing; new ones are served", async () => {
		const peers: Peer[] = [];
		const closed: unknown[] = [];
		const { owner, ownerBus } = await start(
			{
				open(peer) {
					peers.push(peer);
					peer.send("hi");
					return { document() {}, closed: (close) => void closed.push(close) };
				},
			},
			{ maxOutboxBytes: 64 << 20, softOutboxBytes: 64 << 20 },
		);
		const all = [dial("a\0"), dial("b\0")];
		for (const client of all) await client.until((text) => text === "hi\0");
		ownerBus.connected = false;
		const body = "x".repeat(100_000);
		// A turn of the event loop after each, as an application would send.
		for (let at = 0; at < 200; at++) {
			for (const peer of peers) peer.send(body);
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(closed).toHaveLength(2);
		expect(owner.stats()).toMatchObject({ forwarded_clients_dropped: 2 });
		expect(log.lines.at(-1)).toMatchObject({ level: "error", facts: { clients: 2 } });
		ownerBus.connected = true;
		for (const client of all) await client.closed;
		expect(lost).toBe(2);
		const next = dial("c\0");
		await next.until((text) => text === "hi\0");
	});

	it("keeps clients unread until a process runs it, for at most a minute", async () => {
		vi.useFakeTimers({ toFake: ["performance"] });
		const { run } = await start();
		const early = dial("one\0two\0");
		await expect.poll(() => front.forwarded).toBe(1);
		vi.advanceTimersByTime(59_000);
		front.sweep();
		expect(early.socket.destroyed).toBe(false);
		vi.advanceTimersByTime(2_000);
		front.sweep();
		await early.closed;
		expect(lost).toBe(1);
		const next = dial("three\0");
		await expect.poll(() => front.forwarded).toBe(1);
		run();
		front.sweep();
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(next.socket.destroyed).toBe(false);
		expect(front.forwarded).toBe(1);
	});

	it("ends a client for which a handler throws, and no other", async () => {
		await start({
			open: (peer) => ({
				document(text: string) {
					if (text === "bad") throw new Error("no luck");
					peer.send(text);
				},
				closed() {},
			}),
		});
		const [bad, good] = [dial("bad\0"), dial("good\0")];
		await bad.closed;
		await good.until((text) => text === "good\0");
		good.send("more\0");
		await good.until((text) => text.endsWith("more\0"));
		expect(
			log.lines.some(({ words, facts }) => words === "a handler failed" && String(facts.err).includes("no luck")),
		).toBe(true);
	});
});

// Fast senders and slower readers, over real links with the daemon's limits on what may wait for a reader.

import { describe, expect, it } from "vitest";
import { createRelay } from "../../src/chat/index.ts";
import { MemoryLog } from "../../src/message-log/index.ts";
import { nodeClock } from "../../src/transport/index.ts";
import { ChatHarness, type Client, type ConnectOptions } from "./harness.ts";

const LIMITS: ConnectOptions = { maxOutboxBytes: 1024 * 1024, softOutboxBytes: 256 * 1024, slowReaderGraceMs: 10_000 };
const READER_BYTES_PER_MS = 1000;

/** A member that reads 1 MB/s, whatever is sent to it. */
class SlowReader {
	isCut = false;
	#text = "";
	readonly #decoder = new TextDecoder();

	constructor(harness: ChatHarness, ...documents: string[]) {
		const transport = harness.accept(LIMITS);
		let allowedAtMs = performance.now();
		transport.start({
			bytes: (chunk) => {
				this.#text += this.#decoder.decode(chunk, { stream: true });
				const nowMs = performance.now();
				allowedAtMs = Math.max(allowedAtMs, nowMs) + chunk.length / READER_BYTES_PER_MS;
				if (allowedAtMs - nowMs < 5) return;
				transport.pause();
				setTimeout(() => transport.resume(), allowedAtMs - nowMs);
			},
			end: () => transport.end(),
			drain: () => {},
			pong: () => {},
			close: () => {
				this.isCut = true;
			},
		});
		for (const document of documents) transport.write(new TextEncoder().encode(`${document}\0`));
	}

	/** The numbers that the honest speaker has said, as they came. */
	get heard(): number[] {
		return [...this.#text.matchAll(/from="honest"[^>]*>(\d+)</g)].map((found) => Number(found[1]));
	}
}

const reader = (harness: ChatHarness, at: number, room: string) =>
	new SlowReader(harness, `<hello name="reader${at}"/>`, `<join room="${room}" after="-1"/>`);
const within = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends about 600 KB/s for as long as the connection accepts it, until `untilMs`. */
async function flood(client: Client, document: () => string, untilMs: number): Promise<void> {
	while (performance.now() < untilMs && !client.close) {
		if (client.link.outboxBytes < 64 * 1024) client.send(document());
		await within(10);
		client.take();
	}
}

describe("members who read 1 MB/s, while five senders send 3 MB/s", () => {
	const text = "x".repeat(6000);
	const cases: [string, string, string][] = [
		["say in a live room", "game", `<say room="game">${text}</say>`],
		["say in a stored room", "lobby", `<say room="lobby">${text}</say>`],
		["tell", "game", ""],
	];
	it.each(cases)("are not disconnected and miss nothing that an honest member says: %s", async (_, room, document) => {
		const harness = ChatHarness.chat({}, { clock: nodeClock, log: new MemoryLog() });
		const readers = Array.from({ length: 3 }, (_, at) => reader(harness, at, room));
		const honest = harness.connect(LIMITS);
		honest.send('<hello name="honest" />', `<join room="${room}" after="-1" />`);
		const senders = Array.from({ length: 5 }, () => harness.connect(LIMITS));
		for (const sender of senders) sender.send(`<join room="${room}" after="-1" />`);
		await harness.settle();
		const untilMs = performance.now() + 800;
		const floods = senders.map((sender) =>
			flood(sender, () => document || `<tell to="reader0">${text}</tell>`, untilMs),
		);
		let said = 0;
		for (; performance.now() < untilMs; said++) {
			honest.send(`<say room="${room}">${said}</say>`);
			await within(20);
		}
		await Promise.all(floods);
		const all = Array.from({ length: said }, (_, at) => at);
		const isDone = (reader: SlowReader) => reader.isCut || reader.heard.length === said;
		await expect.poll(() => readers.every(isDone)).toBe(true);
		for (const reader of readers) expect(reader).toMatchObject({ isCut: false, heard: all });
		expect(honest.close).toBeUndefined();
	});
});

describe("a client that enters and leaves a room again and again", () => {
	it("waits before it enters once its rate of announcements is used up, and goes on later", async () => {
		const harness = ChatHarness.chat();
		const others: Client[] = [];
		for (let at = 0; at < 20; at++) {
			others.push(await harness.client(`other${at}`));
			await others[at]!.ask('<join room="game" />');
		}
		const restless = await harness.client("restless");
		const entered = (): number =>
			others[0]!.take().filter((text) => text.startsWith("<enter ") && text.includes('"restless"')).length;
		entered();
		for (let turn = 0; turn < 1000; turn++) restless.send('<join room="game" />', '<leave room="game" />');
		await harness.settle();
		const first = entered();
		expect(first).toBeGreaterThan(100);
		expect(first).toBeLessThan(400);
		for (let second = 0; second < 5; second++) {
			harness.advance(1000);
			await harness.settle();
		}
		const later = entered();
		expect(later).toBeGreaterThan(100);
		expect(first + later).toBeLessThan(1000);
		expect(restless.close).toBeUndefined();
	});
});

describe("clients of the relay who read 1 MB/s, while five senders send 3 MB/s", () => {
	it("are not disconnected and miss nothing that an honest client sends", async () => {
		const harness = new ChatHarness(() => createRelay());
		const readers = Array.from({ length: 3 }, () => new SlowReader(harness));
		const honest = harness.connect(LIMITS);
		const senders = Array.from({ length: 5 }, () => harness.connect(LIMITS));
		const untilMs = performance.now() + 800;
		const floods = senders.map((sender) => flood(sender, () => `<flood>${"x".repeat(6000)}</flood>`, untilMs));
		let said = 0;
		for (; performance.now() < untilMs; said++) {
			honest.send(`<n from="honest">${said}</n>`);
			honest.take();
			await within(20);
		}
		await Promise.all(floods);
		const isDone = (reader: SlowReader) => reader.isCut || reader.heard.length === said;
		await expect.poll(() => readers.every(isDone)).toBe(true);
		for (const reader of readers) expect(reader.isCut).toBe(false);
	});
});

describe("a member who reads nothing", () => {
	const big = `<say room="game">${"x".repeat(20_000)}</say>`;
	const setUp = async (): Promise<Record<"harness", ChatHarness> & Record<"bob" | "deaf" | "fast", Client>> => {
		const harness = ChatHarness.chat();
		const bob = await harness.client("bob", "game");
		const deaf = harness.connect(LIMITS);
		await deaf.ask('<join room="game" />');
		const fast = await harness.client("fast", "game");
		deaf.link.pause();
		return { harness, bob, deaf, fast };
	};
	const heard = (client: Client, from: string): number =>
		client.take().filter((text) => text.startsWith(`<said room="game" from="${from}"`)).length;

	it("delays a fast sender for 10 s, and a slow one not at all", async () => {
		const { harness, bob, deaf, fast } = await setUp();
		for (let count = 0; count < 100; count++) fast.send(big);
		await harness.settle();
		const first = heard(bob, "fast");
		expect(first).toBeGreaterThan(5);
		expect(first).toBeLessThan(15);
		expect((await bob.ask('<say room="game">hi</say>')).length).toBe(1);
		harness.advance(9000);
		await harness.settle();
		expect(heard(bob, "fast")).toBe(0);
		expect(deaf.close).toBeUndefined();
		harness.advance(1000);
		await harness.settle();
		expect(heard(bob, "fast")).toBe(100 - first);
		// By the limit of its own outbox.
		expect(deaf.close).toBeDefined();
		expect(fast.close).toBeUndefined();
	});

	it("makes a fast sender's document be refused where it would disconnect that member", async () => {
		const { harness, bob, fast } = await setUp();
		const limits = Array.from({ length: 40 }, () => harness.connect());
		for (const one of limits) one.send('<join room="game" />');
		await harness.settle();
		// Each is below the rate until now, and one document makes it fast.
		for (const one of limits) one.send(`<say room="game" id="1">${"y".repeat(100_000)}</say>`);
		fast.send(big);
		await harness.settle();
		const refused = harness.refused.filter((code) => code === "XMLSOCKET_SENDING_TOO_FAST");
		expect(refused.length).toBeGreaterThan(20);
		expect(harness.application.stats!().chat_clients).toBe(43);
		expect(bob.close).toBeUndefined();
	});
});

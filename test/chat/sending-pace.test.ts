// Fast senders and slower readers, over real links with the daemon's limits on what may wait for a reader.

import { describe, expect, it } from "vitest";
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

	constructor(harness: ChatHarness, name: string, room: string, addressKey?: string) {
		const transport = harness.accept({ ...LIMITS, addressKey });
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
		transport.write(new TextEncoder().encode(`<hello name="${name}"/>\0<join room="${room}" after="-1"/>\0`));
	}

	/** The numbers that the honest speaker has said, as they came. */
	get heard(): number[] {
		return [...this.#text.matchAll(/from="honest"[^>]*>(\d+)</g)].map((found) => Number(found[1]));
	}
}

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
		const readers = Array.from({ length: 3 }, (_, at) => new SlowReader(harness, `reader${at}`, room));
		const honest = harness.connect(LIMITS);
		honest.send('<hello name="honest" />', `<join room="${room}" after="-1" />`);
		const senders = Array.from({ length: 5 }, () => harness.connect(LIMITS));
		for (const sender of senders) sender.send(`<join room="${room}" after="-1" />`);
		await harness.settle();
		const untilMs = performance.now() + 1200;
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
		await expect.poll(() => readers.every(isDone), { timeout: 10_000 }).toBe(true);
		for (const reader of readers) expect(reader).toMatchObject({ isCut: false, heard: all });
		expect(honest.close).toBeUndefined();
	});
});

// One document that is longer than the outbox: it says nothing about its reader. What waits behind it does.

import { describe, expect, it } from "vitest";
import type { Transport, TransportEvents } from "../../src/link/index.ts";
import { linkOver, pass, settle } from "./manual-clock.ts";

/** A transport whose other side takes bytes only when the test says so. */
class SlowTransport implements Transport {
	readonly kind = "tcp";
	readonly remoteAddress = "slow";
	readonly isStream: boolean;
	readonly pieces: number[] = [];
	bufferedBytes = 0;
	destroyed = false;
	#events: TransportEvents | undefined;

	constructor(isStream: boolean) {
		this.isStream = isStream;
	}

	start(events: TransportEvents): void {
		this.#events = events;
	}
	write(bytes: Uint8Array): boolean {
		this.pieces.push(bytes.length);
		this.bufferedBytes += bytes.length;
		return false;
	}
	/** The other side takes what is buffered. */
	take(): void {
		this.bufferedBytes = 0;
		this.#events?.drain();
	}
	end(): void {}
	destroy(): void {
		this.destroyed = true;
		this.#events?.close(undefined);
	}
	pause(): void {}
	resume(): void {}
}

const LIMITS = {
	maxOutboxBytes: 100_000,
	softOutboxBytes: 50_000,
	slowReaderGraceMs: 2000,
	unreadOutputTimeoutMs: 60_000,
};

describe.each([
	["a stream", true],
	["a transport of whole messages", false],
])("A document of 1 MB on %s, with an outbox of 100 KB", (_kind, isStream) => {
	const make = (): ReturnType<typeof linkOver> & { transport: SlowTransport } => {
		const transport = new SlowTransport(isStream);
		return { ...linkOver(transport, LIMITS), transport };
	};

	it("is sent whole, however long the reader takes within the time for unread output", async () => {
		const { link, clock, transport } = make();
		link.send("x".repeat(1_000_000));
		await settle(clock);
		for (let i = 0; i < 40; i++) {
			await pass(clock, 5000);
			transport.take();
			await settle(clock);
		}
		expect(transport.destroyed).toBe(false);
		expect(transport.pieces.reduce((sum, length) => sum + length, 0)).toBe(1_000_001);
		if (isStream) expect(Math.max(...transport.pieces)).toBeLessThanOrEqual(64 * 1024);
		else expect(transport.pieces).toEqual([1_000_001]);
	});

	it("does not hide what waits behind it: more than the limit cuts the reader", async () => {
		const { link, clock, transport } = make();
		link.send("x".repeat(1_000_000));
		for (let i = 0; i < 30; i++) link.send("y".repeat(5000));
		await settle(clock);
		expect(transport.destroyed).toBe(true);
	});

	it("is cut off where the reader takes nothing at all", async () => {
		const { link, clock, transport } = make();
		link.send("x".repeat(1_000_000));
		await settle(clock);
		await pass(clock, 61_000);
		expect(transport.destroyed).toBe(true);
	});
});

it("Many short documents in one tick count together, although they are encoded in one go", async () => {
	const transport = new SlowTransport(true);
	const { link, clock } = linkOver(transport, LIMITS);
	for (let i = 0; i < 100; i++) link.send("z".repeat(5000));
	await settle(clock);
	expect(transport.destroyed).toBe(true);
});

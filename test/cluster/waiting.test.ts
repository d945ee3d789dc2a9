// What waits for JetStream in one daemon, filled to its bound, without a server.

import { expect, it, onTestFinished, vi } from "vitest";
import { Appender } from "../../src/cluster/nats/appender.ts";
import type { StreamApi } from "../../src/cluster/nats/jetstream-api.ts";
import { JetStreamRoom } from "../../src/cluster/nats/jetstream-room.ts";
import { ReleasedNames } from "../../src/cluster/nats/released-names.ts";
import { SharedReads } from "../../src/cluster/nats/shared-reads.ts";
import type { TrackedRooms } from "../../src/cluster/nats/tracked-rooms.ts";

it("Messages that wait to be stored: 65,536 and 64 MiB; more are refused at once", async () => {
	for (const [bytes, count] of [
		[1, 65_536],
		[64 * 1024, 1024],
	] as const) {
		const rooms = { use: () => undefined, track: () => new Promise<never>(() => {}) } as unknown as TrackedRooms;
		const nothing = {} as StreamApi;
		const appender = new Appender(
			nothing,
			rooms,
			30_000,
			() => {},
			() => {},
		);
		const data = new Uint8Array(bytes);
		let settled = 0;
		const append = (): Promise<unknown> => appender.append("lobby", { payload: data }, data);
		for (let at = 0; at < count; at++) void append().finally(() => settled++);
		await expect(append()).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
		expect(settled).toBe(0);
	}
});

it("Pages that wait to be read: 10,000, of which 8 are read at a time; more are refused", async () => {
	const reads = new SharedReads<number>();
	let release = (): void => {};
	const gate = new Promise<void>((resolve) => {
		release = resolve;
	});
	let atWork = 0;
	const read = (page: number): Promise<number> =>
		reads.read(String(page), async () => {
			atWork++;
			await gate;
			return page;
		});
	const asked = Array.from({ length: 10_008 }, (_, page) => read(page));
	await expect(read(20_000)).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
	// One that waits already can be shared.
	const shared = read(10_007);
	expect(atWork).toBe(8);
	release();
	expect(await Promise.all(asked)).toHaveLength(10_008);
	expect(await shared).toBe(10_007);
	expect(await read(20_000)).toBe(20_000);
});

it("Entries that come before a missing one: 1,024 and 1 MiB of a room; what does not fit is read again, once and in order", async () => {
	for (const [bytes, count] of [
		[10, 3000],
		[64 * 1024, 40],
	] as const) {
		const payload = new Uint8Array(bytes);
		const entry = (seq: number) => ({
			seq,
			prev: seq - 1,
			atMs: 0,
			session: undefined,
			id: undefined,
			payload,
			messageId: String(seq),
		});
		let fill = (): void => {};
		const gate = new Promise<void>((resolve) => {
			fill = resolve;
		});
		const asked: number[] = [];
		const delivered: number[] = [];
		const room = new JetStreamRoom(
			0,
			async (after, through) => {
				await gate;
				asked.push(through - after);
				return { entries: Array.from({ length: through - after }, (_, at) => entry(after + 1 + at)), dropped: 0 };
			},
			{ delivered: ({ seq }) => delivered.push(seq), goesOn: () => true, contradicted: () => {} },
		);
		for (let seq = 2; seq <= count; seq++) room.heard(entry(seq), seq - 1);
		expect(delivered).toEqual([]);
		fill();
		await expect.poll(() => room.isCurrent).toBe(true);
		expect(delivered).toEqual(Array.from({ length: count }, (_, at) => at + 1));
		const kept = count - asked.reduce((sum, one) => sum + one, 0);
		expect(kept).toBeGreaterThan(0);
		expect(kept).toBeLessThanOrEqual(1024);
		expect(kept * bytes).toBeLessThanOrEqual(1024 * 1024);
	}
});

it("Released names: the daemon that released them removes 10,000; the search finds the others", async () => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
	onTestFinished(() => void vi.useRealTimers());
	const removed = new Set<string>();
	const stream = { next: async () => undefined, remove: async (token: string) => void removed.add(token) };
	const names = new ReleasedNames(stream, { dueAfterMs: 1000 });
	for (let at = 0; at < 12_000; at++) names.add(`name${at}`, at + 1);
	await vi.advanceTimersByTimeAsync(60_000);
	expect(removed.size).toBe(10_000);
	names.add("another", 20_000);
	await vi.advanceTimersByTimeAsync(5000);
	expect(removed.size).toBe(10_001);
	names.close();
});

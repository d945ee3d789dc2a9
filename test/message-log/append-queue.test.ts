import { expect, it } from "vitest";
import { AppendQueue } from "../../src/message-log/level/append-queue.ts";
import { LevelRoom } from "../../src/message-log/level/level-rooms.ts";

const room = new LevelRoom("lobby");
const entry = (session: string | undefined, bytes: number) => ({ payload: new Uint8Array(bytes), session });

function fill(queue: AppendQueue, session: string | undefined, bytes: number): number {
	for (let count = 0; ; count++) {
		const one = entry(session, bytes);
		try {
			queue.add({ room, entry: one, bytes: queue.check(one), resolve: () => {}, reject: () => {} });
		} catch (error) {
			expect(error).toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
			return count;
		}
	}
}

it("one session fills a share of the queue, and never the space of others", () => {
	const queue = new AppendQueue();
	const kib = 64;
	const greedy = Array.from({ length: 20 }, (_, at) => fill(queue, `greedy${at}`, kib * 1024) * kib);
	expect(greedy[0]).toBeGreaterThan(12 * 1024);
	expect(greedy[0]).toBeLessThan(14 * 1024);
	expect(greedy[19]).toBeGreaterThan(128);
	expect(fill(queue, "another", 1024)).toBeGreaterThan(100);
	expect(fill(queue, undefined, 1024)).toBeGreaterThan(100);
});

it("one session fills a share of the number of appends too", () => {
	const queue = new AppendQueue();
	const first = fill(queue, "greedy", 1);
	expect(first).toBeGreaterThan(12_000);
	expect(first).toBeLessThan(14_000);
	expect(fill(queue, "another", 1)).toBeGreaterThan(5000);
});

it("a session gets its share again when the queue is emptied", () => {
	const queue = new AppendQueue();
	const first = fill(queue, "s", 1024 * 1024);
	while (!queue.isEmpty) queue.nextBatch();
	expect(fill(queue, "s", 1024 * 1024)).toBe(first);
});

it("all sessions together have at most 64 MiB and 65,536 appends in the queue, with some free for the next", () => {
	for (const [bytes, most] of [
		[64 * 1024, 1024],
		[1, 65_536],
	] as const) {
		const queue = new AppendQueue();
		let count = 0;
		for (let session = 0; session < 1000; session++) count += fill(queue, `s${session}`, bytes);
		expect(count).toBeLessThanOrEqual(most);
		expect(count).toBeGreaterThan(most * 0.95);
	}
});

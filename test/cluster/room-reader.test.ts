// Pages out of a stream that reads forward only, one entry a request: right for every spread of a room's entries, in few rounds.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RoomReader } from "../../src/cluster/nats/room-reader.ts";

/** A room with these numbers in it, and how it was asked. */
function room(seqs: readonly number[]) {
	const asked = { questions: 0, rounds: 0, most: 0 };
	let now = 0;
	const reader = new RoomReader(async (from) => {
		asked.questions++;
		if (now++ === 0) {
			asked.rounds++;
			setImmediate(() => {
				asked.most = Math.max(asked.most, now);
				now = 0;
			});
		}
		await new Promise((resolve) => setImmediate(resolve));
		const seq = seqs.find((one) => one >= from);
		return seq === undefined ? undefined : { seq };
	});
	return { reader, asked };
}

const every = (step: number, to: number): number[] =>
	Array.from({ length: Math.floor(to / step) }, (_, at) => (at + 1) * step);
const seqsOf = (found: readonly { seq: number }[]): number[] => found.map(({ seq }) => seq);

const anySeqs = fc
	.array(fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.integer({ min: 1, max: 5000 })), {
		maxLength: 120,
	})
	.map((steps) => {
		let seq = 0;
		return steps.map((step) => {
			seq += step;
			return seq;
		});
	});

describe("a RoomReader", () => {
	it("finds the same page as a look at everything, forward and backward, for any spread of entries", async () => {
		await fc.assert(
			fc.asyncProperty(
				anySeqs,
				fc.integer({ min: 1, max: 20_000 }),
				fc.integer({ min: 0, max: 20_000 }),
				fc.integer({ min: 1, max: 80 }),
				async (seqs, first, length, count) => {
					const last = first + length;
					const { reader, asked } = room(seqs);
					const inside = seqs.filter((seq) => seq >= first && seq <= last);
					expect(seqsOf(await reader.forward(first, last, count))).toEqual(inside.slice(0, count));
					const below = seqs.filter((seq) => seq <= last).reverse();
					expect(seqsOf(await reader.backward(last, count))).toEqual(below.slice(0, count));
					expect(asked.most).toBeLessThanOrEqual(64);
				},
			),
			{ numRuns: 300 },
		);
	});

	it("needs one round for a page of a room that is alone", async () => {
		const { reader, asked } = room(every(1, 1000));
		expect(seqsOf(await reader.backward(800, 51))).toEqual(every(1, 800).slice(-51).reverse());
		expect(asked.rounds).toBe(1);
		await reader.forward(100, 1000, 51);
		expect(asked.rounds).toBe(2);
	});

	it("needs few rounds for a page of one room among many, and fewer once it knows how many", async () => {
		const { reader, asked } = room(every(100, 100_000));
		await reader.backward(90_000, 51);
		expect(asked.rounds).toBeLessThanOrEqual(8);
		const before = asked.rounds;
		await reader.backward(50_000, 51);
		expect(asked.rounds - before).toBeLessThanOrEqual(3);
	});

	it("finds two entries that are far apart without looking at all between", async () => {
		const { reader, asked } = room([5, 40_000_000]);
		expect(seqsOf(await reader.backward(50_000_000, 50))).toEqual([40_000_000, 5]);
		expect(asked.questions).toBeLessThan(1500);
	});
});

// Pages of lists that several nodes share: whatever the entries and the limits are, the pages together are the whole list in its order.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	compare,
	decodePosition,
	firstAfter,
	mergeParts,
	type Order,
	type Placed,
	type Position,
} from "../../src/admin/pages.ts";
import { Rates } from "../../src/admin/rates.ts";
import { RecentLog } from "../../src/admin/recent-log.ts";

/** Few rows are so long that some do not fit into a part. */
const sizes = fc.oneof({ weight: 9, arbitrary: fc.nat(9) }, { weight: 1, arbitrary: fc.nat(1000) });
const keys = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(1.5));

describe("the pages of several nodes' lists", () => {
	it("are together the sorted list, each entry once", () => {
		const nodes = fc.array(fc.array(fc.tuple(keys, sizes), { maxLength: 20 }), { minLength: 1, maxLength: 4 });
		fc.assert(
			fc.property(
				nodes,
				fc.integer({ min: 1, max: 9 }),
				fc.constantFrom<Order>("rising", "falling"),
				(lists, limit, order) => {
					const entries = lists.map((list, node) =>
						list.map(([key, size], at): [Position, number] => [[key, `${node}-${at}`], size]),
					);
					const all = entries.flat().map(([position]) => position);
					const seen: string[] = [];
					let after: Position | undefined;
					for (;;) {
						// A row can be so long that a node's part is shorter than the limit.
						const parts = entries.map((list) =>
							firstAfter(list, order, after, limit, (size) => ({ at: "", text: "x".repeat(size * 200) })),
						);
						const ids = new Map<object, string>(
							parts.flatMap(({ entries: placed }) =>
								placed.map(({ at, row }: Placed<object>) => [row, at[1]] as const),
							),
						);
						const { rows, next } = mergeParts(parts, order, limit);
						expect(rows.length).toBeLessThanOrEqual(limit);
						seen.push(...rows.map((row) => ids.get(row)!));
						if (next === undefined) break;
						expect(rows.length).toBeGreaterThan(0);
						after = decodePosition(next);
					}
					expect(seen).toEqual(all.sort((a, b) => compare(order, a, b)).map(([, id]) => id));
				},
			),
			{ numRuns: 50 },
		);
	});

	it("begin nowhere else than at a position that was given out", () => {
		for (const text of [
			"",
			"x",
			"bnVsbA",
			Buffer.from("[1,2]").toString("base64url"),
			Buffer.from('[null,"a"]').toString("base64url"),
		]) {
			expect(() => decodePosition(text)).toThrow(/"next"/);
		}
	});
});

describe("a rate", () => {
	it("is that of the last reading and the present, and does not jump right after a reading", () => {
		let nowMs = 0;
		const rates = new Rates<string>(() => nowMs);
		nowMs = 5000;
		expect(rates.rate("a", 50, 0)).toBe(10);
		rates.read([["a", 50]]);
		nowMs = 15_000;
		rates.read([["a", 250]]);
		nowMs = 15_100;
		expect(rates.rate("a", 260, 0)).toBe(20);
		nowMs = 20_000;
		expect(rates.rate("a", 350, 0)).toBe(20);
		// A room that was closed and opened again counts from 0.
		expect(rates.rate("a", 0, 0)).toBe(0);
		rates.read([]);
		nowMs = 21_000;
		expect(rates.rate("b", 3, 20_990)).toBe(3);
	});
});

describe("the recent log", () => {
	it("keeps 500 lines, and says how many of those that were asked for are missing", () => {
		const log = new RecentLog();
		expect(log.from(undefined, 50)).toEqual({ lines: [], next: 0, dropped: 0 });
		for (let i = 0; i < 1200; i++) log.add(`${i}\n`);
		expect(log.from(undefined, 2)).toEqual({ lines: ["1198", "1199"], next: 1200, dropped: 0 });
		expect(log.from(1197, 50)).toEqual({ lines: ["1197", "1198", "1199"], next: 1200, dropped: 0 });
		expect(log.from(1000, 50)).toMatchObject({ next: 1200, dropped: 150 });
		expect(log.from(0, 9999).lines).toHaveLength(500);
		expect(log.from(5000, 50)).toEqual({ lines: [], next: 1200, dropped: 0 });
		log.add("y".repeat(10_000));
		expect(log.from(1200, 1).lines[0]!.length).toBeLessThanOrEqual(4097);
	});
});

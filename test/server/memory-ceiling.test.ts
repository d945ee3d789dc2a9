// The ceiling on what is held for all clients: whom it closes, and when. The daemon under it is in full-daemon.test.ts.

import { describe, expect, it } from "vitest";
import { defaultMemoryCeiling, MemoryCeiling, usedMemory } from "../../src/server/memory-ceiling.ts";

const CEILING = 1000;

/** @param bytes held for each connection */
function hold(bytes: number[], used = 2000) {
	const held = new Map(bytes.map((count, at) => [at, count]));
	const sum = (): number => [...held.values()].reduce((all, count) => all + count, 0);
	const ceiling = new MemoryCeiling(CEILING, {
		heldBytes: sum,
		debtors: () => [...held].map(([at, heldBytes]) => ({ heldBytes, cut: () => held.delete(at) })),
		usedBytes: () => used,
	});
	return { ceiling, held };
}

describe("above the memory ceiling", () => {
	it("the connections that hold most are closed, largest first, until 90 % of it is left", () => {
		const { ceiling, held } = hold([10, 500, 20, 300, 400]);
		ceiling.check();
		expect([...held.values()]).toEqual([10, 20, 300, 400]);
		expect(ceiling.isAbove).toBe(true);
		ceiling.check();
		expect(ceiling.isAbove).toBe(false);
		expect(held.size).toBe(4);
	});

	it("nobody is closed while the process uses less: then connections share the bytes, as those of a broadcast", () => {
		const { ceiling, held } = hold([900, 900, 900], 999);
		ceiling.check();
		expect(held.size).toBe(3);
		expect(ceiling.isAbove).toBe(false);
	});

	it("the count comes often while much is held, and seldom otherwise", () => {
		expect(hold([100]).ceiling.check()).toBe(250);
		expect(hold([251]).ceiling.check()).toBe(50);
	});
});

it("the ceiling is at least 64 MiB and at most a quarter of the memory by default, and what the process uses is known", () => {
	expect(defaultMemoryCeiling()).toBeGreaterThanOrEqual(64 * 1024 * 1024);
	const before = usedMemory();
	const kept = Buffer.alloc(50_000_000, 1);
	expect(usedMemory() - before).toBeGreaterThan(kept.length / 2);
});

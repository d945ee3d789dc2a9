import { expect, it } from "vitest";
import { RecentSessions } from "../../src/chat/cluster/recent-sessions.ts";

it("knows 10,000 sessions that left, for 20 s, and forgets the oldest first", () => {
	let nowMs = 0;
	const departed = new RecentSessions({ now: () => nowMs, afterTick: () => {}, delay: () => () => {} });
	for (let at = 0; at <= 10_000; at++) departed.add(`s${at}`);
	expect([
		departed.leftMs("s0") !== undefined,
		departed.leftMs("s1") !== undefined,
		departed.leftMs("s10000") !== undefined,
	]).toEqual([false, true, true]);
	departed.delete("s1");
	expect(departed.leftMs("s1") !== undefined).toBe(false);
	nowMs = 10_000;
	departed.add("s2");
	nowMs = 20_000;
	departed.sweep();
	expect([departed.leftMs("s2") !== undefined, departed.leftMs("s3") !== undefined]).toEqual([true, false]);
});

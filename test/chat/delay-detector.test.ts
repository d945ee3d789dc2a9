import { expect, it } from "vitest";
import { DelayDetector } from "../../src/chat/cluster/delay-detector.ts";

it("tells how late a message is, whatever the clocks show, also after a hold-up of any length", () => {
	for (const offsetMs of [0, 5_000_000, -5_000_000]) {
		const delays = new DelayDetector();
		const late = (sentMs: number, nowMs: number): number => Math.round(delays.lateMs(sentMs + offsetMs, nowMs));
		expect([late(0, 1), late(100, 102), late(200, 201), late(300, 450)]).toEqual([0, 1, 0, 149]);
		expect([late(500, 100_001), late(501, 100_001), late(99_999, 100_002)]).toEqual([99_500, 99_499, 2]);
	}
});

it("follows clocks that drift apart", () => {
	const delays = new DelayDetector();
	for (let second = 0; second < 3600; second++) {
		expect(delays.lateMs(second * 999.9, second * 1000)).toBeLessThan(4);
	}
});

it("does not know how late what comes in the first seconds after a clock stood still is", () => {
	const delays = new DelayDetector();
	for (let at = 0; at <= 20_000; at += 100) delays.lateMs(at, at);
	// This machine was suspended for 10 s: what was sent meanwhile comes now.
	expect(delays.lateMs(25_000, 20_000)).toBe(Number.POSITIVE_INFINITY);
	expect(delays.lateMs(29_999, 20_001)).toBe(Number.POSITIVE_INFINITY);
	expect(delays.lateMs(33_000, 23_005)).toBe(3);
});

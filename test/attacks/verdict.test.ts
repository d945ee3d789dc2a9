import { describe, expect, it } from "vitest";
import { judge } from "./verdict.js";

const MIB = 1024 * 1024;

/** All goals met. */
const GOOD: Parameters<typeof judge>[0] = {
	ended: undefined,
	attack: { connections: 10, bytes: 1000, findings: [] },
	quiet: { live: 5, stored: 9 },
	attacked: { live: 40, stored: 100 },
	control: { live: 5, stored: 9 },
	ownStallMs: 2,
	waitedShare: 0.01,
	rssRiseBytes: 10 * MIB,
	counts: { lost: 0, duplicated: 0, reordered: 0, disconnected: 0 },
	complaints: [],
	visitsFailed: [],
	logs: { reason: "document-too-large", perSecond: 5 },
	notBack: undefined,
};
const NONE = GOOD.counts;

describe("the verdict on an attack", () => {
	it("is ok where every goal is met", () => {
		expect(judge(GOOD)).toEqual({ verdict: "ok", reasons: [], late: false });
	});

	it.each([
		["the target ends", { ended: "code 1" }, "the process ended: code 1"],
		["a delivery is lost", { counts: { ...NONE, lost: 1 } }, "1 deliveries lost, or later than 15 s"],
		["a delivery comes twice", { counts: { ...NONE, duplicated: 2 } }, "2 deliveries twice"],
		["deliveries are out of order", { counts: { ...NONE, reordered: 3 } }, "3 deliveries out of order"],
		["an honest member is disconnected", { counts: { ...NONE, disconnected: 1 } }, "1 honest members disconnected"],
		["an honest visit fails", { visitsFailed: ["page: closed"] }, "1 honest visits failed (page: closed)"],
		["memory rises by more than 64 MiB", { rssRiseBytes: 65 * MIB }, "memory rose by 65 MiB"],
		["a reason fills the log", { logs: { reason: "x", perSecond: 11 } }, '11 log lines/s of "x"'],
		["something stays behind", { notBack: "3 descriptors more" }, "not back in 10 s: 3 descriptors more"],
		["the attacker finds something", { attack: { ...GOOD.attack, findings: ["open"] } }, "open"],
		["nothing attacked", { attack: { ...GOOD.attack, connections: 0 } }, "the attack did not take place"],
	])("is FAIL where %s, also without goals of time", (_, change, reason) => {
		for (const timed of [true, false]) {
			expect(judge({ ...GOOD, ...change }, { timed })).toEqual({ verdict: "FAIL", reasons: [reason], late: false });
		}
	});

	it("is FAIL where honest messages are late and the machine was not", () => {
		const live = judge({ ...GOOD, attacked: { live: 51, stored: 100 } });
		expect(live).toEqual({ verdict: "FAIL", reasons: ["live p99 51 ms, above 50 ms"], late: true });
		const stored = judge({ ...GOOD, attacked: { live: 40, stored: 121 } });
		expect(stored).toEqual({ verdict: "FAIL", reasons: ["stored p99 121 ms, above 120 ms"], late: true });
	});

	it("allows twice the quiet delay", () => {
		const slow = { ...GOOD, quiet: { live: 40, stored: 60 } };
		expect(judge({ ...slow, attacked: { live: 79, stored: 100 } }).verdict).toBe("ok");
		expect(judge({ ...slow, attacked: { live: 81, stored: 100 } }).verdict).toBe("FAIL");
	});

	it.each([
		["the harness stalled itself", { ownStallMs: 30 }],
		["the target waited for a processor", { waitedShare: 0.2 }],
		["messages were as late after the attack", { control: { live: 60, stored: 9 } }],
	])("is inconclusive where messages are late and %s", (_, change) => {
		const late = { ...GOOD, attacked: { live: 200, stored: 100 } };
		expect(judge({ ...late, ...change })).toMatchObject({ verdict: "inconclusive", late: true });
		expect(judge({ ...late, ...change, counts: { ...NONE, lost: 1 } }).verdict).toBe("FAIL");
	});

	it("does not judge delays without goals of time", () => {
		expect(judge({ ...GOOD, attacked: { live: 5000, stored: 5000 } }, { timed: false }).verdict).toBe("ok");
	});
});

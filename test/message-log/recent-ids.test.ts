import { expect, it } from "vitest";
import { MemoryLog, RecentIds } from "../../src/message-log/index.ts";

const WINDOW_MS = 600_000;
const payload = Uint8Array.of(1);

it("one session's ids do not push out another's", async () => {
	let nowMs = 0;
	const log = new MemoryLog({ nowMs: () => nowMs, retention: { maxCount: 10 } });
	await log.append("lobby", { payload, session: "honest", id: "1" });
	for (let at = 0; at < 80_000; at++) {
		nowMs += 0.1;
		await log.append("lobby", { payload, session: "greedy", id: String(at) });
	}
	expect(await log.append("lobby", { payload, session: "honest", id: "1" })).toMatchObject({ seq: 1, duplicate: true });
	expect(await log.append("lobby", { payload, session: "greedy", id: "79999" })).toMatchObject({ duplicate: true });
	expect(await log.append("lobby", { payload, session: "greedy", id: "76000" })).toMatchObject({ duplicate: true });
});

it("the newest ids of a session are remembered for the window, and not longer", () => {
	const ids = new RecentIds<string>({ windowMs: WINDOW_MS, maxPerSession: 100, maxTotal: 1000 });
	for (let at = 0; at < 1000; at++) ids.add("s", String(at), `value ${at}`, at);
	for (let at = 900; at < 1000; at++) expect(ids.get("s", String(at), 1000)).toBe(`value ${at}`);
	expect(ids.get("s", "700", 1000)).toBeUndefined();
	expect(ids.get("s", "999", 999 + WINDOW_MS - 1)).toBe("value 999");
	expect(ids.get("s", "999", 999 + WINDOW_MS)).toBeUndefined();
	expect(ids.get("other", "999", 1000)).toBeUndefined();
});

it("ids that come slowly are remembered for the whole window", () => {
	const ids = new RecentIds<number>({ windowMs: WINDOW_MS, maxPerSession: 100, maxTotal: 1000 });
	for (let at = 0; at < 500; at++) {
		const nowMs = at * 10_000;
		ids.add("s", String(at), at, nowMs);
		for (let back = 0; back < 60 && back <= at; back++) expect(ids.get("s", String(at - back), nowMs)).toBe(at - back);
		expect(ids.get("s", String(at - 60), nowMs)).toBeUndefined();
	}
});

it("with too many ids in all, the sessions with the most forget first", () => {
	const ids = new RecentIds<number>({ windowMs: WINDOW_MS, maxPerSession: 100, maxTotal: 1000 });
	for (let session = 0; session < 50; session++) ids.add(`small${session}`, "1", session, 0);
	for (let session = 0; session < 40; session++) {
		for (let at = 0; at < 100; at++) ids.add(`large${session}`, String(at), at, 1);
		expect(ids.size).toBeLessThanOrEqual(1000);
		expect(ids.get(`large${session}`, "99", 1)).toBe(99);
	}
	for (let session = 0; session < 50; session++) expect(ids.get(`small${session}`, "1", 1)).toBe(session);
});

it("sessions whose ids are too old are forgotten", () => {
	const ids = new RecentIds<number>({ windowMs: WINDOW_MS, maxPerSession: 100, maxTotal: 1000 });
	for (let session = 0; session < 500; session++) ids.add(`s${session}`, "1", 1, 0);
	ids.add("s", "1", 1, WINDOW_MS);
	ids.add("s", "2", 1, WINDOW_MS * 2);
	expect(ids.size).toBe(1);
	expect(ids.sessions).toBe(1);
});

import { expect, it } from "vitest";
import { MemoryLog } from "../../src/message-log/index.ts";
import { describeLog } from "./log-suite.ts";

describeLog("a MemoryLog", { open: async (options) => new MemoryLog(options), ownsClock: true });

it("each new MemoryLog is a new history", async () => {
	const [a, b] = [await new MemoryLog().state("lobby"), await new MemoryLog().state("lobby")];
	expect(a.log).not.toBe(b.log);
	expect(a.log).toMatch(/^[0-9a-f]{8}$/);
});

it("a MemoryLog refuses a room over its limit and continues to serve the others", async () => {
	const log = new MemoryLog({ maxRooms: 2 });
	const entry = { payload: Uint8Array.of(1) };
	await log.append("a", entry);
	await log.append("b", entry);
	await expect(log.append("c", entry)).rejects.toMatchObject({ code: "XMLSOCKET_TOO_MANY_ROOMS" });
	expect((await log.append("a", entry)).seq).toBe(2);
});

it("a MemoryLog with a limit of two rooms accepts an append after two other rooms were only read", async () => {
	const log = new MemoryLog({ maxRooms: 2 });
	const limits = { maxCount: 1, maxBytes: 1 };
	expect(await log.readAfter("a", 0, limits)).toEqual({ entries: [], more: false });
	expect(await log.readBefore("b", 9, limits)).toEqual({ entries: [], more: false });
	expect(await log.state("c")).toMatchObject({ lastSeq: 0, firstSeq: 1 });
	for (const name of ["d", "e"]) await log.append(name, { payload: Uint8Array.of(1) });
	expect((await log.state("d")).lastSeq).toBe(1);
});

it("a MemoryLog drops a room without entries when its last follower stops", async () => {
	const log = new MemoryLog({ maxRooms: 1 });
	const first = await log.follow("a", () => {});
	const second = await log.follow("a", () => {});
	first.stop();
	await expect(log.follow("b", () => {})).rejects.toMatchObject({ code: "XMLSOCKET_TOO_MANY_ROOMS" });
	second.stop();
	const heard: number[] = [];
	await log.follow("b", (entry) => heard.push(entry.seq));
	second.stop();
	await log.append("b", { payload: Uint8Array.of(1) });
	expect(heard).toEqual([1]);
});

it("a MemoryLog drops entries that exceed its retention", async () => {
	const log = new MemoryLog({ retention: { maxCount: 3 } });
	for (let i = 0; i < 5000; i++) await log.append("lobby", { payload: Uint8Array.of(i & 255) });
	const { entries, more } = await log.readBefore("lobby", Number.MAX_SAFE_INTEGER, { maxCount: 100, maxBytes: 100 });
	expect(entries.map((entry) => entry.seq)).toEqual([4998, 4999, 5000]);
	expect(more).toBe(false);
});

it("a MemoryLog has a bound on all rooms together, and the largest room drops its older half", async () => {
	const log = new MemoryLog({ maxBytes: 100_000 });
	const limits = { maxCount: 1000, maxBytes: 1 << 20 };
	await log.append("small", { payload: new Uint8Array(1000) });
	for (let i = 0; i < 50; i++) await log.append("a", { payload: new Uint8Array(1000) });
	for (let i = 0; i < 300; i++) await log.append("b", { payload: new Uint8Array(1000) });
	const kept = async (room: string) => (await log.readAfter(room, 0, limits)).entries.map((entry) => entry.seq);
	expect(await kept("small")).toEqual([1]);
	const [a, b] = [await kept("a"), await kept("b")];
	expect(a.at(-1)).toBe(50);
	expect(b.at(-1)).toBe(300);
	expect(a.length).toBeGreaterThanOrEqual(25);
	expect(b.length).toBeGreaterThanOrEqual(25);
	expect(a.length + b.length + 1).toBeLessThanOrEqual(100);
});

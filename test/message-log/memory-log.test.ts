import { expect, it } from "vitest";
import { MemoryLog } from "../../src/message-log/index.ts";
import { describeLog } from "./log-suite.ts";

describeLog("a MemoryLog", { open: async (options) => new MemoryLog(options), ownsClock: true });

it("a MemoryLog is a new history each time", async () => {
	const [a, b] = [await new MemoryLog().state("lobby"), await new MemoryLog().state("lobby")];
	expect(a.log).not.toBe(b.log);
	expect(a.log).toMatch(/^[0-9a-f]{8}$/);
});

it("a MemoryLog refuses rooms past its limit, and serves those that it has", async () => {
	const log = new MemoryLog({ maxRooms: 2 });
	const entry = { payload: Uint8Array.of(1) };
	await log.append("a", entry);
	await log.append("b", entry);
	await expect(log.append("c", entry)).rejects.toMatchObject({ code: "XMLSOCKET_TOO_MANY_ROOMS" });
	expect((await log.append("a", entry)).seq).toBe(2);
});

it("a MemoryLog lets go of entries that its retention has dropped", async () => {
	const log = new MemoryLog({ retention: { maxCount: 3 } });
	for (let i = 0; i < 5000; i++) await log.append("lobby", { payload: Uint8Array.of(i & 255) });
	const { entries, more } = await log.readBefore("lobby", Number.MAX_SAFE_INTEGER, { maxCount: 100, maxBytes: 100 });
	expect(entries.map((entry) => entry.seq)).toEqual([4998, 4999, 5000]);
	expect(more).toBe(false);
});

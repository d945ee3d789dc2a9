// The records between the primary process and its workers.

import { afterEach, describe, expect, it } from "vitest";
import { MemoryLog } from "../../src/message-log/index.ts";
import { contentOf, describeStateStore } from "../state-store/state-store-suite.ts";
import { Workers } from "./worker-channel.ts";

describeStateStore("WorkerRecords", () => {
	const workers = new Workers({ log: new MemoryLog() });
	const add = async () => (await workers.add()).link.log.records;
	return { open: add, openOther: add, close: async () => workers.close() };
});

describe("the records of several workers", () => {
	let workers: Workers | undefined;
	afterEach(() => workers?.close());

	it("are the same at a worker that starts while thousands change", async () => {
		const log = new MemoryLog();
		for (let at = 0; at < 20_000; at++) await log.records.put(`key ${at}`, "x".repeat(100));
		workers = new Workers({ log });
		const { link: one } = await workers.add();
		const joining = workers.add();
		const changes: Promise<void>[] = [];
		for (let at = 0; at < 20_000; at += 7) {
			changes.push(at % 2 === 0 ? one.log.records.delete(`key ${at}`) : one.log.records.put(`key ${at}`, String(at)));
			if (at % 700 === 0) await new Promise((resolve) => setImmediate(resolve));
		}
		const { link: two } = await joining;
		await Promise.all(changes);
		const expected = contentOf(log.records);
		expect(Object.keys(expected).length).toBeLessThan(20_000);
		expect(contentOf(one.log.records)).toEqual(expected);
		await expect.poll(() => Object.keys(contentOf(two.log.records)).length).toBe(Object.keys(expected).length);
		expect(contentOf(two.log.records)).toEqual(expected);
	});

	it("keep what is refused by the primary's store refused at the worker", async () => {
		const log = new MemoryLog();
		await log.records.put("a", "1");
		workers = new Workers({ log });
		const { link } = await workers.add();
		log.records.put = () => Promise.reject(Object.assign(new Error("no"), { code: "XMLSOCKET_UNAVAILABLE" }));
		await expect(link.log.records.put("a", "2")).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
		expect(contentOf(link.log.records)).toEqual({ a: "1" });
	});
});

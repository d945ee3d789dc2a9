// The store of records in memory, and the bounds that all stores share.

import { describe, expect, it } from "vitest";
import { MemoryStateStore, StateTable } from "../../src/state-store/index.ts";
import { describeStateStore } from "./state-store-suite.ts";

describeStateStore("MemoryStateStore", () => {
	const store = new MemoryStateStore();
	return { open: async () => store, openOther: async () => store, close: async () => {} };
});

describe("the records of a store", () => {
	it("are bounded in number and bytes, and a record that becomes shorter or is deleted makes space", async () => {
		const store = new MemoryStateStore(new StateTable({ maxRecords: 3, maxBytes: 20 }));
		const code = { code: "XMLSOCKET_STATE_FULL" };
		await store.put("a", "123456789");
		await expect(store.put("b", "1234567890")).rejects.toMatchObject(code);
		await store.put("b", "123456789");
		await expect(store.put("c", "")).rejects.toMatchObject(code);
		await store.put("a", "1");
		await store.put("c", "1");
		await expect(store.put("d", "1")).rejects.toMatchObject(code);
		await store.delete("c");
		await store.put("d", "1");
	});
});

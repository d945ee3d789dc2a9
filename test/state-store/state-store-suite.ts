// What every StateStore promises, in any implementation.

import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { StateChange, StateStore } from "../../src/state-store/index.ts";

/** How a test opens a store. */
export interface StateStoreHome {
	open(): Promise<StateStore>;
	/** Another program's view of the same store; undefined: there is none. */
	openOther?(): Promise<StateStore>;
	/** Ends the process that has the store, and opens it again; undefined: it does not survive. */
	reopen?(): Promise<StateStore>;
	close(): Promise<void>;
	/** How many steps the model takes. Default 200. */
	readonly steps?: number;
}

/** The records that a store reports. */
export function contentOf(store: StateStore): Record<string, string> {
	const content = new Map<string, string>();
	store.watch(({ key, value }) => {
		if (value !== undefined) content.set(key, value);
	})();
	return Object.fromEntries(content);
}

/** Describes a store. */
export function describeStateStore(name: string, make: () => StateStoreHome): void {
	describe(`${name}, as every store of records`, () => {
		let home: StateStoreHome | undefined;
		const open = async (): Promise<StateStore> => {
			home = make();
			return await home.open();
		};
		afterEach(async () => {
			await home?.close();
			home = undefined;
		});

		it("reports each change once, in order, before the call that made it returns", async () => {
			const store = await open();
			const changes: StateChange[] = [];
			const stop = store.watch((change) => changes.push(change));
			await store.put("a/ü", "1");
			expect(changes).toEqual([{ key: "a/ü", value: "1", isFresh: true }]);
			await store.put("a/ü", "2 \u{1f600}");
			await store.delete("a/ü");
			await store.delete("a/ü");
			expect(changes.map(({ value }) => value)).toEqual(["1", "2 \u{1f600}", undefined]);
			stop();
			await store.put("b", "3");
			expect(changes).toHaveLength(3);
			expect(contentOf(store)).toEqual({ b: "3" });
		});

		it("refuses a key of 513 bytes and a record of 32 KiB and a byte, and stores what is shorter", async () => {
			const store = await open();
			await store.put("k".repeat(512), "v".repeat(32 * 1024));
			const code = { code: "XMLSOCKET_STATE_FULL" };
			await expect(store.put("k".repeat(513), "v")).rejects.toMatchObject(code);
			await expect(store.put("k", "é".repeat(16 * 1024 + 1))).rejects.toMatchObject(code);
			expect(Object.keys(contentOf(store))).toEqual(["k".repeat(512)]);
		});

		it("stores many writes that nobody waited for one by one", async () => {
			const store = await open();
			await Promise.all(Array.from({ length: 500 }, (_, at) => store.put(`key ${at % 100}`, String(at))));
			const expected = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`key ${at}`, String(at + 400)]));
			expect(contentOf(store)).toEqual(expected);
		});

		it("is a map, whatever is written and deleted, for another program and after a restart too", async () => {
			const step = fc.record({
				key: fc.constantFrom("a", "b/c", "ä", "__proto__", "x.y*>", " "),
				value: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
			});
			let store = await open();
			const other = await home!.openOther?.();
			await fc.assert(
				fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
					for (const key of Object.keys(contentOf(store))) await store.delete(key);
					const model = new Map<string, string>();
					for (const { key, value } of steps) {
						if (value === undefined || value === "") {
							await store.delete(key);
							model.delete(key);
						} else {
							await store.put(key, value);
							model.set(key, value);
						}
					}
					const expected = [...model].sort();
					expect(Object.entries(contentOf(store)).sort()).toEqual(expected);
					if (other) await expect.poll(() => Object.entries(contentOf(other)).sort()).toEqual(expected);
					if (home!.reopen) {
						store = await home!.reopen();
						expect(Object.entries(contentOf(store)).sort()).toEqual(expected);
					}
				}),
				{ numRuns: home!.steps ?? 50 },
			);
		});
	});
}

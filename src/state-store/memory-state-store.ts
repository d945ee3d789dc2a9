// A StateStore in memory, for tests, web pages and daemons without a data folder. It lasts as long as the process.

import type { StateChange, StateStore } from "./state-store.ts";
import { StateTable } from "./state-table.ts";

/** Records that end with the process. */
export class MemoryStateStore implements StateStore {
	readonly #table: StateTable;

	/** @param table default: one with the usual bounds. */
	constructor(table: StateTable = new StateTable()) {
		this.#table = table;
	}

	watch(changed: (change: StateChange) => void): () => void {
		return this.#table.watch(changed);
	}

	async put(key: string, value: string): Promise<void> {
		this.#table.check(key, value);
		this.#table.set(key, value, true);
	}

	async delete(key: string): Promise<void> {
		this.#table.set(key, undefined, true);
	}
}

// Reading stops at a limit of entries or bytes, and passes over what is too old.

import type { LogEntry, ReadLimits } from "../index.ts";

/** One page on its way: takes entries, the nearest first, until a limit is reached. */
export class Page {
	readonly entries: LogEntry[] = [];
	more = false;
	/** Whether there were entries that are too old, which do not count. */
	skipped = false;
	readonly #limits: ReadLimits;
	readonly #oldestMs: number;
	#bytes = 0;

	constructor(limits: ReadLimits, oldestMs: number) {
		this.#limits = limits;
		this.#oldestMs = oldestMs;
	}

	/** Whether the next entry may come. */
	take(entry: LogEntry): boolean {
		if (entry.atMs <= this.#oldestMs) {
			this.skipped = true;
			return true;
		}
		this.#bytes += entry.payload.length;
		const { maxCount, maxBytes } = this.#limits;
		if (this.entries.length > 0 && (this.entries.length >= maxCount || this.#bytes > maxBytes)) {
			this.more = true;
			return false;
		}
		this.entries.push(entry);
		return true;
	}
}

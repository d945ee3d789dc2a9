// Keeps the rooms of a LevelLog within their retention: remembers which rooms may have too much, and drops their oldest entries in
// bounded steps, so that appends never wait long. It decides no numbers, and runs only when the log calls it.

import type { Retention } from "../index.ts";
import type { LevelRoom } from "./level-rooms.ts";
import { Batch, type LevelStore } from "./level-store.ts";

const MAX_DROPPED_AT_ONCE = 1024;

/** Applies one retention to all rooms. */
export class RetentionTrimmer {
	readonly #retention: Retention;
	readonly #nowMs: () => number;
	readonly #due = new Set<LevelRoom>();

	/** @param nowMs wall time in milliseconds */
	constructor(retention: Retention, nowMs: () => number) {
		this.#retention = retention;
		this.#nowMs = nowMs;
	}

	/** Whether a room waits for `trimNext`. */
	get isDue(): boolean {
		return this.#due.size > 0;
	}

	/** Entries of this time and before are too old. */
	get oldestMs(): number {
		const { maxAgeMs } = this.#retention;
		return maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : this.#nowMs() - maxAgeMs;
	}

	/** Whether entries expire by their age. */
	get hasMaxAge(): boolean {
		return this.#retention.maxAgeMs !== undefined;
	}

	/** Notes a room that may have entries to drop. */
	add(room: LevelRoom): void {
		this.#due.add(room);
	}

	/** As `add`, unless the room is within its limits. */
	addIfOver(room: LevelRoom): void {
		const { maxCount = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = this.#retention;
		if (room.count > maxCount || (room.bytes > maxBytes && room.count > 1) || this.hasMaxAge) this.#due.add(room);
	}

	/** Drops up to 1024 of the oldest entries of one room. Not synced: after a crash they are dropped again. */
	async trimNext(store: LevelStore): Promise<void> {
		const [room] = this.#due;
		if (!room) return;
		this.#due.delete(room);
		const { maxCount = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = this.#retention;
		const { oldestMs } = this;
		const batch = new Batch();
		let { count, bytes } = room;
		let firstSeq = room.lastSeq + 1;
		let dropped = 0;
		await store.entries(room.number, room.firstSeq, room.lastSeq, (entry) => {
			const isOver = entry.atMs <= oldestMs || count > maxCount || (bytes > maxBytes && count > 1);
			if (!isOver || dropped === MAX_DROPPED_AT_ONCE) {
				firstSeq = entry.seq;
				return false;
			}
			batch.dropEntry(room.number, entry.seq);
			dropped++;
			count--;
			bytes -= entry.payload.length;
			return true;
		});
		if (dropped === 0) return;
		batch.putRoom(room.name, { number: room.number, lastSeq: room.lastSeq, firstSeq, count, bytes });
		await store.write(batch, false);
		Object.assign(room, { firstSeq, count, bytes });
		if (dropped === MAX_DROPPED_AT_ONCE) this.#due.add(room);
	}
}

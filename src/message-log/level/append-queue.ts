// The appends of a LevelLog that wait for the disk, in the order of the calls. Their number and bytes are bounded, and a session has
// a share of both, so that no session fills the queue. Batches are bounded too, so that one write never holds everything up.
// The queue writes nothing.

import { XMLSocketError } from "../../errors/index.ts";
import type { Appended, NewEntry } from "../index.ts";
import { MAX_NAME_BYTES } from "./level-format.ts";
import type { LevelRoom } from "./level-rooms.ts";

const MAX_BATCH = 1024;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_QUEUED = 65_536;
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
/** A session can have this part of what is still free, so that some always stays free for the others. */
const SHARE_OF_FREE = 1 / 4;

/** An append that has not settled. */
export interface PendingAppend {
	readonly room: LevelRoom;
	readonly entry: NewEntry;
	/** Of the payload, the session and the id. */
	readonly bytes: number;
	readonly resolve: (appended: Appended) => void;
	readonly reject: (error: unknown) => void;
}

/** A bounded queue. */
export class AppendQueue {
	#queue: PendingAppend[] = [];
	readonly #shares = new Map<string | undefined, { count: number; bytes: number }>();
	#bytes = 0;

	get isEmpty(): boolean {
		return this.#queue.length === 0;
	}

	/**
	 * Checks whether an entry can be queued.
	 *
	 * @returns its bytes, for `add`.
	 * @throws XMLSOCKET_NAME_INVALID if its session or id is too long, XMLSOCKET_UNAVAILABLE if the queue, or the share of its session,
	 * is full. Entries without a session share one.
	 */
	check(entry: NewEntry): number {
		let bytes = entry.payload.length;
		for (const name of [entry.session, entry.id]) {
			if (name === undefined) continue;
			const length = Buffer.byteLength(name);
			if (length > MAX_NAME_BYTES) {
				throw new XMLSocketError("XMLSOCKET_NAME_INVALID", `A session or id has more than ${MAX_NAME_BYTES} bytes.`);
			}
			bytes += length;
		}
		const own = this.#shares.get(entry.session);
		const freeCount = (MAX_QUEUED - this.#queue.length) * SHARE_OF_FREE;
		const freeBytes = (MAX_QUEUED_BYTES - this.#bytes) * SHARE_OF_FREE;
		if ((own?.count ?? 0) + 1 > freeCount || (own?.bytes ?? 0) + bytes > freeBytes) {
			throw new XMLSocketError(
				"XMLSOCKET_UNAVAILABLE",
				"Messages arrive faster than the disk can store them: too many wait to be written.",
			);
		}
		return bytes;
	}

	add(append: PendingAppend): void {
		this.#queue.push(append);
		this.#bytes += append.bytes;
		append.room.pending++;
		const { session } = append.entry;
		const own = this.#shares.get(session);
		if (own) {
			own.count++;
			own.bytes += append.bytes;
		} else this.#shares.set(session, { count: 1, bytes: append.bytes });
	}

	/** Removes the oldest appends, as many as one batch can have. Empty if none wait. */
	nextBatch(): PendingAppend[] {
		let bytes = 0;
		let at = 0;
		while (at < this.#queue.length && at < MAX_BATCH && (at === 0 || bytes < MAX_BATCH_BYTES)) {
			const append = this.#queue[at++]!;
			bytes += append.bytes;
			this.#leave(append);
		}
		this.#bytes -= bytes;
		return this.#queue.splice(0, at);
	}

	#leave({ entry: { session }, bytes }: PendingAppend): void {
		const own = this.#shares.get(session)!;
		own.bytes -= bytes;
		if (--own.count === 0) this.#shares.delete(session);
	}
}

// The pages of one room's history: what `RoomReader` finds, with the number before each entry, the limits of a page, and without
// what retention has dropped or what is too old. The room's checkpoint says which number was dropped last: it stands before the
// oldest entry that is kept. It keeps nothing.

import type { LogEntry, LogPage, ReadLimits } from "../../message-log/index.ts";
import { decodeEntry, type EntryContent } from "./entry-format.ts";
import type { StoredMessage, StreamApi } from "./jetstream-api.ts";
import { readCheckpoint } from "./retention-checkpoint.ts";
import { RoomReader } from "./room-reader.ts";

/** An entry whose predecessor is not known yet. */
export interface RoomMessage extends EntryContent {
	readonly seq: number;
	readonly messageId: string;
}

/** An entry with the id by which its publisher knows it. */
export interface RoomEntry extends LogEntry {
	readonly messageId: string;
}

/** A page of them. */
export interface RoomPage extends LogPage {
	readonly entries: readonly RoomEntry[];
}

const PIECE = 256;

/** Reads one room at one moment. */
export class RoomPages {
	readonly #api: StreamApi;
	readonly #token: string;
	readonly #reader: RoomReader<RoomMessage>;
	/** Entries of this time and before are too old. */
	readonly #oldestMs: number;

	constructor(api: StreamApi, token: string, options: { spacing?: number; oldestMs?: number } = {}) {
		this.#api = api;
		this.#token = token;
		this.#oldestMs = options.oldestMs ?? Number.NEGATIVE_INFINITY;
		const subject = api.entries(token);
		this.#reader = new RoomReader(async (from) => {
			const message = await api.next(subject, from);
			return message && messageOf(message);
		}, options.spacing);
	}

	/** How far apart the room's entries are. */
	get spacing(): number {
		return this.#reader.spacing;
	}

	/** As `Log.readAfter`. */
	async after(after: number, last: number, limits: ReadLimits): Promise<RoomPage> {
		const page = new Page(limits);
		// Where what was dropped in between shows only in the checkpoint, it must be read after the entries.
		let from = after;
		while (!page.full && from < last) {
			const wanted = Math.min(PIECE, page.room + 1);
			const found = await this.#reader.forward(from + 1, last, wanted);
			const before = found.length === 0 ? undefined : await this.#reader.backward(from, 1);
			for (const entry of await this.#linked(found, before?.[0]?.seq)) if (!this.#isOld(entry)) page.take(entry);
			if (found.length < wanted) break;
			from = found.at(-1)!.seq;
		}
		return page;
	}

	/** As `Log.readBefore`. */
	async before(last: number, limits: ReadLimits): Promise<RoomPage> {
		const page = new Page(limits);
		let to = last;
		while (!page.full && to >= 1) {
			// One more than is left, to know whether there is more, and one for the number before the last of them.
			const wanted = Math.min(PIECE, page.room + 1) + 1;
			const found = (await this.#reader.backward(to, wanted)).reverse();
			const complete = found.length < wanted;
			const linked = await this.#linked(complete ? found : found.slice(1), complete ? undefined : found[0]!.seq);
			for (const entry of linked.reverse()) {
				if (this.#isOld(entry)) return page.reversed();
				page.take(entry);
			}
			if (complete || linked.length === 0) break;
			to = found[0]!.seq;
		}
		return page.reversed();
	}

	/** The number of the oldest entry that is kept and not too old, up to `last`; `last + 1` where none is. */
	async firstSeq(last: number): Promise<number> {
		const { entries } = await this.after(0, last, { maxCount: 1, maxBytes: 0 });
		return entries[0]?.seq ?? last + 1;
	}

	/** The number that retention has dropped last. */
	async dropped(): Promise<number> {
		return (await readCheckpoint(this.#api, this.#token)).dropped;
	}

	// `found` in order and without holes; `before` is the number before the first of them where that is known.
	async #linked(found: readonly RoomMessage[], before: number | undefined): Promise<RoomEntry[]> {
		if (found.length === 0) return [];
		const dropped = await this.dropped();
		const linked: RoomEntry[] = [];
		let prev = Math.max(before ?? 0, dropped);
		for (const message of found) {
			if (message.seq <= dropped) continue;
			linked.push({ ...message, prev });
			prev = message.seq;
		}
		return linked;
	}

	#isOld({ atMs }: LogEntry): boolean {
		return atMs <= this.#oldestMs;
	}
}

/** One page on its way: takes entries, the nearest first, until a limit is reached. */
class Page implements RoomPage {
	entries: RoomEntry[] = [];
	more = false;
	readonly #limits: ReadLimits;
	#bytes = 0;

	constructor(limits: ReadLimits) {
		this.#limits = limits;
	}

	/** Whether nothing more can come. */
	get full(): boolean {
		return this.more;
	}

	/** How many more may come. */
	get room(): number {
		return Math.max(0, Math.max(1, this.#limits.maxCount) - this.entries.length);
	}

	take(entry: RoomEntry): void {
		if (this.more) return;
		this.#bytes += entry.payload.length;
		const { maxCount, maxBytes } = this.#limits;
		if (this.entries.length > 0 && (this.entries.length >= maxCount || this.#bytes > maxBytes)) this.more = true;
		else this.entries.push(entry);
	}

	reversed(): this {
		this.entries.reverse();
		return this;
	}
}

/** What a message of the stream holds. */
export function messageOf({ seq, data, messageId }: StoredMessage): RoomMessage {
	return { seq, messageId, ...decodeEntry(data) };
}

/** An entry as a log gives it. */
export function entryOf({ seq, prev, atMs, session, id, payload }: RoomEntry): LogEntry {
	return { seq, prev, atMs, session, id, payload };
}

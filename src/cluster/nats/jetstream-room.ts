// One room of the stream as one daemon sees it: the committed entries come over core NATS, each with the number before it. Where
// that does not fit what came last, what is missing is read from the stream before anything more is delivered, so that followers get
// every entry once and in order, however many messages were lost on the way. It publishes nothing.

import type { LogEntry } from "../../message-log/index.ts";
import { entryOf, type RoomEntry, type RoomMessage } from "./room-pages.ts";

/** Reads the oldest entries after a number up to another, in order, and tells which number retention has dropped last. */
export type Refill = (
	after: number,
	through: number,
) => Promise<{ readonly entries: readonly RoomEntry[]; readonly dropped: number }>;

const MAX_AHEAD = 1024;
const MAX_AHEAD_BYTES = 1024 * 1024;
const RETRY_MS = 200;
const MAX_MISSING = 25;
const MAX_RECENT = 32;

/** What a room tells its log. */
export interface RoomEvents {
	/** Called for each entry, after the followers were. */
	delivered(entry: RoomEntry): void;
	/** Whether a refill that failed is worth another attempt. */
	goesOn(): boolean;
	/** A number stands for another entry than the one that was delivered under it. */
	contradicted(): void;
}

/** The followers of one room, and how far they are. */
export class JetStreamRoom {
	readonly followers: Set<(entry: LogEntry) => void> = new Set();
	readonly #refill: Refill;
	readonly #events: RoomEvents;
	/** The number that followers were given last. */
	#cursor: number;
	/** The highest number that is known to be committed. */
	#target: number;
	// What came while something before it is missing: without holes, and bounded; what does not fit is read again.
	#ahead: RoomEntry[] = [];
	#aheadBytes = 0;
	#catchingUp: Promise<void> | undefined = undefined;
	/** What was delivered last, to know it again; nothing is missing in it. */
	#recent: { readonly seq: number; readonly messageId: string }[] = [];
	// Counts the streams: what was asked of the one before says nothing of this one.
	#generation = 0;

	constructor(cursor: number, refill: Refill, events: RoomEvents) {
		this.#cursor = cursor;
		this.#target = cursor;
		this.#refill = refill;
		this.#events = events;
	}

	/** Another one after each restart. */
	get generation(): number {
		return this.#generation;
	}

	get cursor(): number {
		return this.#cursor;
	}

	/** Whether all that is known to be committed was delivered. */
	get isCurrent(): boolean {
		return this.#cursor >= this.#target;
	}

	/** A committed entry came. @param prev the number before it, as the stream knows it */
	heard(message: RoomMessage, prev: number): void {
		const { seq } = message;
		if (seq <= this.#cursor) {
			this.verify(message);
			return;
		}
		// Where the room was emptied by hand, the stream knows of nothing before.
		const entry: RoomEntry = { ...message, prev: prev === 0 ? this.#cursor : prev };
		if (this.#catchingUp === undefined && entry.prev <= this.#cursor) {
			this.#deliver(entry);
			return;
		}
		if (this.#ahead.length > 0 && seq <= this.#ahead.at(-1)!.seq) return;
		const fits = this.#ahead.length < MAX_AHEAD && this.#aheadBytes + entry.payload.length <= MAX_AHEAD_BYTES;
		if (!fits || this.#ahead.at(-1)?.seq !== entry.prev) {
			this.#ahead = [];
			this.#aheadBytes = 0;
		}
		this.#ahead.push(entry);
		this.#aheadBytes += entry.payload.length;
		this.committedUpTo(seq);
	}

	/** A message is in the stream: whether it is the one that was delivered under its number. */
	verify({ seq, messageId }: Pick<RoomMessage, "seq" | "messageId">): void {
		const [oldest] = this.#recent;
		if (!oldest || seq < oldest.seq || seq > this.#cursor) return;
		if (this.#recent.find((one) => one.seq === seq)?.messageId !== messageId) this.#events.contradicted();
	}

	/** Something up to this number is committed: what did not come is read. */
	committedUpTo(seq: number): void {
		this.#target = Math.max(this.#target, seq);
		if (this.isCurrent) return;
		this.#catchingUp ??= this.#catchUp().finally(() => {
			this.#catchingUp = undefined;
			if (!this.isCurrent && this.#events.goesOn()) this.committedUpTo(this.#target);
		});
	}

	/** Begins again in another stream, whose numbers have nothing to do with those before, after its number `last`. */
	restart(last: number): void {
		this.#generation++;
		this.#recent = [];
		this.#cursor = last;
		this.#target = last;
		this.#ahead = [];
		this.#aheadBytes = 0;
	}

	async #catchUp(): Promise<void> {
		let missing = 0;
		while (!this.isCurrent && this.#events.goesOn()) {
			const [first] = this.#ahead;
			if (first && first.prev <= this.#cursor) {
				this.#ahead.shift();
				this.#aheadBytes -= first.payload.length;
				if (first.seq > this.#cursor) this.#deliver(first);
				continue;
			}
			const through = first ? first.prev : this.#target;
			try {
				const generation = this.#generation;
				const { entries, dropped } = await this.#refill(this.#cursor, through);
				if (generation !== this.#generation) continue;
				for (const entry of entries) if (entry.seq > this.#cursor) this.#deliver(entry);
				if (entries.length > 0) continue;
				// It was committed, so that retention has dropped it since, and the next entry's `prev` tells the followers; or a
				// server that has just become the leader is not there yet; or it was deleted by hand.
				if (dropped >= through || ++missing > MAX_MISSING) {
					this.#cursor = Math.max(this.#cursor, through);
					this.#recent = [];
				} else await pause();
			} catch {
				await pause();
			}
		}
	}

	#deliver(entry: RoomEntry): void {
		this.#cursor = entry.seq;
		if (this.#recent.push({ seq: entry.seq, messageId: entry.messageId }) > MAX_RECENT) this.#recent.shift();
		this.#target = Math.max(this.#target, entry.seq);
		const told = entryOf(entry);
		for (const follower of this.followers) follower(told);
		this.#events.delivered(entry);
	}
}

function pause(): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}

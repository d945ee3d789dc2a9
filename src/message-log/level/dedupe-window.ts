// The ids that were stored within the window, so that what is sent again is not stored again. They are kept by period, each as
// long as the window: an id that counts is in the present period or the one before, and older ones go a period at a time.

import type { IdRecord } from "./level-format.ts";
import type { Batch, LevelStore } from "./level-store.ts";

/** What makes an entry the same as another: all three. */
export class EntryId {
	readonly room: number;
	readonly session: string;
	readonly id: string;
	/** Made once: most of what an id costs. */
	readonly key: string;

	constructor(room: number, session: string, id: string) {
		this.room = room;
		this.session = session;
		this.id = id;
		this.key = `${room}\0${session}\0${id}`;
	}
}

/** The window of one folder. */
export class DedupeWindow {
	readonly #windowMs: number;
	// The clock that ids expire by begins with the wall's, or with the newest id in the folder, and goes on by itself: a wall clock that
	// is set meanwhile must not make a resend a second message.
	readonly #monotonicMs: () => number;
	#offsetMs: number;
	#forgottenPeriod = 0;
	// No id came in an earlier period: nobody looks where nothing can be.
	#firstPeriod = Number.POSITIVE_INFINITY;

	constructor(windowMs: number, wallMs: number, monotonicMs: () => number) {
		this.#windowMs = windowMs;
		this.#monotonicMs = monotonicMs;
		this.#offsetMs = wallMs - monotonicMs();
	}

	/** Goes on from what a folder holds. */
	async load(store: LevelStore): Promise<void> {
		const period = await store.newestPeriod();
		if (period === undefined) return;
		this.#firstPeriod = period - 1;
		this.#offsetMs += Math.max(0, period * this.#windowMs - this.#nowMs);
	}

	/** What is known of the ids of one batch, in one look-up. */
	async lookUp(store: LevelStore, ids: readonly EntryId[]): Promise<KnownIds> {
		const period = this.#period;
		const periods = [period, period - 1].filter((one) => one >= this.#firstPeriod);
		if (ids.length > 0) this.#firstPeriod = Math.min(this.#firstPeriod, period);
		const known = new KnownIds(this.#nowMs, this.#windowMs, period);
		const found = await store.ids(periods, ids);
		for (const [at, id] of ids.entries()) if (found[at]) known.add(id, found[at]);
		return known;
	}

	/** Has the folder forget the periods that are past. */
	async forgetPast(store: LevelStore): Promise<void> {
		const oldest = this.#period - 1;
		if (oldest <= this.#forgottenPeriod) return;
		this.#forgottenPeriod = oldest;
		await store.forgetIdsBefore(oldest);
	}

	get #nowMs(): number {
		return Math.floor(this.#monotonicMs() + this.#offsetMs);
	}

	get #period(): number {
		return Math.floor(this.#nowMs / this.#windowMs);
	}
}

/** The known ids of one batch; those that the batch itself brings are added as they come. */
export class KnownIds {
	readonly #nowMs: number;
	readonly #windowMs: number;
	readonly #period: number;
	readonly #records = new Map<string, IdRecord>();

	constructor(nowMs: number, windowMs: number, period: number) {
		this.#nowMs = nowMs;
		this.#windowMs = windowMs;
		this.#period = period;
	}

	add(id: EntryId, record: IdRecord): void {
		this.#records.set(id.key, record);
	}

	/** The entry that came with this id, where that was within the window. */
	first(id: EntryId): IdRecord | undefined {
		const record = this.#records.get(id.key);
		return record && this.#nowMs - record.atMs < this.#windowMs ? record : undefined;
	}

	/** Remembers an id, and writes it with its entry. */
	remember(batch: Batch, id: EntryId, seq: number, prev: number): void {
		const record = { seq, prev, atMs: this.#nowMs };
		this.add(id, record);
		batch.putId(this.#period, id.room, id.session, id.id, record);
	}
}

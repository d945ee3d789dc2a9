// Remembers for some minutes which ids came, by session. A session with many ids forgets its own oldest ones, never those of another. If
// all sessions together have too many, those with the most forget first. Nothing is deleted one by one, because a Map with many deleted
// entries at its beginning is slow.

/** The bounds of a `RecentIds`. */
export interface RecentIdsOptions {
	/** How long an id is remembered, in milliseconds. */
	readonly windowMs: number;
	/** So many of the newest ids of a session are remembered for the window, and at most twice as many. */
	readonly maxPerSession: number;
	/** Ids of all sessions. */
	readonly maxTotal: number;
}

interface Remembered<Value> {
	readonly value: Value;
	readonly atMs: number;
}

interface Session<Value> {
	/** The newer ids. When they are enough, or old enough, they replace the older ones. */
	young: Map<string, Remembered<Value>>;
	youngSinceMs: number;
	old: Map<string, Remembered<Value>>;
	newestMs: number;
}

/** When there are too many ids, so much of the bound is left, so that this happens rarely. */
const KEPT_PART = 0.75;

/** The ids of many sessions, each with a value. Times are milliseconds of one clock. */
export class RecentIds<Value> {
	readonly #options: RecentIdsOptions;
	readonly #sessions = new Map<string, Session<Value>>();
	#size = 0;
	#sweptMs = Number.NEGATIVE_INFINITY;

	constructor(options: RecentIdsOptions) {
		this.#options = options;
	}

	/** How many ids are kept, those that are too old included. */
	get size(): number {
		return this.#size;
	}

	/** How many sessions have ids. */
	get sessions(): number {
		return this.#sessions.size;
	}

	/** The value of an id that came within the window. */
	get(session: string, id: string, nowMs: number): Value | undefined {
		const own = this.#sessions.get(session);
		const found = own?.young.get(id) ?? own?.old.get(id);
		return found && nowMs - found.atMs < this.#options.windowMs ? found.value : undefined;
	}

	/** Remembers an id. */
	add(session: string, id: string, value: Value, nowMs: number): void {
		const { windowMs, maxPerSession, maxTotal } = this.#options;
		if (nowMs - this.#sweptMs >= windowMs) this.#sweep(nowMs);
		let own = this.#sessions.get(session);
		if (!own) {
			own = { young: new Map(), youngSinceMs: nowMs, old: new Map(), newestMs: nowMs };
			this.#sessions.set(session, own);
		} else if (own.young.size >= maxPerSession || nowMs - own.youngSinceMs >= windowMs) {
			this.#size -= own.old.size;
			own.old = own.young;
			own.young = new Map();
			own.youngSinceMs = nowMs;
		}
		const before = own.young.size;
		own.young.set(id, { value, atMs: nowMs });
		own.newestMs = nowMs;
		this.#size += own.young.size - before;
		if (this.#size > maxTotal) this.#shrink(Math.floor(maxTotal * KEPT_PART));
	}

	#sweep(nowMs: number): void {
		this.#sweptMs = nowMs;
		for (const [session, own] of this.#sessions) {
			if (nowMs - own.newestMs < this.#options.windowMs) continue;
			this.#size -= own.young.size + own.old.size;
			this.#sessions.delete(session);
		}
	}

	// Every session keeps its newest ids, up to a number that is the same for all.
	#shrink(total: number): void {
		const sessions = [...this.#sessions.values()].sort((a, b) => sizeOf(a) - sizeOf(b));
		let left = total;
		let share = 0;
		for (const [at, own] of sessions.entries()) {
			share = Math.max(1, Math.floor(left / (sessions.length - at)));
			if (sizeOf(own) > share) break;
			left -= sizeOf(own);
		}
		this.#size = 0;
		for (const own of sessions) {
			if (sizeOf(own) > share) keepNewest(own, share);
			this.#size += sizeOf(own);
		}
		// More sessions than ids that may be kept: the oldest sessions go.
		for (const [session, own] of this.#sessions) {
			if (this.#size <= total) return;
			this.#size -= sizeOf(own);
			this.#sessions.delete(session);
		}
	}
}

function sizeOf<Value>({ young, old }: Session<Value>): number {
	return young.size + old.size;
}

function keepNewest<Value>(own: Session<Value>, count: number): void {
	const fromOld = Math.max(0, count - own.young.size);
	const fromYoung = count - fromOld;
	own.old = new Map(fromOld === 0 ? [] : [...own.old].slice(-fromOld));
	own.young = new Map([...own.young].slice(-fromYoung));
}

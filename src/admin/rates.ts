// How fast counters rise, without work where they are counted: all of them are read every 10 s, and a rate compares the present with the
// last reading. So a rate is the average of the last 2 to 12 s.

/** A reading younger than this gives no rate of its own: the one before it counts. */
const MIN_ELAPSED_MS = 2000;

interface Reading {
	readonly count: number;
	readonly atMs: number;
	/** The rate up to this reading, a second; undefined where there was none before. */
	readonly rate: number | undefined;
}

/** The rates of counters that only rise, by key. */
export class Rates<Key> {
	readonly #now: () => number;
	#readings = new Map<Key, Reading>();

	/** @param now monotonic milliseconds. */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** Reads all counters. Those that are not among them any more are forgotten. */
	read(counters: Iterable<readonly [Key, number]>): void {
		const atMs = this.#now();
		const readings = new Map<Key, Reading>();
		for (const [key, count] of counters) readings.set(key, { count, atMs, rate: this.#rateOf(key, count, atMs) });
		this.#readings = readings;
	}

	/**
	 * How fast a counter rises, a second.
	 *
	 * @param count its present value. @param sinceMs when it was 0, where it has not been read yet.
	 */
	rate(key: Key, count: number, sinceMs: number): number {
		const atMs = this.#now();
		const rate = this.#rateOf(key, count, atMs) ?? (count * 1000) / Math.max(atMs - sinceMs, 1000);
		return Math.round(rate * 100) / 100;
	}

	#rateOf(key: Key, count: number, atMs: number): number | undefined {
		const before = this.#readings.get(key);
		if (!before) return undefined;
		const elapsedMs = atMs - before.atMs;
		return elapsedMs < MIN_ELAPSED_MS ? before.rate : (Math.max(0, count - before.count) * 1000) / elapsedMs;
	}
}

// How long something takes, counted in buckets for the metrics page. Only some are timed: all of them while there are few, and at most a hundred a
// second otherwise, so that a busy server pays for no more clocks.

/** The upper ends of the buckets, in seconds; one more has no end. */
export const LATENCY_BOUNDS: readonly number[] = [
	0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
/** Each costs a turn of the event loop. */
const MOST_TIMED_A_SECOND = 100;

/** The times of one kind. */
export class Latency {
	/** Its name on the metrics page, without the `xmlsocket_` in front. */
	readonly name: string;
	/** How many were within each bound and above the one before; the last has no bound. */
	readonly counts: number[] = Array(LATENCY_BOUNDS.length + 1).fill(0);
	/** Of all times, in seconds. */
	sumSeconds = 0;
	/** One in so many is timed. */
	#stride = 1;
	/** Since the last `sweep`: how many there were, which one is timed next, and how many were timed. */
	#seen = 0;
	#next = 1;
	#timed = 0;

	constructor(name: string) {
		this.name = name;
	}

	/** Whether the next one is to be timed. */
	isDue(): boolean {
		if (++this.#seen < this.#next || this.#timed === MOST_TIMED_A_SECOND) return false;
		this.#timed++;
		this.#next = this.#seen + this.#stride;
		return true;
	}

	/** Counts a time, in milliseconds. */
	add(ms: number): void {
		const seconds = Math.max(0, ms) / 1000;
		let at = 0;
		while (at < LATENCY_BOUNDS.length && seconds > LATENCY_BOUNDS[at]!) at++;
		this.counts[at]!++;
		this.sumSeconds += seconds;
	}

	/** A second has passed: adapts to how many there were. */
	sweep(): void {
		this.#stride = Math.max(1, Math.ceil(this.#seen / MOST_TIMED_A_SECOND));
		this.#seen = 0;
		this.#next = 1;
		this.#timed = 0;
	}
}

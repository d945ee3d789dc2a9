// How long to wait before the next attempt to connect: decorrelated jitter, so that the clients of a server that restarts
// do not all come back at once. It counts and computes; the waiting is done elsewhere. README.md, "From a program".

/** The bounds of the waiting. */
export interface BackoffLimits {
	readonly minDelayMs: number;
	readonly maxDelayMs: number;
	/** Attempts in a row before giving up; Infinity for never. */
	readonly maxAttempts: number;
}

/** One series of attempts after another. */
export class Backoff {
	/** Attempts since the last `reset`. */
	attempts = 0;
	readonly #limits: BackoffLimits;
	readonly #random: () => number;
	#delayMs: number;

	/** @param random gives numbers from 0 up to, but not including, 1. */
	constructor(limits: BackoffLimits, random: () => number) {
		this.#limits = limits;
		this.#random = random;
		this.#delayMs = limits.minDelayMs;
	}

	/** Counts an attempt and gives the wait before it, in milliseconds; undefined when there were enough. */
	next(): number | undefined {
		const { minDelayMs, maxDelayMs, maxAttempts } = this.#limits;
		if (this.attempts >= maxAttempts) return undefined;
		this.attempts++;
		const spread = this.#delayMs * 3 - minDelayMs;
		this.#delayMs = Math.min(maxDelayMs, Math.round(minDelayMs + this.#random() * spread));
		return this.#delayMs;
	}

	/** Begins a new series: the connection has held. */
	reset(): void {
		this.attempts = 0;
		this.#delayMs = this.#limits.minDelayMs;
	}
}

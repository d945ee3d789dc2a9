// How long to wait before the next attempt to connect: decorrelated jitter, so that the clients of a server that restarts do not
// all reconnect at once. It counts and computes; the redialer waits. docs/guide/connections.md, "Reconnecting".

/** The bounds of the waits. */
export interface BackoffLimits {
	readonly minDelayMs: number;
	readonly maxDelayMs: number;
	/** Failed attempts before giving up; Infinity for never. */
	readonly maxAttempts: number;
}

/** The waits of one series of attempts after another. */
export class Backoff {
	/** Attempts since the last `reset`. */
	attempts = 0;
	readonly #limits: BackoffLimits;
	readonly #random: () => number;
	#delayMs: number;

	/** @param random returns numbers from 0 up to, but not including, 1. */
	constructor(limits: BackoffLimits, random: () => number) {
		this.#limits = limits;
		this.#random = random;
		this.#delayMs = limits.minDelayMs;
	}

	/** Counts an attempt. @returns the wait before it, in milliseconds; undefined when `maxAttempts` were made. */
	next(): number | undefined {
		const { minDelayMs, maxDelayMs, maxAttempts } = this.#limits;
		if (this.attempts >= maxAttempts) return undefined;
		this.attempts++;
		const spread = this.#delayMs * 3 - minDelayMs;
		this.#delayMs = Math.min(maxDelayMs, Math.round(minDelayMs + this.#random() * spread));
		return this.#delayMs;
	}

	/** Begins a new series: the last connection has held long enough. */
	reset(): void {
		this.attempts = 0;
		this.#delayMs = this.#limits.minDelayMs;
	}
}

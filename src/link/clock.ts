// Time as this package sees it: passed in, so that the portable rooms run in Node, in a page and under a test's own clock.

/** The time and the two ways to wait. */
export interface Clock {
	/** Monotonic milliseconds from any origin. */
	now(): number;
	/** Runs `run` once what the event loop has already received is handled: later than a microtask where the host can. */
	afterTick(run: () => void): void;
	/**
	 * Runs `run` after `delayMs` (at most 2^31 - 1) milliseconds, without keeping the process alive for it.
	 * @returns a function that takes it back.
	 */
	delay(delayMs: number, run: () => void): () => void;
}

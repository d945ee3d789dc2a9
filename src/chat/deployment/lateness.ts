// How late one node's messages come, by clocks that agree on nothing: each message says when it was sent, the quickest of the last
// two minutes shows how far the clocks are apart, and what took longer than that one was held up on the way. A connection that is
// given up goes on handing over what it had taken, so that neither side knows it otherwise.

const LATE_MS = 500;
const WINDOW_MS = 60_000;

/** The messages of one node, as they come. */
export class Lateness {
	#quickestMs = Number.POSITIVE_INFINITY;
	#quickestBeforeMs = Number.POSITIVE_INFINITY;
	#sinceMs = Number.NEGATIVE_INFINITY;

	/**
	 * Whether a message was held up.
	 *
	 * @param sentMs by the sender's monotonic clock.
	 * @param nowMs by ours.
	 */
	isLate(sentMs: number, nowMs: number): boolean {
		// The clocks drift apart: an old measure says ever less.
		if (nowMs - this.#sinceMs >= WINDOW_MS) {
			this.#quickestBeforeMs = this.#quickestMs;
			this.#quickestMs = Number.POSITIVE_INFINITY;
			this.#sinceMs = nowMs;
		}
		const tookMs = nowMs - sentMs;
		this.#quickestMs = Math.min(this.#quickestMs, tookMs);
		return tookMs - Math.min(this.#quickestMs, this.#quickestBeforeMs) >= LATE_MS;
	}
}

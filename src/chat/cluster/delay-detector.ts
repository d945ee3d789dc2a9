// Measures how much later than usual the messages of one node come, though the clocks of two nodes have no common origin. Each
// message carries its sending time. The fastest message of the last seconds shows how far the clocks are apart; a message
// that took longer than that one was held up. Neither end knows otherwise: a node that stood still, or a broken connection,
// can still deliver what it holds.

/** Clocks drift apart, so that an old measurement becomes useless. A window ends with a message, so no hold-up is longer than it. */
const WINDOW_MS = 15_000;
/** A message cannot be this much faster than all before it: one of the clocks has stood still, as with a suspended machine. */
const CLOCK_STOOD_STILL_MS = 500;
/** How long it is unknown then how late the messages are: what was on its way has come after it. */
const UNKNOWN_MS = 3000;

/** The transit times of one node's messages. */
export class DelayDetector {
	#fastestMs = Number.POSITIVE_INFINITY;
	#fastestInWindowBeforeMs = Number.POSITIVE_INFINITY;
	#windowStartMs = Number.NEGATIVE_INFINITY;
	#unknownUntilMs = Number.NEGATIVE_INFINITY;

	/**
	 * How much later than usual a message comes, in milliseconds; Infinity where that is unknown. The first one is not late.
	 *
	 * @param sentMs by the sender's monotonic clock.
	 * @param nowMs by ours.
	 */
	lateMs(sentMs: number, nowMs: number): number {
		if (nowMs - this.#windowStartMs >= WINDOW_MS) {
			this.#fastestInWindowBeforeMs = this.#fastestMs;
			this.#fastestMs = Number.POSITIVE_INFINITY;
			this.#windowStartMs = nowMs;
		}
		const transitMs = nowMs - sentMs;
		const knownMs = Math.min(this.#fastestMs, this.#fastestInWindowBeforeMs);
		this.#fastestMs = Math.min(this.#fastestMs, transitMs);
		if (Number.isFinite(knownMs) && knownMs - transitMs >= CLOCK_STOOD_STILL_MS)
			this.#unknownUntilMs = nowMs + UNKNOWN_MS;
		if (nowMs < this.#unknownUntilMs) return Number.POSITIVE_INFINITY;
		return Number.isFinite(knownMs) ? Math.max(0, transitMs - knownMs) : 0;
	}
}

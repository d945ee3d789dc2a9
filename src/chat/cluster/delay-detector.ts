// Detects which messages of one node were held up on their way, though the clocks of two nodes have no common origin. Each
// message carries its sending time. The fastest message of the last two minutes shows how far the clocks are apart; a message
// that took longer than that one was held up. Neither end knows otherwise: a broken connection can still deliver what it holds.

const DELAYED_MS = 500;
const WINDOW_MS = 60_000;

/** The transit times of one node's messages. */
export class DelayDetector {
	#fastestMs = Number.POSITIVE_INFINITY;
	#fastestInWindowBeforeMs = Number.POSITIVE_INFINITY;
	#windowStartMs = Number.NEGATIVE_INFINITY;

	/**
	 * Whether a message was held up for half a second or more.
	 *
	 * @param sentMs by the sender's monotonic clock.
	 * @param nowMs by ours.
	 */
	isDelayed(sentMs: number, nowMs: number): boolean {
		// Clocks drift apart, so that an old measurement becomes useless.
		if (nowMs - this.#windowStartMs >= WINDOW_MS) {
			this.#fastestInWindowBeforeMs = this.#fastestMs;
			this.#fastestMs = Number.POSITIVE_INFINITY;
			this.#windowStartMs = nowMs;
		}
		const transitMs = nowMs - sentMs;
		this.#fastestMs = Math.min(this.#fastestMs, transitMs);
		return transitMs - Math.min(this.#fastestMs, this.#fastestInWindowBeforeMs) >= DELAYED_MS;
	}
}

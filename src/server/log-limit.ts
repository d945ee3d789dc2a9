// Limits how many warnings of one reason are written, so that no client can fill a log. A flood writes a few lines and then one line that
// says how many more there were.

import type { Logger } from "./logger.ts";

/** Lines for one reason within one window; more are counted. */
const LINES_PER_WINDOW = 5;
const WINDOW_MS = 10_000;

interface Window {
	readonly endsMs: number;
	lines: number;
	suppressed: number;
}

/** Writes warnings, at most 5 in 10 s for each reason. The others are written at the level debug. */
export class LogLimit {
	readonly #log: Logger;
	readonly #now: () => number;
	readonly #lines: number;
	/** By reason. The reasons are the program's own, so there are few. */
	readonly #windows = new Map<string, Window>();

	/**
	 * @param now monotonic milliseconds.
	 * @param lines for one reason in 10 s.
	 */
	constructor(log: Logger, now: () => number, lines = LINES_PER_WINDOW) {
		this.#log = log;
		this.#now = now;
		this.#lines = lines;
	}

	/** @param facts values from clients must be `loggable`. */
	warn(reason: string, facts: object, text: string): void {
		if (this.mayLog(reason)) this.#log.warn(facts, text);
		else this.#log.debug(facts, text);
	}

	/** Whether a line for this reason may be written now; otherwise it is counted. */
	mayLog(reason: string): boolean {
		const now = this.#now();
		let window = this.#windows.get(reason);
		if (!window || (now >= window.endsMs && window.suppressed === 0)) {
			window = { endsMs: now + WINDOW_MS, lines: 0, suppressed: 0 };
			this.#windows.set(reason, window);
		}
		if (window.lines < this.#lines) {
			window.lines++;
			return true;
		}
		window.suppressed++;
		return false;
	}

	/** Reports what was not written in windows that are over. */
	sweep(nowMs: number): void {
		for (const [reason, { endsMs, suppressed }] of this.#windows) {
			if (nowMs < endsMs) continue;
			this.#windows.delete(reason);
			if (suppressed > 0)
				this.#log.warn({ reason, count: suppressed, windowMs: WINDOW_MS }, "refused more for the same reason");
		}
	}
}

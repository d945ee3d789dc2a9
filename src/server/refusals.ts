// What the server refuses, and what fails in it: counted by reason, and logged. A flood of refusals writes a few lines for each
// reason and then one line that says how many more there were, so that no client can fill a log.

import { type Logger, loggable } from "./logger.ts";
import type { Metrics } from "./metrics.ts";

/** Lines for one reason within one window; more are counted. */
const LINES_PER_WINDOW = 5;
const WINDOW_MS = 10_000;

interface Window {
	readonly endsMs: number;
	lines: number;
	suppressed: number;
}

/** Counts and logs refusals. */
export class Refusals {
	readonly #metrics: Metrics;
	readonly #log: Logger;
	readonly #now: () => number;
	/** By reason. The reasons are the program's own, so there are few. */
	readonly #windows = new Map<string, Window>();

	/** @param now monotonic milliseconds. */
	constructor(metrics: Metrics, log: Logger, now: () => number) {
		this.#metrics = metrics;
		this.#log = log;
		this.#now = now;
	}

	/**
	 * Counts one refusal under `xmlsocket_refused_total{reason}` and warns, at most 5 times in 10 s for each reason.
	 *
	 * @param facts values from clients must be `loggable`.
	 */
	refuse(reason: string, text: string, facts: object = {}): void {
		this.#metrics.count(this.#metrics.refused, reason);
		const line = { ...facts, reason };
		if (this.#mayLog(reason)) this.#log.warn(line, text);
		else this.#log.debug(line, text);
	}

	/** A callback of the application, of a route or of a library threw. Only what it was called for fails. */
	failed(error: unknown): void {
		this.#metrics.count(this.#metrics.refused, "internal");
		if (this.#mayLog("internal")) this.#log.error({ err: error }, "a handler failed");
	}

	/**
	 * Runs a callback. Where it throws, or its promise rejects, that is counted and logged, and `otherwise` runs.
	 */
	guard(run: () => void | Promise<void>, otherwise: () => void = () => {}): void {
		const failed = (error: unknown): void => {
			this.failed(error);
			try {
				otherwise();
			} catch (second) {
				this.failed(second);
			}
		};
		try {
			run()?.catch(failed);
		} catch (error) {
			failed(error);
		}
	}

	/** Reports what was not logged: once a second, and when the server closes. */
	sweep(nowMs: number): void {
		for (const [reason, { endsMs, suppressed }] of this.#windows) {
			if (nowMs < endsMs) continue;
			this.#windows.delete(reason);
			if (suppressed > 0)
				this.#log.warn({ reason, count: suppressed, windowMs: WINDOW_MS }, "refused more for the same reason");
		}
	}

	#mayLog(reason: string): boolean {
		const now = this.#now();
		let window = this.#windows.get(reason);
		if (!window || (now >= window.endsMs && window.suppressed === 0)) {
			window = { endsMs: now + WINDOW_MS, lines: 0, suppressed: 0 };
			this.#windows.set(reason, window);
		}
		if (window.lines < LINES_PER_WINDOW) {
			window.lines++;
			return true;
		}
		window.suppressed++;
		return false;
	}
}

/** A client's address as a fact of a log line. */
export function remoteFact(address: string): { readonly remote: string } {
	return { remote: loggable(address) };
}

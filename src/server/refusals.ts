// What the server refuses, and what fails in it: counted by reason, and logged within the limits of
// `log-limit.ts`.

import { type Refused, refusal } from "./diagnostics.ts";
import { LogLimit } from "./log-limit.ts";
import { type Logger, loggable } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { RefusalReason } from "./refusal-reasons.ts";

/** Counts and logs refusals. */
export class Refusals {
	readonly #metrics: Metrics;
	readonly #log: Logger;
	readonly #limit: LogLimit;

	/** @param now monotonic milliseconds. */
	constructor(metrics: Metrics, log: Logger, now: () => number) {
		this.#metrics = metrics;
		this.#log = log;
		this.#limit = new LogLimit(log, now);
	}

	/**
	 * Counts one refusal under `xmlsocket_refused_total{reason}` and warns, at most 5 times in 10 s for each reason.
	 *
	 * @param facts values from clients must be `loggable`.
	 */
	refuse(reason: RefusalReason, text: string, facts: object = {}): void {
		this.#count(reason, text, facts);
		this.#limit.warn(reason, { ...facts, reason }, text);
	}

	/** Logs a warning about something that was not refused, at most 5 in 10 s for a reason. @param facts as for `refuse` */
	warn(reason: string, text: string, facts: object): void {
		this.#limit.warn(reason, { ...facts, reason }, text);
	}

	/** Counts one refusal whose line would tell an operator nothing; it is written at the level debug. @param facts as for `refuse` */
	count(reason: RefusalReason, text: string, facts: object): void {
		this.#count(reason, text, facts);
		this.#log.debug({ ...facts, reason }, text);
	}

	/** A callback of the application, of a route or of a library threw. Only what it was called for fails. */
	failed(error: unknown): void {
		this.#metrics.count(this.#metrics.refused, "internal");
		if (this.#limit.mayLog("internal")) this.#log.error({ err: error }, "a handler failed");
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

	#count(reason: RefusalReason, text: string, facts: object): void {
		this.#metrics.count(this.#metrics.refused, reason);
		if (refusal.hasSubscribers) refusal.publish({ reason, text, facts } satisfies Refused);
	}

	/** Reports what was not logged: once a second, and when the server closes. */
	sweep(nowMs: number): void {
		this.#limit.sweep(nowMs);
	}
}

/** A client's address as a fact of a log line. */
export function remoteFact(address: string): { readonly remote: string } {
	return { remote: loggable(address) };
}

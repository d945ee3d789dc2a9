// Limits how many warnings of one reason are written, so that no client can fill a log. A flood writes a few lines and then one line that
// says how many more there were, and from how many addresses.

import type { Logger } from "./logger.ts";

/** Lines for one reason within one window; more are counted. */
const LINES_PER_WINDOW = 5;
const WINDOW_MS = 10_000;
/** Addresses that are told apart for the number in the summary; further ones are not counted. */
const MAX_ADDRESSES = 1000;

/** How a limit differs from that of refusals. */
export interface LogLimitOptions {
	/** Lines for one reason in 10 s. Default: 5. */
	readonly lines?: number;
	/** Reasons that are told apart within 10 s, where others choose them; further ones share one limit as `other`. Default: no limit. */
	readonly maxReasons?: number;
	/** Also in the line with the number of the others. Default: none. */
	readonly facts?: object;
	/** The text of that line. Default: "refused more for the same reason". */
	readonly summary?: string;
}

interface Window {
	readonly endsMs: number;
	lines: number;
	suppressed: number;
	/** Of the suppressed ones; undefined until the first. */
	addresses: Set<string> | undefined;
}

/** Writes warnings, at most 5 in 10 s for each reason. The others are written at the level debug. */
export class LogLimit {
	readonly #log: Logger;
	readonly #now: () => number;
	readonly #lines: number;
	readonly #maxReasons: number;
	readonly #facts: object | undefined;
	readonly #summary: string;
	/** By reason. The reasons are the program's own, so there are few, or there is a limit. */
	readonly #windows = new Map<string, Window>();

	/** @param now monotonic milliseconds. */
	constructor(log: Logger, now: () => number, options: LogLimitOptions = {}) {
		this.#log = log;
		this.#now = now;
		this.#lines = options.lines ?? LINES_PER_WINDOW;
		this.#maxReasons = options.maxReasons ?? Number.POSITIVE_INFINITY;
		this.#facts = options.facts;
		this.#summary = options.summary ?? "refused more for the same reason";
	}

	/** @param facts values from clients must be `loggable`; `remote` is the client's address, if there is one. */
	warn(reason: string, facts: object, text: string): void {
		if (this.mayLog(reason, (facts as { readonly remote?: string }).remote)) this.#log.warn(facts, text);
		else this.#log.debug(facts, text);
	}

	/** Whether a line for this reason may be written now; otherwise it is counted, with its address. */
	mayLog(wanted: string, address?: string): boolean {
		const now = this.#now();
		let reason = wanted;
		let window = this.#windows.get(reason);
		if (!window && this.#windows.size >= this.#maxReasons) {
			reason = "other";
			window = this.#windows.get(reason);
		}
		if (!window || (now >= window.endsMs && window.suppressed === 0)) {
			window = { endsMs: now + WINDOW_MS, lines: 0, suppressed: 0, addresses: undefined };
			this.#windows.set(reason, window);
		}
		if (window.lines < this.#lines) {
			window.lines++;
			return true;
		}
		window.suppressed++;
		if (address !== undefined) {
			window.addresses ??= new Set();
			if (window.addresses.size < MAX_ADDRESSES) window.addresses.add(address);
		}
		return false;
	}

	/** Reports what was not written in windows that are over. */
	sweep(nowMs: number): void {
		for (const [reason, { endsMs, suppressed, addresses }] of this.#windows) {
			if (nowMs < endsMs) continue;
			this.#windows.delete(reason);
			if (suppressed > 0) {
				const facts = {
					...this.#facts,
					reason,
					count: suppressed,
					...(addresses ? { addresses: addresses.size } : {}),
					windowMs: WINDOW_MS,
				};
				this.#log.warn(facts, this.#summary);
			}
		}
	}
}

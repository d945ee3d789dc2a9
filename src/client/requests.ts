// Requests that wait for the document that answers them. The protocol has no identifiers: what an answer looks like is for
// the caller's `match` to say. Each ends once, by an answer, its time-out, its signal, or the loss of the connection.

import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import type { Incoming } from "./incoming.ts";

/** How to know the answer, and how long to wait for it. */
export interface RequestOptions {
	/** Whether a document is the answer. One that throws ends its own request with that error. */
	readonly match: (document: Incoming) => boolean;
	/** Default 10 000; at most 2 147 483 647. */
	readonly timeoutMs?: number;
	/** Gives up with XMLSOCKET_ABORTED. */
	readonly signal?: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const LONGEST_DELAY_MS = 2 ** 31 - 1;

interface Pending {
	readonly match: (document: Incoming) => boolean;
	/** Whether it has left, so that its answer is lost with the connection. */
	sent: boolean;
	resolve(document: Incoming): void;
	reject(error: unknown): void;
}

/** The requests of one connection, oldest first. */
export class Requests {
	readonly #clock: Clock;
	readonly #pending = new Set<Pending>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Requests without an answer. */
	get size(): number {
		return this.#pending.size;
	}

	/**
	 * Waits for an answer. The question is put by `send`, which says whether it left at once or waits for a reconnection;
	 * what it throws is the outcome.
	 */
	ask(options: Partial<RequestOptions>, send: () => boolean): Promise<Incoming> {
		return new Promise((resolve, reject) => {
			const { match, signal, timeoutMs = DEFAULT_TIMEOUT_MS } = check(options);
			if (signal?.aborted) throw aborted(signal);
			const settle = (): boolean => {
				stopTimer();
				signal?.removeEventListener("abort", abort);
				return this.#pending.delete(pending);
			};
			const pending: Pending = {
				match,
				sent: true,
				resolve: (document) => settle() && resolve(document),
				reject: (error) => settle() && reject(error),
			};
			const abort = (): void => pending.reject(aborted(signal!));
			signal?.addEventListener("abort", abort, { once: true });
			const stopTimer = this.#clock.delay(timeoutMs, () => pending.reject(timedOut(timeoutMs)));
			// In place before the question leaves: an in-process peer could answer within the call.
			this.#pending.add(pending);
			try {
				pending.sent = send();
			} catch (error) {
				pending.reject(error);
			}
		});
	}

	/** Gives a document to the oldest request that it answers; false where there is none. */
	answer(document: Incoming): boolean {
		for (const pending of this.#pending) {
			let matches = false;
			try {
				matches = pending.match(document);
			} catch (error) {
				pending.reject(error);
			}
			if (matches) {
				pending.resolve(document);
				return true;
			}
		}
		return false;
	}

	/** The questions that waited for a connection have left. */
	markSent(): void {
		for (const pending of this.#pending) pending.sent = true;
	}

	/** Ends those that have left, or all. */
	fail(error: XMLSocketError, which: "sent" | "all"): void {
		for (const pending of [...this.#pending]) if (pending.sent || which === "all") pending.reject(error);
	}
}

function check(options: Partial<RequestOptions>): RequestOptions {
	const { match, timeoutMs } = options ?? {};
	if (typeof match !== "function") {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"The option match of request() must be a function that tells the answer from other documents.",
		);
	}
	if (timeoutMs !== undefined && !(Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= LONGEST_DELAY_MS)) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`The option timeoutMs of request() must be a whole number of milliseconds from 1 to ${LONGEST_DELAY_MS}, but is ${timeoutMs}.`,
		);
	}
	return options as RequestOptions;
}

function aborted(signal: AbortSignal): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ABORTED", "The request was aborted.", { cause: signal.reason });
}

function timedOut(timeoutMs: number): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_REQUEST_TIMEOUT", `No document answered the request within ${timeoutMs} ms.`, {
		details: { limitMs: timeoutMs },
	});
}

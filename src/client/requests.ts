// Requests that wait for the document that answers them. Each ends once: by an answer, a refusal, its time limit, its signal, or
// the loss of the connection. What an answer looks like is decided by its `match`.

import {
	checkCallOptions,
	type ReceivedDocument,
	refuseAborted,
	type WaitOptions,
	waitFor,
} from "../connection/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import { refusalOf } from "./id-answer.ts";

/** How to recognise the answer, and how long to wait for it. */
export interface RequestOptions extends WaitOptions {
	/**
	 * Whether a document is the answer. Where it throws, its own request rejects with that error. Default: the next document whose
	 * root element has the same `id` attribute as the root of the request.
	 */
	readonly match?: ((document: ReceivedDocument) => boolean) | undefined;
	/** How long to wait for the answer, in milliseconds, 1 to 2 147 483 647. Default 10 000. */
	readonly timeoutMs?: number | undefined;
}

/** A question on its way. */
export interface Question {
	readonly match: (document: ReceivedDocument) => boolean;
	/** The id that an `<error>` for this question has; read at the first `<error>` that comes. */
	readonly id: () => string | undefined;
	/** Sends it. Returns whether it left at once, or waits for a reconnection; what it throws is the outcome. */
	readonly send: () => boolean;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const UNANSWERED = "No document answered the request";

interface Pending {
	readonly question: Question;
	/** Whether it has left, so that its answer is lost with the connection. */
	sent: boolean;
	resolve(document: ReceivedDocument): void;
	reject(error: unknown): void;
}

/**
 * Checks the options of `request()`.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID
 */
export function checkRequestOptions(options: RequestOptions | undefined): RequestOptions {
	const { match, ...wait }: RequestOptions = checkCallOptions("request()", options, ["match"]);
	if (match === undefined) return wait;
	if (typeof match !== "function") {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"The option match of request() must be a function that returns whether a document is the answer.",
		);
	}
	return { ...wait, match };
}

function unanswered(bytes: number): string {
	return bytes === 0 ? UNANSWERED : `${UNANSWERED}, but ${bytes} bytes without a terminator came (option terminator),`;
}

/** The requests of one connection, oldest first. */
export class Requests {
	readonly #clock: Clock;
	readonly #unfinishedBytes: () => number;
	readonly #pending = new Set<Pending>();

	/** @param unfinishedBytes what has come of a document that has not ended */
	constructor(clock: Clock, unfinishedBytes: () => number = () => 0) {
		this.#clock = clock;
		this.#unfinishedBytes = unfinishedBytes;
	}

	/** Requests without an answer. */
	get size(): number {
		return this.#pending.size;
	}

	/** Asks, and waits for the answer. */
	ask(question: Question, { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: WaitOptions): Promise<ReceivedDocument> {
		let pending: Pending | undefined;
		const unfinishedBytes = this.#unfinishedBytes;
		const answer = new Promise<ReceivedDocument>((resolve, reject) => {
			refuseAborted(UNANSWERED, { signal });
			const waiting: Pending = {
				question,
				sent: true,
				resolve: (document) => this.#pending.delete(waiting) && resolve(document),
				reject: (error) => this.#pending.delete(waiting) && reject(error),
			};
			pending = waiting;
			// In place before the question leaves: a peer in the same process could answer within the call.
			this.#pending.add(waiting);
			try {
				waiting.sent = question.send();
			} catch (error) {
				waiting.reject(error);
			}
		});
		return waitFor(
			answer,
			{ signal, timeoutMs },
			{
				get what() {
					return unanswered(unfinishedBytes());
				},
				clock: this.#clock,
				gaveUp: () => pending && this.#pending.delete(pending),
			},
		);
	}

	/** Gives a document to the oldest request that it answers; false where there is none. */
	answer(document: ReceivedDocument): boolean {
		const mayRefuse = document.text.includes("<error");
		for (const pending of this.#pending) {
			const { match, id } = pending.question;
			try {
				if (match(document)) {
					pending.resolve(document);
					return true;
				}
			} catch (error) {
				pending.reject(error);
				continue;
			}
			const refused = mayRefuse ? refusalOf(document, id()) : undefined;
			if (refused) {
				pending.reject(refused);
				return true;
			}
		}
		return false;
	}

	/** The questions that waited for a connection have left. */
	markSent(): void {
		for (const pending of this.#pending) pending.sent = true;
	}

	/** Rejects those that have left, or all. */
	fail(error: XMLSocketError, which: "sent" | "all"): void {
		for (const pending of [...this.#pending]) if (pending.sent || which === "all") pending.reject(error);
	}
}

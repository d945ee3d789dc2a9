// The requests that this node has sent to others and that are not answered yet: bounded in number and time.

import { XMLSocketError } from "../../errors/index.ts";

const MAX_REQUESTS = 10_000;
const RESPONSE_TIMEOUT_MS = 3000;

interface PendingRequest {
	readonly resolve: (done: boolean) => void;
	readonly reject: (error: XMLSocketError) => void;
	readonly untilMs: number;
}

/** Requests by their numbers. */
export class PendingRequests {
	readonly #nowMs: () => number;
	readonly #pending = new Map<number, PendingRequest>();
	#lastNumber = 0;

	constructor(nowMs: () => number) {
		this.#nowMs = nowMs;
	}

	/**
	 * Makes a request, which `send` sends under the number that it is given.
	 *
	 * @returns what the response says. Rejects with XMLSOCKET_UNAVAILABLE where the request could not be sent, or no response
	 * came within 3 s.
	 */
	request(send: (number: number) => boolean): Promise<boolean> {
		return new Promise((resolve, reject) => {
			const number = ++this.#lastNumber;
			if (this.#pending.size >= MAX_REQUESTS || !send(number)) reject(unanswered());
			else this.#pending.set(number, { resolve, reject, untilMs: this.#nowMs() + RESPONSE_TIMEOUT_MS });
		});
	}

	/** The response to a request has come. */
	responded(number: number, done: boolean): void {
		this.#pending.get(number)?.resolve(done);
		this.#pending.delete(number);
	}

	/** Rejects the requests whose time is over. */
	sweep(): void {
		const nowMs = this.#nowMs();
		for (const [number, { untilMs }] of this.#pending) if (untilMs <= nowMs) this.#reject(number);
	}

	/** Rejects all requests. */
	close(): void {
		for (const number of this.#pending.keys()) this.#reject(number);
	}

	#reject(number: number): void {
		this.#pending.get(number)?.reject(unanswered());
		this.#pending.delete(number);
	}
}

function unanswered(): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_UNAVAILABLE",
		"The server that this person is connected to did not answer. The request may have been carried out.",
	);
}

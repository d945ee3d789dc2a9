// The requests that this node has sent to others and that are not answered yet: bounded in number and time.

import { XMLSocketError } from "../../errors/index.ts";

const MAX_REQUESTS = 10_000;
/** A node that does not answer must not use up the requests to the others. */
const MAX_REQUESTS_OF_NODE = 1000;
const RESPONSE_TIMEOUT_MS = 3000;

interface PendingRequest {
	readonly node: string;
	readonly resolve: (answer: boolean | string) => void;
	readonly reject: (error: XMLSocketError) => void;
	readonly untilMs: number;
}

/** Requests by their numbers. */
export class PendingRequests {
	readonly #nowMs: () => number;
	readonly #pending = new Map<number, PendingRequest>();
	readonly #counts = new Map<string, number>();
	#lastNumber = 0;

	constructor(nowMs: () => number) {
		this.#nowMs = nowMs;
	}

	/** Requests to a node that wait for their answers. */
	count(node: string): number {
		return this.#counts.get(node) ?? 0;
	}

	/**
	 * Makes a request to a node, which `send` sends under the number that it is given.
	 *
	 * @returns what the response says. Rejects with XMLSOCKET_UNAVAILABLE where the request could not be sent, where too many
	 * wait (1,000 for a node, 10,000 in all), or where no response came within 3 s.
	 */
	request(node: string, send: (number: number) => boolean): Promise<boolean | string> {
		return new Promise((resolve, reject) => {
			const number = ++this.#lastNumber;
			const count = this.count(node);
			if (count >= MAX_REQUESTS_OF_NODE || this.#pending.size >= MAX_REQUESTS || !send(number)) {
				reject(unanswered());
				return;
			}
			this.#counts.set(node, count + 1);
			this.#pending.set(number, { node, resolve, reject, untilMs: this.#nowMs() + RESPONSE_TIMEOUT_MS });
		});
	}

	/** A node has responded to a request. @returns false where it was not asked, or not any more. */
	responded(node: string, number: number, answer: boolean | string): boolean {
		const request = this.#pending.get(number);
		if (request?.node !== node) return false;
		this.#remove(number, request);
		request.resolve(answer);
		return true;
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
		const request = this.#pending.get(number);
		if (!request) return;
		this.#remove(number, request);
		request.reject(unanswered());
	}

	#remove(number: number, { node }: PendingRequest): void {
		this.#pending.delete(number);
		const left = this.count(node) - 1;
		if (left > 0) this.#counts.set(node, left);
		else this.#counts.delete(node);
	}
}

function unanswered(): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_UNAVAILABLE",
		"The server that this person is connected to did not answer. The request may have been carried out.",
	);
}

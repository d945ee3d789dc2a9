// The requests of one HTTP connection, answered one at a time. Node parses every pipelined request at once and would let all of
// them be answered at once, each with its own buffers.

import type { ServerResponse } from "node:http";

/** Requests that may wait behind the one that is being answered. Browsers do not pipeline. */
const MAX_WAITING_REQUESTS = 32;

/** Answers requests in order. */
export class RequestQueue {
	readonly #waiting: { readonly response: ServerResponse; readonly answer: () => void }[] = [];
	#active = false;
	#heldBytes = 0;

	/** Whether a request is being answered. */
	get isActive(): boolean {
		return this.#active;
	}

	/** The bytes of the heads of the requests that wait. */
	get heldBytes(): number {
		return this.#heldBytes;
	}

	/**
	 * Answers now, or after the requests before it.
	 *
	 * @param answer must not throw.
	 * @returns false where too many requests wait; the connection must be closed then.
	 */
	add(response: ServerResponse, answer: () => void): boolean {
		if (!this.#active) this.#start(response, answer);
		else if (this.#waiting.length < MAX_WAITING_REQUESTS) {
			this.#waiting.push({ response, answer });
			this.#heldBytes += headBytes(response);
		} else return false;
		return true;
	}

	#start(response: ServerResponse, answer: () => void): void {
		this.#active = true;
		response.once("close", () => {
			// The other connections have their turn first.
			if (this.#waiting.length > 0) setImmediate(() => this.#next());
			else this.#active = false;
		});
		answer();
	}

	#next(): void {
		const next = this.#waiting.shift();
		this.#heldBytes -= next ? headBytes(next.response) : 0;
		// After `connection: close`, or a client's abort, no client waits for the others.
		if (next?.response.req.socket.writable) this.#start(next.response, next.answer);
		else {
			this.#waiting.length = 0;
			this.#heldBytes = 0;
			this.#active = false;
		}
	}
}

function headBytes({ req }: ServerResponse): number {
	let bytes = req.url?.length ?? 0;
	for (const text of req.rawHeaders) bytes += text.length;
	return bytes;
}

// Requests that wait for their answers, each with a time by which it comes or has failed. One timer looks after all of them: a
// thousand speakers have a thousand publications on their way, and a timer for each costs more than it tells.

import type { XMLSocketError } from "../../errors/index.ts";
import type { MessageHead } from "./message-head.ts";

/** What becomes of a request; one of the two is called, once. */
export interface ResponseHandler {
	answered(data: Uint8Array, head: MessageHead): void;
	/** As a rule with XMLSOCKET_BROKER_UNREACHABLE. It may have arrived all the same. */
	failed(error: unknown): void;
}

interface Request {
	readonly subject: string;
	readonly handler: ResponseHandler;
	readonly timeoutMs: number;
	readonly dueMs: number;
}

const STEP_MS = 25;

/** Those of one connection. */
export class Requests {
	readonly #fail: (message: string) => XMLSocketError;
	readonly #waiting = new Map<string, Request>();
	#nextToken = 1;
	#timer: ReturnType<typeof setTimeout> | undefined = undefined;

	/** @param fail makes the error of a request that failed */
	constructor(fail: (message: string) => XMLSocketError) {
		this.#fail = fail;
	}

	/** @returns the token that the answer will name */
	add(subject: string, handler: ResponseHandler, timeoutMs: number): string {
		const token = String(this.#nextToken++);
		this.#waiting.set(token, { subject, handler, timeoutMs, dueMs: performance.now() + timeoutMs });
		this.#timer ??= setTimeout(this.#look, STEP_MS);
		return token;
	}

	/** The request that waits under a token, which waits no longer. */
	take(token: string): Request | undefined {
		const request = this.#waiting.get(token);
		if (request) this.#waiting.delete(token);
		return request;
	}

	/** None of them will be answered any more. */
	failAll(why: string): void {
		const lost = [...this.#waiting.values()];
		this.#waiting.clear();
		for (const { handler } of lost) handler.failed(this.#fail(why));
	}

	readonly #look = (): void => {
		this.#timer = undefined;
		const nowMs = performance.now();
		for (const [token, { subject, handler, timeoutMs, dueMs }] of this.#waiting) {
			if (dueMs > nowMs) continue;
			this.#waiting.delete(token);
			handler.failed(this.#fail(`NATS gave no answer on ${subject} within ${timeoutMs} ms.`));
		}
		if (this.#waiting.size > 0) this.#timer ??= setTimeout(this.#look, STEP_MS);
	};
}

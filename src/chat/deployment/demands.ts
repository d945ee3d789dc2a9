// What this node has asked of others and awaits an answer to: bounded in number and time.

import { XMLSocketError } from "../../errors/index.ts";

const MAX_DEMANDS = 10_000;
const ANSWER_MS = 3000;

interface Waiting {
	readonly resolve: (done: boolean) => void;
	readonly reject: (error: XMLSocketError) => void;
	readonly untilMs: number;
}

/** Demands by number. */
export class Demands {
	readonly #nowMs: () => number;
	readonly #waiting = new Map<number, Waiting>();
	#last = 0;

	constructor(nowMs: () => number) {
		this.#nowMs = nowMs;
	}

	/**
	 * Makes a demand, which `send` sends.
	 *
	 * @returns whether it was met. Rejects with XMLSOCKET_UNAVAILABLE where it could not be sent, or no answer came within 3 s.
	 */
	make(send: (number: number) => boolean): Promise<boolean> {
		return new Promise((resolve, reject) => {
			const number = ++this.#last;
			if (this.#waiting.size >= MAX_DEMANDS || !send(number)) reject(unreachable());
			else this.#waiting.set(number, { resolve, reject, untilMs: this.#nowMs() + ANSWER_MS });
		});
	}

	/** The answer to one. */
	answered(number: number, done: boolean): void {
		this.#waiting.get(number)?.resolve(done);
		this.#waiting.delete(number);
	}

	/** Gives up those that have waited for too long, or all. */
	sweep(all = false): void {
		const nowMs = this.#nowMs();
		for (const [number, { reject, untilMs }] of this.#waiting) {
			if (!all && untilMs > nowMs) continue;
			this.#waiting.delete(number);
			reject(unreachable());
		}
	}
}

function unreachable(): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_UNAVAILABLE",
		"The server that this person is connected to does not answer; it is not known whether the request was met.",
	);
}

// What the replayed server will send on one connection, each at its time. It sends no faster than the client reads.

import type { Peer } from "../../application/index.ts";

/** Something that is due: bytes to send, or the end of the connection. */
export interface DueAnswer {
	/** The bytes to send. Undefined: the server ends the connection. */
	readonly bytes: Uint8Array | undefined;
	/** Whether a terminator follows them. It is added when they are sent, so that waiting answers share the bytes of the recording. */
	readonly isTerminated: boolean;
	/** The exchange that it belongs to; -1 for a greeting. */
	readonly exchange: number;
	/** When to send it: milliseconds of `performance.now()`. */
	dueMs: number;
}

/** The queue of one connection. */
export class AnswerQueue {
	readonly #peer: Peer;
	readonly #terminator: Uint8Array;
	readonly #sent: () => void;
	readonly #waiting: DueAnswer[] = [];
	#timer: NodeJS.Timeout | undefined = undefined;
	#emptied: (() => void) | undefined = undefined;
	#stopped = false;

	/** @param sent called for each document that was sent. */
	constructor(peer: Peer, terminator: Uint8Array, sent: () => void) {
		this.#peer = peer;
		this.#terminator = terminator;
		this.#sent = sent;
	}

	/** Puts answers behind all that are due before them. Call `run` afterwards. */
	add(answers: readonly DueAnswer[]): void {
		for (const answer of answers) {
			let at = this.#waiting.length;
			while (at > 0 && this.#waiting[at - 1]!.dueMs > answer.dueMs) at--;
			this.#waiting.splice(at, 0, answer);
		}
	}

	/** Makes what belongs to exchanges before this one due now: in the recording it came before the client's document. */
	hurry(exchange: number, nowMs: number): void {
		for (const answer of this.#waiting) {
			if (answer.exchange < exchange) answer.dueMs = Math.min(answer.dueMs, nowMs);
		}
		this.#waiting.sort((a, b) => a.dueMs - b.dueMs);
	}

	/** Sends what is due, and waits for the rest. */
	run(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		let sent = 0;
		const nowMs = performance.now();
		while (!this.#stopped && sent < this.#waiting.length) {
			const answer = this.#waiting[sent]!;
			if (answer.dueMs > nowMs || this.#peer.outboxBytes > MOST_UNREAD_BYTES) break;
			sent++;
			if (answer.bytes) {
				this.#peer.sendEncoded(answer.isTerminated ? Buffer.concat([answer.bytes, this.#terminator]) : answer.bytes);
				this.#sent();
			} else {
				this.#peer.end();
				this.stop();
			}
		}
		this.#waiting.splice(0, sent);
		const [next] = this.#waiting;
		if (this.#stopped || !next) this.#emptied?.();
		else {
			const waitMs = next.dueMs > nowMs ? Math.min(next.dueMs - nowMs, LONGEST_TIMER_MS) : UNREAD_WAIT_MS;
			this.#timer = setTimeout(() => this.run(), Math.ceil(waitMs));
		}
	}

	/** Resolves when nothing waits any more. */
	empty(): Promise<void> {
		if (this.#stopped || this.#waiting.length === 0) return Promise.resolve();
		return new Promise((resolve) => {
			this.#emptied = resolve;
		});
	}

	/** Sends no more. */
	stop(): void {
		this.#stopped = true;
		this.#waiting.length = 0;
		clearTimeout(this.#timer);
		this.#emptied?.();
	}
}

const MOST_UNREAD_BYTES = 4 * 1024 * 1024;
const UNREAD_WAIT_MS = 10;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

// Handles the messages of the bus for a few milliseconds in each turn of the event loop, so that a burst does not hold up the clients of
// this daemon. The rest waits, in order, up to 16 MiB.

import type { Clock } from "../../link/index.ts";

const TURN_MS = 5;
const MAX_BYTES = 16 * 1024 * 1024;
/** A waiting message costs about as much beside its data. */
const MESSAGE_BYTES = 200;

interface WaitingMessage {
	readonly data: Uint8Array;
	readonly handle: (data: Uint8Array) => void;
}

/** What has arrived from the bus and is not handled yet. */
export class BusInbox {
	readonly #clock: Clock;
	#waiting: WaitingMessage[] = [];
	// The messages before this index are handled.
	#first = 0;
	#bytes = 0;
	#turnEndsMs = 0;
	#isScheduled = false;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Handles a message now or in a later turn. @param handle must not throw. @returns false where too much waits. */
	add(data: Uint8Array, handle: (data: Uint8Array) => void): boolean {
		const nowMs = this.#clock.now();
		if (!this.#isScheduled) {
			this.#turnEndsMs = nowMs + TURN_MS;
			this.#schedule();
		}
		if (this.#first === this.#waiting.length && nowMs < this.#turnEndsMs) {
			handle(data);
			return true;
		}
		const bytes = data.length + MESSAGE_BYTES;
		if (this.#bytes + bytes > MAX_BYTES) return false;
		this.#bytes += bytes;
		this.#waiting.push({ data, handle });
		return true;
	}

	#schedule(): void {
		this.#isScheduled = true;
		this.#clock.afterTick(this.#turn);
	}

	readonly #turn = (): void => {
		this.#isScheduled = false;
		if (this.#first === this.#waiting.length) return;
		this.#turnEndsMs = this.#clock.now() + TURN_MS;
		this.#schedule();
		while (this.#first < this.#waiting.length && this.#clock.now() < this.#turnEndsMs) {
			const { data, handle } = this.#waiting[this.#first++]!;
			this.#bytes -= data.length + MESSAGE_BYTES;
			handle(data);
		}
		if (this.#first === this.#waiting.length || this.#first > 4096) {
			this.#waiting = this.#waiting.slice(this.#first);
			this.#first = 0;
		}
	};
}

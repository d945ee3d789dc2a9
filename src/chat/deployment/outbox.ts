// What could not be sent to live rooms while the other nodes were out of reach. Bounded in bytes and age: the oldest goes
// first, and which rooms lost something is remembered, so that their readers are told.

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_AGE_MS = 10_000;

/** Whose messages wait. */
export interface Sender {
	/** How many of them do. */
	waiting: number;
}

/** One message that waits. */
export interface Waiting {
	readonly sender: Sender;
	readonly room: string;
	readonly data: Uint8Array;
	readonly atMs: number;
}

/** Messages that wait for the other nodes, oldest first. */
export class Outbox {
	readonly #nowMs: () => number;
	#waiting: Waiting[] = [];
	// Those before it are gone.
	#first = 0;
	#bytes = 0;
	/** Messages that were given up. */
	dropped = 0;

	constructor(nowMs: () => number) {
		this.#nowMs = nowMs;
	}

	get size(): number {
		return this.#waiting.length - this.#first;
	}

	/** Keeps a message. */
	add(sender: Sender, room: string, data: Uint8Array): void {
		sender.waiting++;
		this.#waiting.push({ sender, room, data, atMs: this.#nowMs() });
		this.#bytes += data.length;
		this.#drop();
	}

	/** All that still waits; the outbox is empty after it. */
	take(): Waiting[] {
		this.#drop();
		const waiting = this.#waiting.slice(this.#first);
		for (const { sender } of waiting) sender.waiting--;
		this.#waiting = [];
		this.#first = 0;
		this.#bytes = 0;
		return waiting;
	}

	#drop(): void {
		const oldestMs = this.#nowMs() - MAX_AGE_MS;
		while (this.#first < this.#waiting.length) {
			const { sender, data, atMs } = this.#waiting[this.#first]!;
			if (this.#bytes <= MAX_BYTES && atMs >= oldestMs) break;
			sender.waiting--;
			this.#bytes -= data.length;
			this.#first++;
			this.dropped++;
		}
		if (this.#first > 1024 && this.#first * 2 > this.#waiting.length) {
			this.#waiting = this.#waiting.slice(this.#first);
			this.#first = 0;
		}
	}
}

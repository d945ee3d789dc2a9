// The messages of live rooms that wait because no other node can be reached. Bounded in bytes and age: the oldest are dropped
// first. Each relay knows how many of its messages wait, so that dropped ones are reported as lost.

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_AGE_MS = 10_000;

/** The relay whose messages wait. */
export interface BacklogOwner {
	/** How many of them wait. */
	waiting: number;
}

/** A message that waits. */
export interface BacklogEntry {
	readonly owner: BacklogOwner;
	readonly room: string;
	readonly data: Uint8Array;
	readonly atMs: number;
}

/** Messages that wait for the other nodes, oldest first. */
export class RelayBacklog {
	readonly #nowMs: () => number;
	#entries: BacklogEntry[] = [];
	// The entries before this index are dropped.
	#first = 0;
	#bytes = 0;
	/** Messages that were dropped. */
	dropped = 0;

	constructor(nowMs: () => number) {
		this.#nowMs = nowMs;
	}

	get size(): number {
		return this.#entries.length - this.#first;
	}

	/** Keeps a message. */
	add(owner: BacklogOwner, room: string, data: Uint8Array): void {
		owner.waiting++;
		this.#entries.push({ owner, room, data, atMs: this.#nowMs() });
		this.#bytes += data.length;
		this.#drop();
	}

	/** Removes and returns all messages that still wait. */
	take(): BacklogEntry[] {
		this.#drop();
		const entries = this.#entries.slice(this.#first);
		for (const { owner } of entries) owner.waiting--;
		this.#entries = [];
		this.#first = 0;
		this.#bytes = 0;
		return entries;
	}

	#drop(): void {
		const oldestMs = this.#nowMs() - MAX_AGE_MS;
		while (this.#first < this.#entries.length) {
			const { owner, data, atMs } = this.#entries[this.#first]!;
			if (this.#bytes <= MAX_BYTES && atMs >= oldestMs) break;
			owner.waiting--;
			this.#bytes -= data.length;
			this.#first++;
			this.dropped++;
		}
		if (this.#first > 1024 && this.#first * 2 > this.#entries.length) {
			this.#entries = this.#entries.slice(this.#first);
			this.#first = 0;
		}
	}
}

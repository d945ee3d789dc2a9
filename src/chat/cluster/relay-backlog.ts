// The messages of live rooms that wait because no other node can be reached, or because the bus takes no more. Bounded in bytes and
// age: the oldest are dropped first. A client has an eighth of it, so that one alone cannot drop the others' messages. Each relay knows how
// many of its messages wait, so that dropped ones are reported as lost.

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_SESSION_BYTES = MAX_BYTES / 8;
const MAX_AGE_MS = 10_000;

/** The relay whose messages wait. */
export interface BacklogOwner {
	readonly room: string;
	/** How many of them wait. */
	waiting: number;
}

interface BacklogEntry {
	readonly owner: BacklogOwner;
	readonly session: string;
	readonly data: Uint8Array;
	readonly atMs: number;
}

/** The backlog of a node. */
export class RelayBacklog {
	readonly #nowMs: () => number;
	#entries: BacklogEntry[] = [];
	// The entries before this index are sent or dropped.
	#first = 0;
	#bytes = 0;
	readonly #sessionBytes = new Map<string, number>();
	/** Messages that were dropped. */
	dropped = 0;

	constructor(nowMs: () => number) {
		this.#nowMs = nowMs;
	}

	get size(): number {
		return this.#entries.length - this.#first;
	}

	/** Keeps a message of a client. Where the client's share is used up, the message is dropped. */
	add(owner: BacklogOwner, session: string, data: Uint8Array): void {
		const bytes = (this.#sessionBytes.get(session) ?? 0) + data.length;
		if (bytes > MAX_SESSION_BYTES) {
			this.dropped++;
			return;
		}
		this.#sessionBytes.set(session, bytes);
		owner.waiting++;
		this.#entries.push({ owner, session, data, atMs: this.#nowMs() });
		this.#bytes += data.length;
		this.#drop();
	}

	/** Sends the messages in their order, until `send` returns false; the rest waits on. */
	drain(send: (room: string, data: Uint8Array) => boolean): void {
		this.#drop();
		while (this.#first < this.#entries.length) {
			const { owner, data } = this.#entries[this.#first]!;
			if (!send(owner.room, data)) break;
			this.#remove();
		}
		this.#compact();
	}

	#drop(): void {
		const oldestMs = this.#nowMs() - MAX_AGE_MS;
		while (this.#first < this.#entries.length) {
			if (this.#bytes <= MAX_BYTES && this.#entries[this.#first]!.atMs >= oldestMs) break;
			this.#remove();
			this.dropped++;
		}
		this.#compact();
	}

	#remove(): void {
		const { owner, session, data } = this.#entries[this.#first++]!;
		owner.waiting--;
		this.#bytes -= data.length;
		const left = this.#sessionBytes.get(session)! - data.length;
		if (left > 0) this.#sessionBytes.set(session, left);
		else this.#sessionBytes.delete(session);
	}

	#compact(): void {
		if (this.#first < this.#entries.length && (this.#first <= 1024 || this.#first * 2 <= this.#entries.length)) return;
		this.#entries = this.#entries.slice(this.#first);
		this.#first = 0;
	}
}

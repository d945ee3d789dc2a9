// How far a stored room has been read. From the numbers of the messages that arrive it finds what is new, what is known, and where
// messages are missing; it also knows when a replay is complete. It keeps no message. docs/chat.md, docs/reliability.md.

/** A place in the history of a stored room. */
export interface Position {
	/** Names the history. */
	readonly log: string;
	/** The number of the last message that was read. */
	readonly seq: number;
}

/** What a message is to a reader at this position. `hole`: messages before it are missing. */
export type Arrival = "new" | "known" | "hole";

/** The position of one reader in one room. */
export class ReadCursor {
	/** Names the history; undefined before the room was entered, and in a live room. */
	log: string | undefined = undefined;
	/** The number of the last message taken; undefined before the first one. */
	seq: number | undefined = undefined;
	/** Up to this number messages may have gone by unseen: a gap, or a replay that was broken off. */
	blindTo = 0;
	/** The number of the room's last message when the room was entered. */
	#entered = 0;
	/** The highest number that arrived, taken or not. */
	#passed = 0;

	/** @param since where an earlier reader stopped. */
	constructor(since?: Position) {
		this.log = since?.log;
		this.seq = since?.seq;
	}

	/** The number up to which everything has arrived. */
	get seen(): number {
		return Math.max(this.seq ?? this.#entered, this.#passed);
	}

	/** Whether everything has arrived that was there when the room was entered, or nothing of it is needed. */
	get isCaughtUp(): boolean {
		return this.seq === undefined || this.#passed >= this.#entered;
	}

	/**
	 * The room was entered, and the replay follows.
	 *
	 * @returns whether its history is another one than before.
	 */
	enter(log: string | undefined, lastSeq: number): boolean {
		const known = this.log !== undefined && this.seq !== undefined;
		const another = known && (log !== this.log || lastSeq < this.seq!);
		if (another) this.seq = undefined;
		if (another || log !== this.log) this.blindTo = 0;
		this.log = log;
		this.#entered = lastSeq;
		this.#passed = this.seq ?? 0;
		if (lastSeq === 0) this.seq = 0;
		return another;
	}

	/** A number has arrived, whether or not its message is taken. */
	pass(seq: number): void {
		if (seq > this.#passed) this.#passed = seq;
	}

	/** Compares the message `seq`, whose predecessor is `prev`, with the position. It does not take it. */
	arrival(seq: number, prev: number | undefined): Arrival {
		if (this.seq === undefined) return "new";
		if (seq <= this.seq) return "known";
		return prev !== undefined && prev > this.seq ? "hole" : "new";
	}

	/** Takes the message `seq`. */
	take(seq: number): void {
		this.seq = seq;
	}

	/** Messages up to `to` are lost; the reader has not come to them yet. */
	overlook(to: number): void {
		this.pass(to);
		this.blindTo = Math.max(this.blindTo, to);
	}

	/** Messages up to `to` are lost, and the reader goes on behind them. @returns whether that moved it. */
	skip(to: number): boolean {
		this.overlook(to);
		if (this.seq !== undefined && to <= this.seq) return false;
		this.seq = to;
		return true;
	}

	/** The replay was cut short: what it would have shown stays unknown. */
	breakOff(): void {
		this.blindTo = Math.max(this.blindTo, this.#entered);
		this.#passed = Math.max(this.#passed, this.#entered);
	}

	/** Where nothing was read yet, reading begins where the room was entered. */
	anchor(): void {
		this.seq ??= this.#entered;
	}
}

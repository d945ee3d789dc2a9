// How far a stored room has been read. From the numbers of what comes it tells what is new, what was there before, and where
// something is missing; and it knows when a replay is complete, and up to where it proves what was said. No message is kept.
// docs/chat.md, docs/reliability.md.

/** A place in the history of a stored room. */
export interface Position {
	/** Names the history. */
	readonly log: string;
	/** The number that was seen last. */
	readonly seq: number;
}

/** What a message is to someone who has read so far. `hole`: something before it is missing. */
export type Arrival = "new" | "known" | "hole";

/** One reader's way through one room. */
export class Course {
	/** Names the history; undefined before the room was entered, and in a live room. */
	log: string | undefined = undefined;
	/** The number taken last; undefined: none yet, what comes first is the beginning. */
	seq: number | undefined = undefined;
	/** Up to here it was not seen what was said: a gap, or a replay that was broken off. */
	blindTo = 0;
	/** The room's last number when it was entered. */
	#entered = 0;
	/** The highest number that came by, taken or not. */
	#passed = 0;

	/** @param since where an earlier reading has ended. */
	constructor(since?: Position) {
		this.log = since?.log;
		this.seq = since?.seq;
	}

	/** Up to which number everything has gone by, for what is said now. */
	get seen(): number {
		return Math.max(this.seq ?? this.#entered, this.#passed);
	}

	/** Whether all has come that was there when the room was entered, or nothing of it is needed. */
	get isCaughtUp(): boolean {
		return this.seq === undefined || this.#passed >= this.#entered;
	}

	/**
	 * The room was entered, and the replay follows.
	 *
	 * @returns whether it has another history than the one that was read.
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

	/** A number has come by, whatever becomes of its message. */
	pass(seq: number): void {
		if (seq > this.#passed) this.#passed = seq;
	}

	/** What the message `seq`, whose predecessor is `prev`, is to this reader; it is not taken yet. */
	arrival(seq: number, prev: number | undefined): Arrival {
		if (this.seq === undefined) return "new";
		if (seq <= this.seq) return "known";
		return prev !== undefined && prev > this.seq ? "hole" : "new";
	}

	/** Takes the message `seq`. */
	take(seq: number): void {
		this.seq = seq;
	}

	/** Up to `to` something cannot be had, which the reading will come to later. */
	overlook(to: number): void {
		this.pass(to);
		this.blindTo = Math.max(this.blindTo, to);
	}

	/** What is missing up to `to` cannot be had, and the reading goes on behind it. @returns whether that is news. */
	skip(to: number): boolean {
		this.overlook(to);
		if (this.seq !== undefined && to <= this.seq) return false;
		this.seq = to;
		return true;
	}

	/** The replay is not waited for: what it would have shown stays unproven. */
	breakOff(): void {
		this.blindTo = Math.max(this.blindTo, this.#entered);
		this.#passed = Math.max(this.#passed, this.#entered);
	}

	/** If nothing was read yet, the reading begins where the room was entered. */
	anchor(): void {
		this.seq ??= this.#entered;
	}
}

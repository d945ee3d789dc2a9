// The reading side of a room. In a stored room every message comes once and in order: after a loss the reader resumes where it
// stopped, a hole that no gap explains is read again, and a loop that is slower than the room is served from the room's own
// history, never from memory here. docs/chat.md, docs/reliability.md.

import type { InboxLimits } from "../../connection/index.ts";
import { MessageQueue } from "./message-queue.ts";
import type { Message } from "./message-types.ts";
import { type Position, ReadCursor } from "./read-cursor.ts";
import type { Gap, RoomMessage } from "./room-events.ts";

/** What the reader needs of its room. */
export interface MessageReaderOwner {
	/** Whether the room is entered, so that what arrives can be taken. */
	readonly isIn: boolean;
	/** The client's current name. */
	readonly name: string;
	hasListeners(): boolean;
	emit(message: RoomMessage): void;
	gap(gap: Gap): void;
	/** Enters the room again on the same connection, and has it replayed after this number. */
	join(after: number | undefined, log: string | undefined): void;
}

/**
 * What became of a message: it was `handled`; `rereading`: it comes again, because messages before it are missing; `parked`: the
 * loops have no room for it, and it comes again when they have.
 */
export type MessageOutcome = "handled" | "rereading" | "parked";

/** What the server sent about the history when the room was entered. */
export interface EnteredHistory {
	readonly stored: boolean;
	readonly log: string | undefined;
	readonly seq: number | undefined;
}

/** The way of one room's messages from the server to the program. */
export class MessageReader {
	readonly #cursor: ReadCursor;
	readonly #queue: MessageQueue;
	readonly #owner: MessageReaderOwner;
	readonly #wantsHistory: boolean;
	/** Messages up to this number were sent before this client first entered. */
	#oldTo = 0;
	/** The loops have no room: what arrives is not taken, and comes again from the history. */
	#isParked = false;
	/** A replay that nobody takes was cut short. */
	#isCutShort = false;
	/** The position at which a hole was read again already on this connection. */
	#rereadAt: number | undefined = undefined;

	/**
	 * @param since where an earlier reader stopped.
	 * @param wantsHistory whether the newest messages are replayed at first.
	 */
	constructor(limits: InboxLimits, since: Position | undefined, wantsHistory: boolean, owner: MessageReaderOwner) {
		this.#cursor = new ReadCursor(since);
		this.#wantsHistory = wantsHistory;
		this.#owner = owner;
		this.#queue = new MessageQueue(limits, {
			hasListeners: () => owner.hasListeners(),
			emit: (message) => owner.emit(message),
			moved: () => this.#unpark(),
		});
	}

	/** Where the reader is in the history; undefined in a live room, and before the first message. */
	get position(): Position | undefined {
		const { log, seq } = this.#cursor;
		return log === undefined || seq === undefined ? undefined : { log, seq };
	}

	/** The number up to which everything has arrived. */
	get seen(): number {
		return this.#cursor.seen;
	}

	/** The number up to which messages may have gone by unseen. */
	get blindTo(): number {
		return this.#cursor.blindTo;
	}

	/** Whether the replay of a stored room is complete. */
	get isCaughtUp(): boolean {
		return this.#cursor.isCaughtUp;
	}

	get isParked(): boolean {
		return this.#isParked;
	}

	/** What to ask for when the room is entered: `after` -1 for no replay, undefined for the newest messages. */
	get resumeAt(): { readonly after: number | undefined; readonly log: string | undefined } {
		const { log, seq } = this.#cursor;
		if (seq !== undefined) return { after: seq, log };
		return { after: this.#wantsHistory ? undefined : -1, log: undefined };
	}

	/**
	 * The room was entered, and the replay follows.
	 *
	 * @returns whether its history is another one than the one that was read.
	 */
	entered({ stored, log, seq }: EnteredHistory, isFirst: boolean): boolean {
		const another = stored && this.#cursor.enter(log, seq ?? 0);
		if (another) {
			this.#rereadAt = undefined;
			this.#missed({ why: "history", from: undefined, to: undefined });
		} else if (!stored && !isFirst) this.#missed({ why: "away", from: undefined, to: undefined });
		if (isFirst && this.#cursor.seq === undefined) this.#oldTo = seq ?? 0;
		return another;
	}

	/** Follows `entered`, after the program was notified. @returns whether a replay was cut short: call `resume` last. */
	settle(stored: boolean): boolean {
		const wasCutShort = this.#isCutShort;
		this.#isCutShort = false;
		if (wasCutShort) this.#cursor.breakOff();
		if (stored && !this.#wantsHistory) this.#cursor.anchor();
		return wasCutShort;
	}

	/** Continues to read where the loops have room again. */
	resume(): void {
		this.#unpark();
	}

	/** The connection is lost. */
	lost(stored: boolean): void {
		// Where nothing was read yet, everything since the room was entered is missing.
		if (stored) this.#cursor.anchor();
		this.#isParked = false;
		this.#isCutShort = false;
		// The reread may not have come to its end.
		this.#rereadAt = undefined;
	}

	/** A message arrived. */
	take(message: Message): MessageOutcome {
		const { seq, prev } = message;
		const cursor = this.#cursor;
		if (seq !== undefined) cursor.pass(seq);
		if (!this.#owner.isIn || this.#isParked) return "handled";
		if (seq === undefined) {
			this.#queue.deliver(this.made(message, false));
			return "handled";
		}
		const arrival = cursor.arrival(seq, prev);
		if (arrival === "known") return "handled";
		if (arrival === "hole" && this.#readAgain()) return "rereading";
		if (this.#queue.isFull) {
			this.#park();
			return "parked";
		}
		if (arrival === "hole") this.gap((cursor.seq ?? 0) + 1, prev);
		cursor.take(seq);
		this.#queue.deliver(this.made(message, seq <= this.#oldTo));
		return "handled";
	}

	/** The server reports that messages are missing. */
	gap(from: number | undefined, to: number | undefined): void {
		if (!this.#owner.isIn || this.#isParked) {
			if (to !== undefined) this.#cursor.overlook(to);
		} else if (to === undefined || this.#cursor.skip(to)) this.#missed({ why: "lost", from, to });
	}

	/** A message as the program gets it. */
	made(message: Message, old: boolean): RoomMessage {
		const own = message.id !== undefined || message.from === this.#owner.name;
		return { ...message, own, old, afterGap: false };
	}

	/** Hands what waits to the listeners. */
	flush(): void {
		this.#queue.flush();
	}

	/** The iterator of one loop. */
	read(): AsyncIterator<RoomMessage, undefined, undefined> {
		return this.#queue.read();
	}

	/** No more will come. */
	end(error: unknown, drop: boolean): void {
		this.#queue.end(error, drop);
	}

	#missed(gap: Gap): void {
		this.#queue.miss();
		this.#owner.gap(gap);
	}

	// A hole that no gap explains: the room is read again from the last whole position, once.
	#readAgain(): boolean {
		const { seq, log } = this.#cursor;
		if (seq === undefined || seq === this.#rereadAt) return false;
		this.#rereadAt = seq;
		this.#owner.join(seq, log);
		return true;
	}

	#park(): void {
		this.#isParked = true;
		if (this.#cursor.isCaughtUp) return;
		// Nobody takes the rest of the replay, however long it is: a join that asks for nothing cuts it short.
		this.#isCutShort = true;
		this.#owner.join(-1, undefined);
	}

	#unpark(): void {
		if (!this.#isParked || !this.#owner.isIn || !this.#queue.hasRoom) return;
		this.#isParked = false;
		this.#owner.join(this.#cursor.seq, this.#cursor.log);
	}
}

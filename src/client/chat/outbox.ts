// Messages that the server has not acknowledged yet, in the order in which they were said, across connections. It keeps and
// counts them; who may leave when is asked of its owner, and what leaves is handed to it. It resends nothing by itself.

import { XMLSocketError } from "../../errors/index.ts";

/** What a server has said of a message. */
export interface Receipt {
	readonly id: string;
	/** Its number in a stored room. */
	readonly seq: number | undefined;
	/** The server had it already: it was sent again, and stored once. */
	readonly duplicate: boolean;
}

/** What is said, and to whom. */
export interface Spoken {
	readonly id: string;
	/** The room that it is for; undefined: it is private. */
	readonly room: string | undefined;
	readonly text: string;
	readonly bytes: number;
}

/** A message that waits for its acknowledgement. */
export interface Unacknowledged extends Spoken {
	/** On its way on the connection of the moment. */
	inFlight: boolean;
	/** When it left for the first time, in monotonic milliseconds; undefined: it never has. */
	firstSentMs: number | undefined;
	/** Up to which number its room had been seen when it left for the first time. */
	seenWhenSent: number;
}

/** How much may wait. */
export interface OutboxLimits {
	readonly maxOutboxMessages: number;
	readonly maxOutboxBytes: number;
}

interface Held extends Unacknowledged {
	resolve(receipt: Receipt): void;
	reject(error: XMLSocketError): void;
}

/** More than this on their way at a time, and the server would refuse some. */
const MAX_IN_FLIGHT = 100;

/** One chat's unacknowledged messages. */
export class Outbox {
	readonly #limits: OutboxLimits;
	/** By id, in order. */
	readonly #held = new Map<string, Held>();
	/** Seen on this connection, and their acknowledgements are still to come. */
	readonly #seen = new Set<string>();
	#bytes = 0;
	#inFlight = 0;
	#settled: (() => void)[] = [];

	constructor(limits: OutboxLimits) {
		this.#limits = limits;
	}

	/** Messages that are on their way. */
	get inFlight(): number {
		return this.#inFlight;
	}

	/**
	 * Takes a message; the promise settles with what becomes of it.
	 *
	 * @throws XMLSOCKET_OUTBOX_FULL, XMLSOCKET_OPTION_INVALID where a message of this id waits already.
	 */
	add(spoken: Spoken): Promise<Receipt> {
		const { maxOutboxMessages, maxOutboxBytes } = this.#limits;
		if (this.#held.size >= maxOutboxMessages || this.#bytes + spoken.bytes > maxOutboxBytes) {
			throw new XMLSocketError(
				"XMLSOCKET_OUTBOX_FULL",
				`A message of ${spoken.bytes} bytes has no room: ${this.#held.size} messages of ${this.#bytes} bytes wait for their acknowledgement, and the limits are ${maxOutboxMessages} messages and ${maxOutboxBytes} bytes.`,
				{ details: { waiting: this.#held.size, limit: maxOutboxMessages, limitBytes: maxOutboxBytes } },
			);
		}
		if (this.#held.has(spoken.id)) {
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `A message with the id ${spoken.id} waits already.`);
		}
		return new Promise((resolve, reject) => {
			this.#bytes += spoken.bytes;
			this.#held.set(spoken.id, {
				...spoken,
				inFlight: false,
				firstSentMs: undefined,
				seenWhenSent: 0,
				resolve,
				reject,
			});
		});
	}

	/** The message of that id, while it waits. */
	get(id: string): Unacknowledged | undefined {
		return this.#held.get(id);
	}

	/** All of one room, or the private ones, oldest first. */
	of(room: string | undefined): Unacknowledged[] {
		return [...this.#held.values()].filter((held) => held.room === room);
	}

	/** Has those leave that may, in order, as far as so many can be on their way at a time. */
	release(may: (waiting: Unacknowledged) => boolean, leave: (waiting: Unacknowledged) => void): void {
		for (const held of this.#held.values()) {
			if (this.#inFlight >= MAX_IN_FLIGHT) return;
			if (held.inFlight || !may(held)) continue;
			held.inFlight = true;
			this.#inFlight++;
			leave(held);
		}
	}

	/** The connection is gone: nothing is on its way any more. @returns what was. */
	lost(): Unacknowledged[] {
		const gone = [...this.#held.values()].filter((held) => held.inFlight);
		for (const held of gone) held.inFlight = false;
		this.#seen.clear();
		this.#inFlight = 0;
		return gone;
	}

	/** The server has acknowledged it. @returns false where none of this id waits. */
	acknowledge(id: string, seq: number | undefined, duplicate: boolean): boolean {
		// Of a message that was seen before its acknowledgement came; another one may bear that id by now.
		if (this.#seen.delete(id)) return false;
		const held = this.#take(id);
		held?.resolve({ id, seq, duplicate });
		return held !== undefined;
	}

	/** It has come back as one of the room's messages, which says the same as its acknowledgement. */
	see(id: string, seq: number | undefined): void {
		const held = this.#take(id);
		if (held?.inFlight) this.#seen.add(id);
		held?.resolve({ id, seq, duplicate: false });
	}

	/** It will not be taken. @returns false where none of this id waits. */
	refuse(id: string, error: XMLSocketError): boolean {
		const held = this.#take(id);
		held?.reject(error);
		return held !== undefined;
	}

	/** Resolves when nothing is on its way. */
	async quiet(): Promise<void> {
		if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#settled.push(resolve));
	}

	/** Everything that waits is given up, each with the error that `why` gives. */
	clear(why: (waiting: Unacknowledged) => XMLSocketError): void {
		for (const held of [...this.#held.values()]) this.refuse(held.id, why(held));
	}

	#take(id: string): Held | undefined {
		const held = this.#held.get(id);
		if (!held) return undefined;
		this.#held.delete(id);
		this.#bytes -= held.bytes;
		if (held.inFlight) this.#inFlight--;
		if (this.#inFlight === 0) for (const resolve of this.#settled.splice(0)) resolve();
		return held;
	}
}

// Messages that the server has not acknowledged yet, in the order in which the program sent them, across connections. It keeps and
// counts them. Its owner decides which may leave and sends them; it resends nothing by itself.

import { XMLSocketError } from "../../errors/index.ts";

/** The server's acknowledgement of a message. */
export interface Receipt {
	readonly id: string;
	/** Its number in a stored room. */
	readonly seq: number | undefined;
	/** The server had it already: it was sent twice and stored once. */
	readonly duplicate: boolean;
}

/** A message and its receiver. */
export interface OutgoingMessage {
	readonly id: string;
	/** The room that it is for; undefined for a private message. */
	readonly room: string | undefined;
	readonly text: string;
	readonly bytes: number;
}

/** A message that waits for its acknowledgement. */
export interface Unacknowledged extends OutgoingMessage {
	/** It has left on the current connection and has no answer yet. */
	inFlight: boolean;
	/** When it left for the first time, in monotonic milliseconds; undefined where it has not. */
	firstSentMs: number | undefined;
	/** The number up to which its room had been read when the message left for the first time. */
	seenWhenSent: number;
}

/** The limits of what may wait. */
export interface OutboxLimits {
	readonly maxOutboxMessages: number;
	readonly maxOutboxBytes: number;
}

interface Held extends Unacknowledged {
	resolve(receipt: Receipt): void;
	reject(error: XMLSocketError): void;
}

/** How many may be on their way at a time; a server refuses more. */
const MAX_IN_FLIGHT = 100;

/** One chat's unacknowledged messages. */
export class Outbox {
	readonly #limits: OutboxLimits;
	/** By id, in order. */
	readonly #held = new Map<string, Held>();
	/** Those that came back as messages on this connection before their acknowledgements did. */
	readonly #seen = new Set<string>();
	#bytes = 0;
	#inFlight = 0;
	#waiting: (() => void)[] = [];

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
	add(message: OutgoingMessage): Promise<Receipt> {
		const { maxOutboxMessages, maxOutboxBytes } = this.#limits;
		if (this.#held.size >= maxOutboxMessages || this.#bytes + message.bytes > maxOutboxBytes) {
			throw new XMLSocketError(
				"XMLSOCKET_OUTBOX_FULL",
				`A message of ${message.bytes} bytes has no room: ${this.#held.size} messages of ${this.#bytes} bytes wait for their acknowledgement, and the limits are ${maxOutboxMessages} messages and ${maxOutboxBytes} bytes.`,
				{ details: { waiting: this.#held.size, limit: maxOutboxMessages, limitBytes: maxOutboxBytes } },
			);
		}
		if (this.#held.has(message.id)) {
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `A message with the id ${message.id} waits already.`);
		}
		return new Promise((resolve, reject) => {
			this.#bytes += message.bytes;
			this.#held.set(message.id, {
				...message,
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

	/**
	 * Sends those that may leave, in order, until the limit on their way is reached.
	 *
	 * @param leave sends one. Returns false where the connection is over, so that nothing leaves now.
	 */
	release(may: (waiting: Unacknowledged) => boolean, leave: (waiting: Unacknowledged) => boolean): void {
		for (const held of this.#held.values()) {
			if (this.#inFlight >= MAX_IN_FLIGHT) return;
			if (held.inFlight || !may(held)) continue;
			held.inFlight = true;
			this.#inFlight++;
			if (leave(held)) continue;
			held.inFlight = false;
			this.#inFlight--;
			return;
		}
	}

	/** The connection is lost: nothing is on its way any more. @returns what was. */
	lost(): Unacknowledged[] {
		const gone = [...this.#held.values()].filter((held) => held.inFlight);
		for (const held of gone) held.inFlight = false;
		this.#seen.clear();
		this.#inFlight = 0;
		return gone;
	}

	/** The server has acknowledged it. @returns false where no message with this id waits. */
	acknowledge(id: string, seq: number | undefined, duplicate: boolean): boolean {
		// The acknowledgement of a message that came back before it; another message may have the id by now.
		if (this.#seen.delete(id)) return false;
		const held = this.#take(id);
		held?.resolve({ id, seq, duplicate });
		return held !== undefined;
	}

	/** It has come back as one of the room's messages, which proves as much as its acknowledgement. */
	see(id: string, seq: number | undefined): void {
		const held = this.#take(id);
		if (held?.inFlight) this.#seen.add(id);
		held?.resolve({ id, seq, duplicate: false });
	}

	/** It is refused or given up. @returns false where no message with this id waits. */
	refuse(id: string, error: XMLSocketError): boolean {
		const held = this.#take(id);
		held?.reject(error);
		return held !== undefined;
	}

	/** Resolves when nothing is on its way. */
	async settled(): Promise<void> {
		if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	/** Gives up everything that waits, each with the error that `why` returns. */
	clear(why: (waiting: Unacknowledged) => XMLSocketError): void {
		for (const held of [...this.#held.values()]) this.refuse(held.id, why(held));
	}

	#take(id: string): Held | undefined {
		const held = this.#held.get(id);
		if (!held) return undefined;
		this.#held.delete(id);
		this.#bytes -= held.bytes;
		if (held.inFlight) this.#inFlight--;
		if (this.#inFlight === 0) for (const resolve of this.#waiting.splice(0)) resolve();
		return held;
	}
}

/** A message has left, and whether it arrived cannot be found out. `details.id` is its id. */
export function outcomeUnknown(id: string, why: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_OUTCOME_UNKNOWN", `It is not known whether the message ${id} arrived: ${why}.`, {
		...(cause === undefined ? {} : { cause }),
		details: { id },
	});
}

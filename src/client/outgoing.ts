// What a connection has to send: on the link while there is one, in a queue while there is none, never more than the limit. It
// also keeps the promises of `drained()`.

import { XMLSocketError } from "../errors/index.ts";
import type { Link } from "../link/index.ts";
import { encodeDocument, type TextCodec } from "../wire/index.ts";

/** `drained()` resolves when no more than this waits: enough to keep the network busy. */
const DRAINED_BYTES = 64 * 1024;
const ZERO: Uint8Array = Uint8Array.of(0);

/** The outgoing side of a connection, across its links. */
export class Outgoing {
	readonly #limitBytes: number;
	readonly #codec: TextCodec;
	readonly #terminator: Uint8Array;
	#link: Link | undefined = undefined;
	#queue: Uint8Array[] = [];
	#queueBytes = 0;
	#waiters: { resolve(): void; reject(error: XMLSocketError): void }[] = [];

	constructor(limitBytes: number, codec: TextCodec, terminator: Uint8Array | undefined) {
		this.#limitBytes = limitBytes;
		this.#codec = codec;
		this.#terminator = terminator ?? ZERO;
	}

	/** The link that texts go to from now on; undefined while there is none. */
	set link(link: Link | undefined) {
		this.#link = link;
	}

	/** Bytes that wait in this process. */
	get bytes(): number {
		return this.#queueBytes + (this.#link?.isOpen ? this.#link.outboxBytes : 0);
	}

	/**
	 * Puts a text on the link, past the queue. What is in the queue does not count here, so that a client can always log in again.
	 *
	 * @returns false where there is no link.
	 */
	transmit(text: string): boolean {
		const link = this.#link;
		if (!link?.isOpen) return false;
		this.#checkRoom(link.outboxBytes, text.length);
		link.send(text);
		return true;
	}

	/** Keeps a text for the next link. It is encoded at once, so that a text that cannot be sent is refused here. */
	enqueue(text: string): void {
		const bytes = encodeDocument(text, this.#codec, this.#terminator);
		this.#checkRoom(this.bytes, bytes.length);
		this.#queue.push(bytes);
		this.#queueBytes += bytes.length;
	}

	/** Puts the queue on the link. */
	releaseQueue(): void {
		const queue = this.#queue;
		this.#dropQueue();
		for (const bytes of queue) this.#link?.sendEncoded(bytes);
		this.#link?.flush();
		this.moved();
	}

	/** Resolves when no more than 64 KiB wait. */
	drained(): Promise<void> {
		this.#link?.flush();
		if (this.bytes <= DRAINED_BYTES) return Promise.resolve();
		return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
	}

	/** Something has left: resolves `drained()` where little enough waits. */
	moved(): void {
		if (this.bytes > DRAINED_BYTES) return;
		for (const waiter of this.#waiters.splice(0)) waiter.resolve();
	}

	/** Nothing more will leave. */
	end(error: XMLSocketError): void {
		this.#link = undefined;
		this.#dropQueue();
		for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
	}

	#dropQueue(): void {
		this.#queue = [];
		this.#queueBytes = 0;
	}

	#checkRoom(waitingBytes: number, moreBytes: number): void {
		const limitBytes = this.#limitBytes;
		if (waitingBytes + moreBytes <= limitBytes) return;
		throw new XMLSocketError(
			"XMLSOCKET_OUTBOX_FULL",
			`A document of ${moreBytes} bytes has no room: ${waitingBytes} bytes wait already, and the limit is ${limitBytes} bytes.`,
			{ details: { waitingBytes, documentBytes: moreBytes, limitBytes } },
		);
	}
}

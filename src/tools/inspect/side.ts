// One side of an inspected connection, the client's or the target's: a byte stream (TCP, TLS) or WebSocket messages behind one interface.
// It keeps the kind of each message, so that the other side can send the same.

import type { Transport } from "../../link/index.ts";
import type { WebSocketMessages } from "../../transport/index.ts";

/**
 * How bytes came: in a stream or a binary message (`bytes`), as a text message that is one document without its terminator (`text`), or as a
 * text message that ends with one (`ended-text`).
 */
export type Frame = "bytes" | "text" | "ended-text";

/** The end of one direction. */
export interface StreamEnd {
	/** The code and the reason of a WebSocket's close. */
	readonly code?: number;
	readonly reason?: string;
}

/** The listener of a side. It is not called before `start`. */
export interface SideEvents {
	bytes(chunk: Uint8Array, frame: Frame): void;
	/** The side sends no more. */
	end(end: StreamEnd): void;
	drain(): void;
	ping(data: Uint8Array): void;
	pong(data: Uint8Array): void;
	/** The connection is gone. Once, and last. `error` where it broke. */
	closed(error: Error | undefined): void;
}

/** One side of an inspected connection. */
export interface Side {
	readonly isWebSocket: boolean;
	/** Bytes written that have not left this process yet. */
	readonly bufferedBytes: number;
	start(events: SideEvents): void;
	/** Sends bytes; a WebSocket sends them as one message. @returns false when no more should be written until `drain`. */
	write(bytes: Uint8Array, frame: Frame): boolean;
	/** Ends this direction behind what was written. A WebSocket ends both. */
	end(end: StreamEnd): void;
	/** Closes at once. */
	destroy(): void;
	/** Closes at once; the other end sees that the connection broke, where the protocol can show it. */
	reset(): void;
	pause(): void;
	resume(): void;
	/** Absent for a byte stream. */
	ping?(data: Uint8Array): void;
	pong?(data: Uint8Array): void;
}

/** A byte stream as a side. */
export class StreamSide implements Side {
	readonly isWebSocket = false;
	readonly #transport: Transport;
	readonly #seen: Uint8Array | undefined;

	/** @param seen what was read of it before, to recognise what it is. */
	constructor(transport: Transport, seen?: Uint8Array) {
		this.#transport = transport;
		this.#seen = seen;
	}

	get bufferedBytes(): number {
		return this.#transport.bufferedBytes;
	}

	start(events: SideEvents): void {
		if (this.#seen && this.#seen.length > 0) events.bytes(this.#seen, "bytes");
		this.#transport.start({
			bytes: (chunk) => events.bytes(chunk, "bytes"),
			end: () => events.end({}),
			drain: () => events.drain(),
			pong: () => {},
			close: (error) => events.closed(error),
		});
	}

	write(bytes: Uint8Array): boolean {
		return this.#transport.write(bytes);
	}

	end(): void {
		this.#transport.end();
	}

	destroy(): void {
		this.#transport.destroy();
	}

	reset(): void {
		if (this.#transport.reset) this.#transport.reset();
		else this.#transport.destroy();
	}

	pause(): void {
		this.#transport.pause();
	}

	resume(): void {
		this.#transport.resume();
	}
}

const BROKEN = 1006;

/** A WebSocket as a side. */
export class MessageSide implements Side {
	readonly isWebSocket = true;
	readonly #messages: WebSocketMessages;
	readonly #terminator: Uint8Array;

	/** @param terminator what ends a document in the bytes of this connection. */
	constructor(messages: WebSocketMessages, terminator: Uint8Array) {
		this.#messages = messages;
		this.#terminator = terminator;
	}

	get bufferedBytes(): number {
		return this.#messages.bufferedBytes;
	}

	start(events: SideEvents): void {
		this.#messages.start({
			message: (data, isText) =>
				events.bytes(data, isText ? (endsWith(data, this.#terminator) ? "ended-text" : "text") : "bytes"),
			ping: (data) => events.ping(data),
			pong: (data) => events.pong(data),
			drain: () => events.drain(),
			closed: (code, reason, error) => {
				// A WebSocket has no half-close. One that broke is no end: what it had begun to send is missing.
				if (code === BROKEN || error) events.closed(error ?? new Error("the WebSocket broke without a close frame"));
				else {
					events.end({ code, reason });
					events.closed(undefined);
				}
			},
		});
	}

	write(bytes: Uint8Array, frame: Frame): boolean {
		return this.#messages.send(bytes, frame !== "bytes");
	}

	end({ code, reason }: StreamEnd): void {
		this.#messages.end(code ?? 1000, reason);
	}

	destroy(): void {
		this.#messages.destroy();
	}

	reset(): void {
		this.#messages.destroy();
	}

	pause(): void {
		this.#messages.pause();
	}

	resume(): void {
		this.#messages.resume();
	}

	ping(data: Uint8Array): void {
		this.#messages.ping(data);
	}

	pong(data: Uint8Array): void {
		this.#messages.pong(data);
	}
}

function endsWith(data: Uint8Array, end: Uint8Array): boolean {
	const from = data.length - end.length;
	if (from < 0) return false;
	for (let at = 0; at < end.length; at++) if (data[from + at] !== end[at]) return false;
	return true;
}

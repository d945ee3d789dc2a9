// Calls and notes over a channel: numbers the calls, and settles them with their results. When the channel ends, every call that
// waits is refused. The bus and the log of workers are made of these.

import type { Duplex } from "node:stream";
import { XMLSocketError } from "../../errors/index.ts";
import { type ChannelOptions, FrameChannel } from "./frame-channel.ts";
import type { FrameCursor } from "./frame-cursor.ts";
import type { FrameWriter } from "./frame-writer.ts";
import { KIND } from "./kinds.ts";

/** Calls that wait for their results; with more, further ones are refused. */
const MAX_CALLS = 65_536;

/** What a peer receives. */
export interface PeerListener {
	/** A call of the other end. Answer with `result` or `fail`, now or later. */
	called(operation: number, cursor: FrameCursor, number: number): void;
	noted(operation: number, cursor: FrameCursor): void;
	/** A frame of another kind. */
	frame(kind: number, cursor: FrameCursor): void;
	/** The channel has ended. */
	closed(error: Error | undefined): void;
}

interface WaitingCall {
	readonly read: (cursor: FrameCursor) => unknown;
	readonly resolve: (value: never) => void;
	readonly reject: (error: unknown) => void;
	readonly tag: unknown;
}

/** One end of a channel that makes and answers calls. */
export class ChannelPeer {
	readonly channel: FrameChannel;
	readonly #calls = new Map<number, WaitingCall>();
	readonly #ended: string;
	#lastCall = 0;

	/** @param ended the message of the error for calls that wait when the channel ends. */
	constructor(stream: Duplex, listener: PeerListener, ended: string, options: ChannelOptions = {}) {
		this.#ended = ended;
		this.channel = new FrameChannel(
			stream,
			{
				frame: (kind, cursor) => {
					if (kind === KIND.call) {
						const number = cursor.whole();
						listener.called(cursor.byte(), cursor, number);
					} else if (kind === KIND.note) listener.noted(cursor.byte(), cursor);
					else if (kind === KIND.result) this.#settle(cursor);
					else if (kind === KIND.failure) this.#refuse(cursor);
					else listener.frame(kind, cursor);
				},
				closed: (error) => {
					for (const { reject } of this.#calls.values()) reject(unavailable(this.#ended));
					this.#calls.clear();
					listener.closed(error);
				},
			},
			options,
		);
	}

	/**
	 * Calls the other end.
	 *
	 * Rejects with the error of the other end, XMLSOCKET_UNAVAILABLE where the channel ends first or too many calls wait.
	 *
	 * @param tag kept until the call is settled, for `tagOf`.
	 */
	call<Result>(
		operation: number,
		write: (frame: FrameWriter) => void,
		read: (cursor: FrameCursor) => Result,
		tag?: unknown,
	): Promise<Result> {
		return new Promise((resolve, reject) => {
			if (this.channel.isClosed) throw unavailable(this.#ended);
			if (this.#calls.size >= MAX_CALLS) throw unavailable(`${MAX_CALLS} calls wait for the other process.`);
			const number = this.#nextNumber();
			const frame = this.channel.begin(KIND.call).whole(number).byte(operation);
			try {
				write(frame);
			} catch (error) {
				frame.cancel();
				throw error;
			}
			frame.end();
			this.#calls.set(number, { read, resolve: resolve as (value: never) => void, reject, tag });
		});
	}

	/** What `call` was given as a tag, while the call waits. */
	tagOf(number: number): unknown {
		return this.#calls.get(number)?.tag;
	}

	/** Begins a note; call `end` of the result. */
	note(operation: number): FrameWriter {
		return this.channel.begin(KIND.note).byte(operation);
	}

	/** Begins the result of a call of the other end; call `end` of it. */
	result(number: number): FrameWriter {
		return this.channel.begin(KIND.result).whole(number);
	}

	/** Refuses a call of the other end. */
	fail(number: number, error: unknown): void {
		const isOwn = error instanceof XMLSocketError;
		const message = error instanceof Error ? error.message : String(error);
		this.channel
			.begin(KIND.failure)
			.whole(number)
			.text(isOwn ? error.code : "XMLSOCKET_UNAVAILABLE")
			.text(message)
			.end();
	}

	#settle(cursor: FrameCursor): void {
		const number = cursor.whole();
		const call = this.#calls.get(number);
		if (!call) return;
		this.#calls.delete(number);
		try {
			call.resolve(call.read(cursor) as never);
		} catch (error) {
			call.reject(error);
			// Anything else is a frame that cannot be read.
			if (!(error instanceof XMLSocketError)) throw error;
		}
	}

	#refuse(cursor: FrameCursor): void {
		const number = cursor.whole();
		const call = this.#calls.get(number);
		this.#calls.delete(number);
		const code = cursor.text();
		call?.reject(new XMLSocketError(code as XMLSocketError["code"], cursor.text()));
	}

	// A call that waits for very long keeps its number.
	#nextNumber(): number {
		do this.#lastCall = (this.#lastCall + 1) >>> 0;
		while (this.#calls.has(this.#lastCall));
		return this.#lastCall;
	}
}

/** An XMLSOCKET_UNAVAILABLE. */
export function unavailable(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_UNAVAILABLE", message);
}

// What a link needs of a decoder: bytes in, whole units out. `DocumentDecoder` cuts at a terminator, `StreamDecoder` at the
// elements of an XML stream.

import type { XMLSocketError } from "../errors/index.ts";

/** Cuts a byte stream into units. */
export interface Decoder<Unit> {
	/** Complete empty units seen, delivered or not. */
	readonly emptyDocuments: number;
	/** The time, as passed to `push`, at which the unfinished unit began; undefined while there is none. */
	pendingSinceMs: number | undefined;
	/** The bytes of the unfinished unit. */
	readonly pendingBytes?: number;
	/** Whether the units themselves have told that no more will follow. */
	readonly ended?: boolean;
	/**
	 * Takes a chunk, which it does not keep, and appends the units that it completes to `units`.
	 *
	 * @param nowMs the time, monotonic milliseconds.
	 * @returns the error that ends this stream. Units before it were appended; the decoder must not be used afterwards.
	 */
	push(chunk: Uint8Array, nowMs: number, units: Unit[]): XMLSocketError | undefined;
	/**
	 * Begins again as with a new connection.
	 *
	 * @returns false, and does nothing, where part of a unit has been received already.
	 */
	restart?(): boolean;
}

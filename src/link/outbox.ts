// What waits to be written on one connection, in order: texts that are not encoded yet and bytes that many connections
// share. It writes them in batches, uses the same batch for every connection that waits for the same bytes, and detects a reader
// that is too slow. Its link decides what happens then.

import { XMLSocketError } from "../errors/index.ts";
import type { TextCodec } from "../wire/index.ts";
import type { BatchConcatenator } from "./batch-concatenator.ts";
import type { OutboxLimits } from "./link-options.ts";
import type { Transport } from "./transport.ts";

const JOIN_BYTES = 64 * 1024;
const GRACE_MS = 10_000;

/** A first-in-first-out list of documents that leaves in as few pieces as possible. */
export class Outbox {
	/** Bytes that wait here, without those in the transport; a text counts its UTF-16 length until it is encoded. */
	bytes = 0;
	readonly #codec: TextCodec;
	#text = "";
	#parts: Uint8Array[] | undefined = undefined;
	#blocked = false;
	#written = 0;
	#taken = 0;
	#textIsLong = false;
	/** The parts that are one long document each; undefined where there is none. */
	#long: Set<Uint8Array> | undefined = undefined;
	/** Whether the first part is the rest of a document of which a piece has left. */
	#cut = false;
	/** The length of the piece written last, where it was of a long document. */
	#longWritten = 0;
	#takenAtMs: number;
	#softSinceMs: number | undefined = undefined;

	constructor(codec: TextCodec, nowMs: number) {
		this.#codec = codec;
		this.#takenAtMs = nowMs;
	}

	/** Whether the transport accepts no more until it reports that it has drained. */
	get isBlocked(): boolean {
		return this.#blocked;
	}

	/** Appends text, its terminator included. Texts that follow each other are encoded in one go. */
	addText(text: string): void {
		// A long document is a part of its own: see `#excess`. Short ones are encoded and written in one go, however many they are.
		const isLong = text.length > JOIN_BYTES;
		if (isLong || this.#textIsLong) this.#encode();
		this.#textIsLong = isLong;
		this.#text += text;
		this.bytes += text.length;
	}

	/** Appends whole documents as bytes. They are kept by reference. */
	addBytes(bytes: Uint8Array): void {
		this.#encode();
		this.bytes += bytes.length;
		if (bytes.length > JOIN_BYTES) this.#markLong(bytes);
		if (this.#parts) this.#parts.push(bytes);
		else this.#parts = [bytes];
	}

	/** Writes what waits, until the transport asks to wait. */
	writeTo(transport: Transport, concatenator: BatchConcatenator): void {
		if (this.#blocked || this.#writeText(transport)) return;
		while (!this.#blocked) {
			const piece = this.#take(concatenator, transport.isStream === true);
			if (!piece) return;
			this.#written += piece.length;
			// A socket returns false for every piece above its own small mark, also where the system has accepted it at once.
			this.#blocked = !transport.write(piece) && transport.bufferedBytes > 0;
		}
	}

	// Texts alone, as answers are, leave without an array of bytes in between. What waits in the transport then counts in characters, so this is for
	// one piece only.
	#writeText(transport: Transport): boolean {
		const text = this.#text;
		if (text === "" || this.#parts || text.length > JOIN_BYTES) return false;
		if (!transport.writeText || !this.#codec.isUtf8) return false;
		this.#text = "";
		this.bytes -= text.length;
		this.#longWritten = 0;
		this.#written += text.length;
		this.#blocked = !transport.writeText(text) && transport.bufferedBytes > 0;
		return true;
	}

	/** The transport accepts more. @returns false if it had not asked to wait. */
	unblock(): boolean {
		const wasBlocked = this.#blocked;
		this.#blocked = false;
		return wasBlocked;
	}

	/** Directly after a write: XMLSOCKET_SLOW_READER where more than the hard limit is left. */
	overfull(transport: Transport, limits: OutboxLimits): XMLSocketError | undefined {
		const limit = limits.maxOutboxBytes;
		// A transport that asks for no break has little left.
		if (!this.#blocked && this.bytes <= limit) return undefined;
		const waiting = this.bytes + transport.bufferedBytes - this.#excess(transport);
		return waiting > limit ? slowReader(waiting, limit, "") : undefined;
	}

	/** XMLSOCKET_UNREAD_OUTPUT or XMLSOCKET_SLOW_READER where the other side has taken nothing, or too little, for too long. */
	overdue(nowMs: number, transport: Transport, limits: OutboxLimits): XMLSocketError | undefined {
		const buffered = transport.bufferedBytes;
		const waiting = this.bytes + buffered;
		const taken = this.#written - buffered;
		const { unreadOutputTimeoutMs } = limits;
		// Frame headers count as buffered and not as written, so only a rise is progress.
		if (waiting === 0 || taken > this.#taken) {
			this.#taken = taken;
			this.#takenAtMs = nowMs;
		} else if (unreadOutputTimeoutMs > 0 && nowMs - this.#takenAtMs >= unreadOutputTimeoutMs) {
			return new XMLSocketError(
				"XMLSOCKET_UNREAD_OUTPUT",
				`The other side read none of the ${waiting} bytes that wait for it for ${unreadOutputTimeoutMs} ms.`,
				{ details: { waitingBytes: waiting, limitMs: unreadOutputTimeoutMs } },
			);
		}
		const behind = waiting - this.#excess(transport);
		const softBytes = limits.softOutboxBytes ?? limits.maxOutboxBytes;
		if (behind <= softBytes) {
			this.#softSinceMs = undefined;
			return undefined;
		}
		this.#softSinceMs ??= nowMs;
		const graceMs = limits.slowReaderGraceMs ?? GRACE_MS;
		return nowMs - this.#softSinceMs < graceMs ? undefined : slowReader(behind, softBytes, ` for ${graceMs} ms`);
	}

	/** Discards everything. */
	clear(): void {
		this.#text = "";
		this.#parts = undefined;
		this.#textIsLong = false;
		this.#long = undefined;
		this.#cut = false;
		this.bytes = 0;
	}

	// What is left of the one long document at the front: its length does not mean that its reader is slow.
	#excess(transport: Transport): number {
		const front = this.#parts?.[0];
		return (front && this.#isLong(front) ? front.length : 0) + Math.min(this.#longWritten, transport.bufferedBytes);
	}

	// The next piece to write, about 64 KiB unless one part is longer; undefined when nothing waits. A longer document is cut into such pieces where
	// the transport allows it: only what has left a piece counts as taken.
	#take(concatenator: BatchConcatenator, maySplit: boolean): Uint8Array | undefined {
		this.#encode();
		const parts = this.#parts;
		if (!parts) return undefined;
		const first = parts[0]!;
		if (this.#isLong(first)) return this.#takeLong(first, parts, maySplit);
		this.#longWritten = 0;
		let count = 0;
		let length = 0;
		while (count < parts.length && (count === 0 || length + parts[count]!.length <= JOIN_BYTES)) {
			length += parts[count]!.length;
			count++;
		}
		const piece = count === 1 ? parts[0]! : concatenator.concatenate(parts, count, length);
		if (count === parts.length) this.#parts = undefined;
		else parts.splice(0, count);
		this.bytes -= length;
		return piece;
	}

	#isLong(first: Uint8Array): boolean {
		return this.#cut || this.#long?.has(first) === true;
	}

	#markLong(part: Uint8Array): void {
		this.#long ??= new Set();
		this.#long.add(part);
	}

	// A long document leaves alone, and in pieces where that is allowed.
	#takeLong(first: Uint8Array, parts: Uint8Array[], maySplit: boolean): Uint8Array {
		if (this.#long?.delete(first) && this.#long.size === 0) this.#long = undefined;
		this.#cut = maySplit && first.length > JOIN_BYTES;
		const piece = this.#cut ? first.subarray(0, JOIN_BYTES) : first;
		if (this.#cut) parts[0] = first.subarray(JOIN_BYTES);
		else if (parts.length === 1) this.#parts = undefined;
		else parts.shift();
		this.bytes -= piece.length;
		this.#longWritten = piece.length;
		return piece;
	}

	#encode(): void {
		const text = this.#text;
		if (text === "") return;
		this.#text = "";
		const bytes = this.#codec.encode(text);
		if (this.#textIsLong) this.#markLong(bytes);
		this.#textIsLong = false;
		this.bytes += bytes.length - text.length;
		if (this.#parts) this.#parts.push(bytes);
		else this.#parts = [bytes];
	}
}

function slowReader(waiting: number, limit: number, forHowLong: string): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_SLOW_READER",
		`${waiting} bytes wait for the other side, more than the limit of ${limit} bytes${forHowLong}.`,
		{ details: { waitingBytes: waiting, limitBytes: limit } },
	);
}

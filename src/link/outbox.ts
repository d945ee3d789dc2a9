// What waits to be written on one connection, in order: texts that are not encoded yet and bytes that many connections
// share. It gives them out joined, and gives the same joined array to every connection that waits for the same bytes.

import type { TextCodec } from "../wire/index.ts";

const JOIN_BYTES = 64 * 1024;

/** A first-in-first-out list of documents that leaves in as few pieces as possible. */
export class Outbox {
	/** Bytes that wait; a text counts its UTF-16 length until it is encoded. */
	bytes = 0;
	readonly #codec: TextCodec;
	#text = "";
	#parts: Uint8Array[] | undefined = undefined;

	constructor(codec: TextCodec) {
		this.#codec = codec;
	}

	/** Appends text, its terminator included. Texts that follow each other are encoded in one go. */
	addText(text: string): void {
		this.#text += text;
		this.bytes += text.length;
	}

	/** Appends whole documents as bytes. They are kept by reference. */
	addBytes(bytes: Uint8Array): void {
		if (this.#text !== "") this.#encode();
		this.bytes += bytes.length;
		if (this.#parts) this.#parts.push(bytes);
		else this.#parts = [bytes];
	}

	/** The next piece to write, about 64 KiB at most unless one document is longer; undefined when nothing waits. */
	take(joiner: Joiner): Uint8Array | undefined {
		if (this.#text !== "") this.#encode();
		const parts = this.#parts;
		if (!parts) return undefined;
		let count = 0;
		let length = 0;
		while (count < parts.length && (count === 0 || length + parts[count]!.length <= JOIN_BYTES)) {
			length += parts[count]!.length;
			count++;
		}
		const piece = count === 1 ? parts[0]! : joiner.join(parts, count, length);
		if (count === parts.length) this.#parts = undefined;
		else parts.splice(0, count);
		this.bytes -= length;
		return piece;
	}

	/** Forgets everything. */
	clear(): void {
		this.#text = "";
		this.#parts = undefined;
		this.bytes = 0;
	}

	#encode(): void {
		const text = this.#text;
		this.#text = "";
		const bytes = this.#codec.encode(text);
		this.bytes += bytes.length - text.length;
		if (this.#parts) this.#parts.push(bytes);
		else this.#parts = [bytes];
	}
}

/**
 * Remembers the last join. In a broadcast the same arrays wait, in the same order, in every member's outbox, and those are
 * flushed one after the other: all but the first of them are spared the copy.
 */
export class Joiner {
	#parts: readonly Uint8Array[] = [];
	#joined: Uint8Array | undefined = undefined;

	/** The first `count` of `parts`, `length` bytes in all, as one array. */
	join(parts: readonly Uint8Array[], count: number, length: number): Uint8Array {
		if (this.#joined && this.#parts.length === count) {
			let same = 0;
			while (same < count && this.#parts[same] === parts[same]) same++;
			if (same === count) return this.#joined;
		}
		const joined = new Uint8Array(length);
		let at = 0;
		for (let i = 0; i < count; i++) {
			joined.set(parts[i]!, at);
			at += parts[i]!.length;
		}
		this.#parts = parts.slice(0, count);
		this.#joined = joined;
		return joined;
	}

	/** Lets go of the last join, so that nothing is kept between ticks. */
	forget(): void {
		this.#parts = [];
		this.#joined = undefined;
	}
}

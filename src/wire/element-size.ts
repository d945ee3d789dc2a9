// How long the element at hand has grown, in characters and in bytes. What it finds does not depend on how the bytes were
// cut into segments: the limit that comes first in the bytes is the one that is told. Each byte is counted at most once, and
// none while there are too few for any limit. maxUnprocessedChars, Server-Side ActionScript Language Reference p. 223.

import { XMLSocketError } from "../errors/index.ts";

/** The size of one element after the other. */
export class ElementSize {
	readonly #maxChars: number;
	readonly #maxBytes: number;
	#chars = 0;
	#counted = 0;
	#long = false;

	constructor(maxChars: number, maxBytes: number) {
		this.#maxChars = maxChars;
		this.#maxBytes = maxBytes;
	}

	/**
	 * Looks at the element in `bytes[start, end)`, which must be the same one as before, grown, until `reset`.
	 *
	 * @param complete whether the element ends there: it may have `maxChars` characters; without its end it may not.
	 * @returns the limit that it passes.
	 */
	passed(bytes: Uint8Array, start: number, end: number, complete: boolean): "chars" | "bytes" | undefined {
		const length = end - start;
		const most = complete ? this.#maxChars : this.#maxChars - 1;
		if (length <= most && length <= this.#maxBytes) return undefined;
		const countable = Math.min(length, this.#maxBytes);
		for (; this.#counted < countable; this.#counted++) {
			const byte = bytes[start + this.#counted]!;
			// UTF-16 units: 10xxxxxx goes on in a character, and makes a second unit of one that began with 11110xxx. No byte
			// makes more than one, so that a broken character cannot count for more than its bytes.
			if ((byte & 0xc0) !== 0x80 || this.#long) this.#chars++;
			this.#long = byte >= 0xf0;
		}
		if (length > this.#maxBytes) return this.#chars >= this.#maxChars ? "chars" : "bytes";
		return this.#chars > most ? "chars" : undefined;
	}

	/** Whether so many bytes are too many. */
	isTooManyBytes(bytes: number): boolean {
		return bytes > this.#maxBytes;
	}

	/** The error for a limit. */
	error(limit: "chars" | "bytes"): XMLSocketError {
		return limit === "chars"
			? new XMLSocketError(
					"XMLSOCKET_DOCUMENT_TOO_LARGE",
					`An element is longer than the limit of ${this.#maxChars} characters (maxUnprocessedChars).`,
					{ details: { limitCharacters: this.#maxChars } },
				)
			: new XMLSocketError(
					"XMLSOCKET_DOCUMENT_TOO_LARGE",
					`An element is longer than the limit of ${this.#maxBytes} bytes.`,
					{ details: { limitBytes: this.#maxBytes } },
				);
	}

	/** The next element begins. */
	reset(): void {
		this.#chars = 0;
		this.#counted = 0;
		this.#long = false;
	}
}

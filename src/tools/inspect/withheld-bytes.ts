// The bytes of an unfinished document that were not sent on. They are kept in one growing buffer, because a document can come a byte at a time.

const FIRST_BYTES = 256;
const NOTHING: Uint8Array = new Uint8Array(0);

/** Bytes that wait. */
export class WithheldBytes {
	#buffer: Uint8Array = NOTHING;
	#length = 0;

	get length(): number {
		return this.#length;
	}

	/** Adds a copy of bytes. */
	append(bytes: Uint8Array): void {
		const length = this.#length + bytes.length;
		if (length > this.#buffer.length) {
			let capacity = Math.max(this.#buffer.length, FIRST_BYTES);
			while (capacity < length) capacity *= 2;
			const grown = new Uint8Array(capacity);
			grown.set(this.#buffer.subarray(0, this.#length));
			this.#buffer = grown;
		}
		this.#buffer.set(bytes, this.#length);
		this.#length = length;
	}

	/** Keeps only the last `count` bytes of what waits and of the chunk behind it. */
	keepLast(count: number, chunk: Uint8Array): void {
		const before = count > chunk.length ? this.take().slice(chunk.length - count) : NOTHING;
		this.clear();
		this.append(before);
		this.append(chunk.subarray(Math.max(0, chunk.length - count)));
	}

	/** All that waits; nothing does afterwards. */
	take(): Uint8Array {
		const bytes = this.#buffer.subarray(0, this.#length);
		this.clear();
		return bytes;
	}

	clear(): void {
		this.#buffer = NOTHING;
		this.#length = 0;
	}
}

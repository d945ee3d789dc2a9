// Builds frames: a length of four bytes (little-endian, of what follows), one byte for the kind, then fields. Fields have no names;
// `frame-cursor.ts` reads them in the same order. Many frames share one buffer, so that they are written to the channel in one piece.

const SLAB_BYTES = 64 * 1024;
/** Below this, what is left of a buffer is not used for the next batch. */
const MIN_REST_BYTES = 8 * 1024;

/** The bytes before a frame's fields: its length and its kind. */
export const HEAD_BYTES = 5;

/** A batch of frames. */
export class FrameWriter {
	#buffer: Buffer = Buffer.allocUnsafe(SLAB_BYTES);
	/** Where the batch begins; what is before it is on its way. */
	#first = 0;
	#at = 0;
	#frame = 0;

	/** Bytes of the batch. */
	get length(): number {
		return this.#at - this.#first;
	}

	/** Begins a frame. Call `end` after its fields. */
	begin(kind: number): this {
		this.#reserve(HEAD_BYTES);
		this.#frame = this.#at;
		this.#buffer[this.#at + 4] = kind;
		this.#at += HEAD_BYTES;
		return this;
	}

	/** Ends the frame. */
	end(): void {
		this.#buffer.writeUInt32LE(this.#at - this.#frame - 4, this.#frame);
	}

	/** Removes the frame that was begun, because a field of it cannot be written. */
	cancel(): void {
		this.#at = this.#frame;
	}

	/** A byte. */
	byte(value: number): this {
		this.#reserve(1);
		this.#buffer[this.#at++] = value;
		return this;
	}

	/** A whole number from 0 to 2³² − 1. */
	whole(value: number): this {
		this.#reserve(4);
		this.#at = this.#buffer.writeUInt32LE(value, this.#at);
		return this;
	}

	/** Any number, without loss. */
	number(value: number): this {
		this.#reserve(8);
		this.#at = this.#buffer.writeDoubleLE(value, this.#at);
		return this;
	}

	/** A text in UTF-8, after its length. */
	text(value: string): this {
		// A UTF-16 unit takes at most three bytes.
		this.#reserve(4 + value.length * 3);
		const bytes = this.#buffer.write(value, this.#at + 4);
		this.#buffer.writeUInt32LE(bytes, this.#at);
		this.#at += 4 + bytes;
		return this;
	}

	/** A text, or the fact that there is none. */
	optionalText(value: string | undefined): this {
		return value === undefined ? this.byte(0) : this.byte(1).text(value);
	}

	/** Bytes after their length. */
	bytes(value: Uint8Array): this {
		return this.whole(value.length).rest(value);
	}

	/** Bytes without their length: the last field of a frame. */
	rest(value: Uint8Array): this {
		this.#reserve(value.length);
		this.#buffer.set(value, this.#at);
		this.#at += value.length;
		return this;
	}

	/** The batch, and begins the next one. */
	take(): Buffer {
		const batch = this.#buffer.subarray(this.#first, this.#at);
		if (this.#buffer.length - this.#at < MIN_REST_BYTES) {
			this.#buffer = Buffer.allocUnsafe(SLAB_BYTES);
			this.#at = 0;
		}
		this.#first = this.#at;
		return batch;
	}

	// Makes a larger buffer where there is no space; what is on its way keeps the old one.
	#reserve(bytes: number): void {
		if (this.#at + bytes <= this.#buffer.length) return;
		const length = this.length;
		const larger = Buffer.allocUnsafe(Math.max(SLAB_BYTES, 2 * (length + bytes)));
		this.#buffer.copy(larger, 0, this.#first, this.#at);
		this.#frame -= this.#first;
		this.#buffer = larger;
		this.#first = 0;
		this.#at = length;
	}
}

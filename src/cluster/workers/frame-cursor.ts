// Reads the fields of one frame in the order in which `frame-writer.ts` wrote them. One cursor serves all frames of a channel, so
// that reading a frame makes no object. A field that is not there is an error of the other end.

/** The place in a frame. */
export class FrameCursor {
	/** What the frame is in. */
	buffer: Buffer = Buffer.alloc(0);
	/** Where the frame begins, with its length. */
	start = 0;
	/** After its last byte. */
	end = 0;
	#at = 0;

	/** Goes to a frame. @returns its kind. */
	open(buffer: Buffer, start: number, end: number): number {
		this.buffer = buffer;
		this.start = start;
		this.end = end;
		this.#at = start + 4;
		return this.byte();
	}

	byte(): number {
		return this.buffer[this.#take(1)]!;
	}

	whole(): number {
		return this.buffer.readUInt32LE(this.#take(4));
	}

	number(): number {
		return this.buffer.readDoubleLE(this.#take(8));
	}

	text(): string {
		const bytes = this.whole();
		const at = this.#take(bytes);
		return this.buffer.toString("utf8", at, at + bytes);
	}

	/** A text as a key: one character for each byte, which is quicker than decoding it. */
	key(): string {
		const bytes = this.whole();
		const at = this.#take(bytes);
		return this.buffer.toString("latin1", at, at + bytes);
	}

	optionalText(): string | undefined {
		return this.byte() === 0 ? undefined : this.text();
	}

	/** A view of the channel's buffer; copy what is kept. */
	bytes(): Uint8Array {
		return this.#view(this.whole());
	}

	/** What is left of the frame; a view, as `bytes`. */
	rest(): Uint8Array {
		return this.#view(this.end - this.#at);
	}

	#view(bytes: number): Uint8Array {
		const at = this.#take(bytes);
		return new Uint8Array(this.buffer.buffer, this.buffer.byteOffset + at, bytes);
	}

	#take(bytes: number): number {
		const at = this.#at;
		if (at + bytes > this.end) throw new RangeError("A frame of the channel is shorter than its fields.");
		this.#at = at + bytes;
		return at;
	}
}

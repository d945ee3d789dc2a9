// Cuts one direction of a connection into documents and loses no byte: what it gives out, put together again, is the input.
// A decoder of wire/ refuses long documents and drops empty ones; this keeps both, because it only watches. It decodes nothing.

/** One document of a byte stream, or a piece of one. */
export interface CutUnit {
	/** The exact bytes, without the terminator. They can be a view of the chunk: copy what you keep for long. */
	readonly bytes: Uint8Array;
	/** `terminated` by the terminator; `part`, one piece of a document longer than the limit, more of which follows; `cut` by the end. */
	readonly ending: "terminated" | "part" | "cut";
}

/** What ends a document, and how much of one is kept. */
export interface DocumentCutterOptions {
	/** The bytes that end a document, 1 to 8. */
	readonly terminator: Uint8Array;
	/** The longest unit, in bytes. A longer document is given out in parts of this size. @default 1048576 */
	readonly maxDocumentBytes?: number;
}

const FIRST_BUFFER_BYTES = 256;
const NONE: Uint8Array = new Uint8Array(0);

/**
 * Cuts a byte stream into documents without loss.
 *
 * The units in order, each with the terminator behind it where its `ending` is `terminated`, are exactly the bytes that were pushed. They do not
 * depend on how the input was split into chunks. It keeps at most `maxDocumentBytes` and one terminator.
 *
 * @example
 * ```ts
 * const cutter = new DocumentCutter({ terminator: Uint8Array.of(0) });
 * cutter.push(new TextEncoder().encode("<a/>\0\0<b")); // "<a/>" and "", both terminated
 * cutter.end(); // "<b", cut
 * ```
 */
export class DocumentCutter {
	readonly #terminator: Uint8Array;
	readonly #limit: number;
	/** The beginning of the unfinished document: the first `#length` bytes. */
	#pending: Uint8Array = NONE;
	#length = 0;

	constructor({ terminator, maxDocumentBytes = 1024 * 1024 }: DocumentCutterOptions) {
		this.#terminator = terminator.slice();
		this.#limit = Math.max(1, maxDocumentBytes);
	}

	/** The bytes of the document that is not complete yet. */
	get pendingBytes(): number {
		return this.#length;
	}

	/** Takes a chunk and returns what it completes: documents, and parts of a document longer than the limit. */
	push(chunk: Uint8Array): CutUnit[] {
		const units: CutUnit[] = [];
		// Views of a plain array are cheaper than those of a Buffer.
		const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
		let start = this.#length > 0 ? this.#finishPending(bytes, units) : 0;
		const mark = this.#terminator;
		const first = mark[0] as number;
		while (start < bytes.length) {
			const end = mark.length === 1 ? bytes.indexOf(first, start) : indexOfSequence(bytes, mark, start, bytes.length);
			start = this.#parts(bytes, start, end < 0 ? bytes.length - mark.length + 1 : end, units);
			if (end < 0) {
				if (start < bytes.length) this.#keep(bytes, start, bytes.length);
				break;
			}
			units.push({ bytes: bytes.subarray(start, end), ending: "terminated" });
			start = end + mark.length;
		}
		return units;
	}

	/** The bytes left when the direction ended, if there are any. The cutter can be used again for another stream. */
	end(): CutUnit | undefined {
		if (this.#length === 0) return undefined;
		const bytes = this.#pending.subarray(0, this.#length);
		this.#release();
		return { bytes, ending: "cut" };
	}

	// Gives out parts of the document that begins at `start`, while more than the limit of it comes before `end`: where the
	// terminator begins, or the first place where one can still begin.
	#parts(bytes: Uint8Array, start: number, end: number, units: CutUnit[]): number {
		while (end - start > this.#limit) {
			units.push({ bytes: bytes.subarray(start, start + this.#limit), ending: "part" });
			start += this.#limit;
		}
		return start;
	}

	// Adds bytes of the chunk to the unfinished document until it is complete, or given out as a part. Returns how many it used.
	#finishPending(chunk: Uint8Array, units: CutUnit[]): number {
		const mark = this.#terminator;
		let used = 0;
		while (this.#length > 0 && used < chunk.length) {
			// So much that a part is full and no terminator can begin in it.
			const room = this.#limit + mark.length - this.#length;
			const until = Math.min(chunk.length, used + room);
			const before = this.#length;
			let end: number;
			if (mark.length === 1) {
				// The search looks no farther than the part does, or each part would search all of a large chunk.
				end = chunk.subarray(used, until).indexOf(mark[0] as number);
				this.#keep(chunk, used, end < 0 ? until : used + end);
				if (end >= 0) end += before;
			} else {
				this.#keep(chunk, used, until);
				end = indexOfSequence(this.#pending, mark, Math.max(0, before - mark.length + 1), this.#length);
			}
			if (end >= 0) {
				units.push({ bytes: this.#pending.subarray(0, end), ending: "terminated" });
				this.#release();
				return used + end + mark.length - before;
			}
			used = until;
			if (this.#length < this.#limit + mark.length) return used;
			const rest = this.#pending.slice(this.#limit, this.#length);
			units.push({ bytes: this.#pending.subarray(0, this.#limit), ending: "part" });
			this.#release();
			this.#keep(rest, 0, rest.length);
		}
		return used;
	}

	#keep(bytes: Uint8Array, start: number, end: number): void {
		const length = this.#length + (end - start);
		if (length > this.#pending.length) {
			let capacity = Math.max(this.#pending.length, FIRST_BUFFER_BYTES);
			while (capacity < length) capacity *= 2;
			const grown = new Uint8Array(capacity);
			grown.set(this.#pending.subarray(0, this.#length));
			this.#pending = grown;
		}
		this.#pending.set(bytes.subarray(start, end), this.#length);
		this.#length = length;
	}

	// What was given out is a view of these bytes, so the next document gets others.
	#release(): void {
		this.#pending = NONE;
		this.#length = 0;
	}
}

function indexOfSequence(bytes: Uint8Array, sequence: Uint8Array, from: number, length: number): number {
	const first = sequence[0] as number;
	const last = length - sequence.length;
	for (let at = bytes.indexOf(first, from); at >= 0 && at <= last; at = bytes.indexOf(first, at + 1)) {
		let matched = 1;
		while (matched < sequence.length && bytes[at + matched] === sequence[matched]) matched++;
		if (matched === sequence.length) return at;
	}
	return -1;
}

// A first-in, first-out queue of bytes between two connections. Small chunks are copied into blocks, so that they need little memory and
// leave in few writes; large chunks are kept as they are. No chunk is split over two pieces.

const FIRST_BLOCK_BYTES = 512;
const BLOCK_BYTES = 64 * 1024;
const LARGE_BYTES = 16 * 1024;

/** A queue of bytes. */
export class ByteQueue {
	/** Bytes that wait. */
	bytes = 0;
	readonly #pieces: Uint8Array[] = [];
	/** The current block, and how much of it is filled. */
	#block: Uint8Array | undefined = undefined;
	#filled = 0;

	/** Appends a chunk; a large one must not be changed afterwards. */
	add(chunk: Uint8Array): void {
		const { length } = chunk;
		if (length === 0) return;
		this.bytes += length;
		if (length >= LARGE_BYTES) {
			this.#close();
			this.#pieces.push(chunk);
			return;
		}
		if (this.#block && this.#filled + length > BLOCK_BYTES) this.#close();
		this.#block = withRoom(this.#block, this.#filled, length);
		this.#block.set(chunk, this.#filled);
		this.#filled += length;
	}

	/** The next piece to write; undefined when nothing waits. */
	take(): Uint8Array | undefined {
		if (this.#pieces.length === 0) this.#close();
		const piece = this.#pieces.shift();
		if (piece) this.bytes -= piece.length;
		return piece;
	}

	/** Drops everything that waits. */
	clear(): void {
		this.#pieces.length = 0;
		this.#block = undefined;
		this.#filled = 0;
		this.bytes = 0;
	}

	#close(): void {
		if (!this.#block) return;
		this.#pieces.push(this.#block.subarray(0, this.#filled));
		this.#block = undefined;
		this.#filled = 0;
	}
}

function withRoom(block: Uint8Array | undefined, filled: number, length: number): Uint8Array {
	if (block && filled + length <= block.length) return block;
	let size = block ? block.length * 2 : FIRST_BLOCK_BYTES;
	while (size < filled + length) size *= 2;
	const grown = Buffer.allocUnsafe(Math.min(size, BLOCK_BYTES));
	if (block) grown.set(block.subarray(0, filled));
	return grown;
}

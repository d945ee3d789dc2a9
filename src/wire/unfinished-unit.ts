// The bytes of one unit, a document or a fragment of a stream, that is not complete yet: a copy that grows by doubling,
// so that a unit in many small chunks costs little more than in one. It has no limit: the caller checks before it appends.

const FIRST_BUFFER_BYTES = 256;

/** The received part of a unit whose end has not come. A decoder makes one when it needs it, and keeps none while idle. */
export class UnfinishedUnit {
	/** The bytes received are the first `length` of these; behind them is spare room. */
	bytes: Uint8Array = new Uint8Array(FIRST_BUFFER_BYTES);
	length = 0;

	/** Copies the bytes of `chunk` from `start` to `end` behind what is there. */
	append(chunk: Uint8Array, start: number, end: number): void {
		const length = this.length + (end - start);
		let capacity = this.bytes.length;
		if (length > capacity) {
			while (capacity < length) capacity *= 2;
			const grown = new Uint8Array(capacity);
			grown.set(this.bytes.subarray(0, this.length));
			this.bytes = grown;
		}
		this.bytes.set(chunk.subarray(start, end), this.length);
		this.length = length;
	}
}

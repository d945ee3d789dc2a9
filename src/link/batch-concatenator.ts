// Concatenates once for many connections: a broadcast waits in many outboxes as the same arrays.

/**
 * Keeps the last result. In a broadcast the same arrays wait, in the same order, in every member's outbox, and the outboxes are
 * flushed one after the other: all but the first reuse the result.
 */
export class BatchConcatenator {
	#parts: readonly Uint8Array[] = [];
	#joined: Uint8Array | undefined = undefined;

	/** The first `count` of `parts`, `length` bytes in all, as one array. */
	concatenate(parts: readonly Uint8Array[], count: number, length: number): Uint8Array {
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

	/** Discards the last result, so that nothing is kept between ticks. */
	forget(): void {
		this.#parts = [];
		this.#joined = undefined;
	}
}

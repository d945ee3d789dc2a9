// One join for many connections: a broadcast waits in many outboxes as the same arrays, and is copied together once.

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

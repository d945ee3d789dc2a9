// Counts the bytes that were published and not yet confirmed to have left, so that they stay below a limit. The client does not
// report what waits in its socket; the servers' answers to its pings show what has left. So a ping marks everything published before
// it, at most 16 times for a full buffer.

// In addition to the data: the command with its subject, roughly.
const PUBLICATION_BYTES = 64;
const MARKS = 16;

/** The counter of one connection. */
export class UnconfirmedBytes {
	readonly max: number;
	readonly #ping: () => Promise<void>;
	#unmarked = 0;
	#marked = 0;
	// Counts the resets: what was marked before one is no longer counted.
	#generation = 0;

	/** @param ping resolves when everything published so far has left */
	constructor(max: number, ping: () => Promise<void>) {
		this.max = max;
		this.#ping = ping;
	}

	/** Whether so many more bytes are within the limit. */
	fits(bytes: number): boolean {
		return this.#unmarked + this.#marked + bytes <= this.max;
	}

	/** Counts a publication whose data has so many bytes. */
	add(bytes: number): void {
		this.#unmarked += bytes + PUBLICATION_BYTES;
		if (this.#unmarked >= this.max / MARKS) this.#mark();
	}

	/** The connection was lost: what was published is sent or gone. */
	reset(): void {
		this.#generation++;
		this.#unmarked = 0;
		this.#marked = 0;
	}

	#mark(): void {
		const bytes = this.#unmarked;
		const generation = this.#generation;
		this.#unmarked = 0;
		this.#marked += bytes;
		this.#ping().then(
			() => {
				if (this.#generation === generation) this.#marked -= bytes;
			},
			() => {},
		);
	}
}

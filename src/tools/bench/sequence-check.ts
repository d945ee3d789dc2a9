// Finds lost, late and repeated messages: for each pair of a receiver and a sender, the next number, how many have arrived, and which of the
// last 32 did. 12 bytes a pair.

/** What a message is, in its sender's sequence. */
export type Arrival = "next" | "late" | "repeated";

const WINDOW = 32;

/** What one receiver has received from each sender of its room. */
export class SequenceCheck {
	readonly #next: Uint32Array;
	readonly #window: Uint32Array;
	readonly #arrived: Uint32Array;

	constructor(senders: number) {
		this.#next = new Uint32Array(senders);
		this.#window = new Uint32Array(senders);
		this.#arrived = new Uint32Array(senders);
	}

	/** How many different messages of a sender have arrived. */
	arrived(sender: number): number {
		return this.#arrived[sender]!;
	}

	/** Adds a message. One that is more than 32 numbers behind counts as late, although it may be repeated. */
	add(sender: number, number: number): Arrival {
		const next = this.#next[sender]!;
		const window = this.#window[sender]!;
		if (number >= next) {
			const shift = number - next + 1;
			this.#window[sender] = shift >= WINDOW ? 1 : (window << shift) | 1;
			this.#next[sender] = number + 1;
			this.#arrived[sender]!++;
			return "next";
		}
		const behind = next - 1 - number;
		const bit = behind < WINDOW ? (1 << behind) >>> 0 : 0;
		if (bit !== 0 && (window & bit) !== 0) return "repeated";
		this.#window[sender] = window | bit;
		this.#arrived[sender]!++;
		return "late";
	}
}

// The documents that an inspector holds: at most one for each direction of each connection, because everything behind it waits.

import type { Direction, DocumentEvent } from "../traffic/index.ts";
import type { InspectedPair } from "./inspected-pair.ts";

/** A document that waits for a decision. */
export interface HeldDocument {
	/** For `release` and `drop`; never used twice. */
	readonly id: number;
	/** The document. Its `time` is when it was held. */
	readonly event: DocumentEvent;
}

interface Entry extends HeldDocument {
	readonly pair: InspectedPair;
	readonly direction: Direction;
}

/** Held documents by their ids. */
export class HeldDocuments {
	readonly #entries = new Map<number, Entry>();
	#lastId = 0;

	/** Those that are held, in the order in which they were. */
	list(): HeldDocument[] {
		return [...this.#entries.values()].map(({ id, event }) => ({ id, event }));
	}

	add(pair: InspectedPair, direction: Direction, event: DocumentEvent): HeldDocument {
		const entry = { id: ++this.#lastId, event, pair, direction };
		this.#entries.set(entry.id, entry);
		return { id: entry.id, event };
	}

	/** Takes one out. Undefined where no such document is held any more. */
	take(id: number): Entry | undefined {
		const entry = this.#entries.get(id);
		this.#entries.delete(id);
		return entry;
	}

	/** A direction holds nothing any more. */
	remove(pair: InspectedPair, direction: Direction): void {
		for (const [id, entry] of this.#entries)
			if (entry.pair === pair && entry.direction === direction) this.#entries.delete(id);
	}
}

// Counts, for each client, the documents that wait for an application's scripts, so that each client has only its share of the queue. It
// holds no documents. A long document counts once for each 4096 characters.

import type { ToWorker } from "./messages.ts";

const CHARACTERS = 4096;
/** What all clients together may have in the queue before they are read more slowly, and what one may have at most and at least. */
const COMMON_WEIGHT = 128;
const MOST_SHARE = 32;
const LEAST_SHARE = 2;

/** How often a message counts. */
export function weightOf(message: ToWorker): number {
	const text = message[0] === "document" ? message[2] : message[0] === "open" ? (message[4] ?? "") : "";
	return Math.max(1, Math.ceil(text.length / CHARACTERS));
}

/** The messages that wait, in order, by their senders. */
export class QueuedDocuments {
	/** What waits, by its weight. */
	weight = 0;
	/** The sender of each message, 0 for a message that is not a document, and its weight. */
	#senders: number[] = [];
	#weights: number[] = [];
	#head = 0;
	readonly #counts = new Map<number, number>();

	/** A message is posted. */
	add(message: ToWorker): void {
		const sender = message[0] === "document" ? message[1] : 0;
		const weight = weightOf(message);
		this.#senders.push(sender);
		this.#weights.push(weight);
		this.weight += weight;
		if (sender !== 0) this.#counts.set(sender, (this.#counts.get(sender) ?? 0) + weight);
	}

	/** Only the last `waiting` messages still wait. */
	settle(waiting: number): void {
		for (; this.#senders.length - this.#head > waiting; this.#head++) {
			const sender = this.#senders[this.#head] as number;
			const weight = this.#weights[this.#head] as number;
			this.weight -= weight;
			const count = this.#counts.get(sender);
			if (count === undefined) continue;
			if (count > weight) this.#counts.set(sender, count - weight);
			else this.#counts.delete(sender);
		}
		if (this.#head > 1024 && this.#head * 2 > this.#senders.length) {
			this.#senders = this.#senders.slice(this.#head);
			this.#weights = this.#weights.slice(this.#head);
			this.#head = 0;
		}
	}

	/** The weight of the documents of one client. */
	of(sender: number): number {
		return this.#counts.get(sender) ?? 0;
	}

	/** The weight that each client may have: the more clients have documents here, the less. @param limit the most for one */
	share(limit: number): number {
		const even = Math.floor(COMMON_WEIGHT / Math.max(1, this.#counts.size));
		return Math.min(limit, MOST_SHARE, Math.max(LEAST_SHARE, even));
	}

	/** The client with the most, of those that `counts` accepts; 0 without one. */
	busiest(counts: (sender: number) => boolean): number {
		let [busiest, most] = [0, 0];
		for (const [sender, count] of this.#counts) if (count > most && counts(sender)) [busiest, most] = [sender, count];
		return busiest;
	}
}

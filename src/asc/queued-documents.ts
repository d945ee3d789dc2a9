// Counts, for each client, the documents that wait for an application's scripts, so that the limit of all documents hurts the client
// that fills it. It holds no documents. A long document counts once for each 4096 characters.

import type { ToWorker } from "./messages.ts";

const CHARACTERS = 4096;

/** How often a message counts. */
export function weightOf(message: ToWorker): number {
	return message[0] === "document" ? Math.max(1, Math.ceil(message[2].length / CHARACTERS)) : 1;
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

	/** The weight of the documents that wait, of the clients that `counts` accepts, and the client with the most; 0 without one. */
	summary(counts: (sender: number) => boolean): { readonly documents: number; readonly busiest: number } {
		let [documents, busiest, most] = [0, 0, 0];
		for (const [sender, count] of this.#counts) {
			if (!counts(sender)) continue;
			documents += count;
			if (count > most) [busiest, most] = [sender, count];
		}
		return { documents, busiest };
	}
}

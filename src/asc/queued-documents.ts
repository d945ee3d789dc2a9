// Counts, for each client, the documents that wait for an application's scripts, so that the limit of all documents hurts the client
// that fills it. It holds no documents.

/** The messages that wait, in order, by their senders. */
export class QueuedDocuments {
	/** The sender of each message; 0 for a message that is not a document. */
	#senders: number[] = [];
	#head = 0;
	readonly #counts = new Map<number, number>();

	/** A message is posted. @param sender the client; 0 if it is not a document */
	add(sender: number): void {
		this.#senders.push(sender);
		if (sender !== 0) this.#counts.set(sender, (this.#counts.get(sender) ?? 0) + 1);
	}

	/** Only the last `waiting` messages still wait. */
	settle(waiting: number): void {
		for (; this.#senders.length - this.#head > waiting; this.#head++) {
			const sender = this.#senders[this.#head] as number;
			const count = this.#counts.get(sender);
			if (count === undefined) continue;
			if (count > 1) this.#counts.set(sender, count - 1);
			else this.#counts.delete(sender);
		}
		if (this.#head > 1024 && this.#head * 2 > this.#senders.length) {
			this.#senders = this.#senders.slice(this.#head);
			this.#head = 0;
		}
	}

	/** Documents that wait, of the clients that `counts` accepts, and the client with the most of them; 0 without one. */
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

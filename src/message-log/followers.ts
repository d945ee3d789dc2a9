// The followers of one room, in the order in which they subscribed. Each receives every entry synchronously, so that an append
// settles after all of them have it. Their number is bounded: a delivery takes time for each of them.

import { XMLSocketError } from "../errors/index.ts";
import type { LogEntry } from "./message-log.ts";

const MAX_FOLLOWERS = 1000;

/** A bounded set of callbacks. */
export class Followers {
	readonly #followers = new Set<(entry: LogEntry) => void>();

	get size(): number {
		return this.#followers.size;
	}

	/**
	 * Adds a follower. The same function may be added twice; it then receives each entry twice.
	 *
	 * @returns a function that removes it.
	 * @throws XMLSOCKET_UNAVAILABLE if there are 1000 already.
	 */
	add(follower: (entry: LogEntry) => void): () => void {
		if (this.#followers.size >= MAX_FOLLOWERS) {
			throw new XMLSocketError(
				"XMLSOCKET_UNAVAILABLE",
				`The room has ${MAX_FOLLOWERS} followers in this process, which is the limit.`,
			);
		}
		const own = (entry: LogEntry): void => follower(entry);
		this.#followers.add(own);
		return () => this.#followers.delete(own);
	}

	/** Passes an entry to all followers. */
	deliver(entry: LogEntry): void {
		for (const follower of this.#followers) follower(entry);
	}
}

// The interface of a store for small records that outlive the process: bans, mutes, topics, settings of rooms. A record is a text
// under a key. All records are in memory, so reading never waits; a write settles when the record is stored. Programs that share
// a store see the changes of each key in the same order. It is implemented in memory here, in the data folder in
// `message-log/level/`, on NATS in `cluster/nats/`, and between worker processes in `cluster/workers/`.

/** A record that was written or deleted. */
export interface StateChange {
	readonly key: string;
	/** Undefined: the record was deleted. */
	readonly value: string | undefined;
	/** Whether it was written just now; false for what was there before, and for what was missed while the store was out of reach. */
	readonly isFresh: boolean;
}

/** Records by key. */
export interface StateStore {
	/**
	 * Reports all records at once, then each change, also those of this program. The report of an own change comes before its
	 * promise settles.
	 *
	 * @param changed must not throw.
	 * @returns a function that ends the reports.
	 */
	watch(changed: (change: StateChange) => void): () => void;
	/**
	 * Writes a record in place of the one with the same key. Settles when it is stored as safely as a message.
	 *
	 * Rejects with XMLSOCKET_STATE_FULL where a bound of `StateTable` is reached; with XMLSOCKET_UNAVAILABLE where the storage cannot be
	 * reached or too many writes wait. If the connection broke during the write, the record may have been stored.
	 *
	 * @param key at most 512 bytes
	 * @param value at most 32 KiB
	 */
	put(key: string, value: string): Promise<void>;
	/** Deletes a record, if there is one. Rejects with XMLSOCKET_UNAVAILABLE, as `put`. */
	delete(key: string): Promise<void>;
}

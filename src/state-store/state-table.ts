// The records of a store in memory, with their bounds and those who watch them. Every implementation of `StateStore` has one. It
// stores nothing.

import { XMLSocketError } from "../errors/index.ts";
import type { StateChange } from "./state-store.ts";

const MAX_KEY_BYTES = 512;
const MAX_VALUE_BYTES = 32 * 1024;
const DEFAULT_MAX_RECORDS = 250_000;
const DEFAULT_MAX_BYTES = 128 * 1024 * 1024;

const encoder = new TextEncoder();

/** All records. */
export class StateTable {
	readonly #values = new Map<string, string>();
	readonly #watchers = new Set<(change: StateChange) => void>();
	readonly #maxRecords: number;
	readonly #maxBytes: number;
	/** Of keys and values, in UTF-8. */
	#bytes = 0;

	/** @param limits default: 250,000 records and 128 MiB. */
	constructor(limits: { readonly maxRecords?: number; readonly maxBytes?: number } = {}) {
		this.#maxRecords = limits.maxRecords ?? DEFAULT_MAX_RECORDS;
		this.#maxBytes = limits.maxBytes ?? DEFAULT_MAX_BYTES;
	}

	get size(): number {
		return this.#values.size;
	}

	get(key: string): string | undefined {
		return this.#values.get(key);
	}

	keys(): IterableIterator<string> {
		return this.#values.keys();
	}

	/** Checks whether a record may be written. @throws XMLSOCKET_STATE_FULL */
	check(key: string, value: string): void {
		const keyBytes = lengthOf(key);
		const valueBytes = lengthOf(value);
		if (keyBytes > MAX_KEY_BYTES) throw full(`A key has ${keyBytes} bytes; ${MAX_KEY_BYTES} are the limit.`);
		if (valueBytes > MAX_VALUE_BYTES) throw full(`A record has ${valueBytes} bytes; ${MAX_VALUE_BYTES} are the limit.`);
		const present = this.#values.get(key);
		if (present === undefined && this.#values.size >= this.#maxRecords) {
			throw full(`There are ${this.#values.size} records of bans, mutes, topics and settings, and that is the limit.`);
		}
		const added = keyBytes + valueBytes - (present === undefined ? 0 : keyBytes + lengthOf(present));
		if (this.#bytes + added > this.#maxBytes) {
			throw full(
				`The records of bans, mutes, topics and settings have ${this.#bytes} bytes; ${this.#maxBytes} are the limit.`,
			);
		}
	}

	/** A record is stored, or deleted where `value` is undefined: reports it, if that changes anything. */
	set(key: string, value: string | undefined, isFresh: boolean): void {
		const present = this.#values.get(key);
		if (present === value) return;
		if (present !== undefined) this.#bytes -= lengthOf(key) + lengthOf(present);
		if (value === undefined) this.#values.delete(key);
		else {
			this.#values.set(key, value);
			this.#bytes += lengthOf(key) + lengthOf(value);
		}
		for (const changed of this.#watchers) changed({ key, value, isFresh });
	}

	/** See `StateStore.watch`. */
	watch(changed: (change: StateChange) => void): () => void {
		for (const [key, value] of this.#values) changed({ key, value, isFresh: false });
		this.#watchers.add(changed);
		return () => this.#watchers.delete(changed);
	}
}

function lengthOf(text: string): number {
	return encoder.encode(text).length;
}

function full(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_STATE_FULL", message);
}

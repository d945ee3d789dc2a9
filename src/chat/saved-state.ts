// What the chat stores in a StateStore: records of JSON under keys with a prefix each. A change holds here at once. It is written in the
// background, again and again where the storage cannot be reached, and what others write meanwhile to the same key waits until then. A
// record that cannot be read is left as it is.

import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import type { StateChange, StateStore } from "../state-store/index.ts";

const RETRY_MS = 5000;
const MAX_REPORTED = 5;

/** A part of the chat whose records have one prefix. */
export interface SavedPart {
	/** The beginning of its keys, with a slash. */
	readonly prefix: string;
	/**
	 * A record was written, here before or elsewhere.
	 *
	 * @param name its key without the prefix
	 * @param value parsed JSON, or undefined where it was deleted
	 * @param isFresh whether it was written just now
	 * @returns false where it cannot be read
	 */
	changed(name: string, value: unknown, isFresh: boolean): boolean;
}

interface OwnWrite {
	/** What is to be stored; undefined: the record is deleted. */
	value: string | undefined;
	/** Whether `value` has changed since the write began. */
	isStale: boolean;
	/** Whether it failed, and is tried again. */
	isFailed: boolean;
	/** What others wrote meanwhile, which is older or newer than this. */
	other: StateChange | undefined;
	readonly waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[];
}

/** The records of one chat. */
export class SavedState {
	/** Records that cannot be read. */
	unreadable = 0;
	readonly #store: StateStore;
	readonly #clock: Clock;
	readonly #report: (error: unknown) => void;
	readonly #parts: SavedPart[] = [];
	readonly #writes = new Map<string, OwnWrite>();
	#retryMs = 0;
	#stopWatching: () => void = () => {};

	constructor(store: StateStore, clock: Clock, report: (error: unknown) => void) {
		this.#store = store;
		this.#clock = clock;
		this.#report = report;
	}

	/** Reports what is stored to the parts, and what changes from then on. Call it once. */
	open(...parts: readonly SavedPart[]): void {
		this.#parts.push(...parts);
		this.#stopWatching = this.#store.watch((change) => this.#changed(change));
	}

	/** Records that are not stored yet. */
	get unsaved(): number {
		return this.#writes.size;
	}

	/**
	 * Stores a record, or deletes it where `value` is undefined.
	 *
	 * Rejects with XMLSOCKET_STATE_FULL, or with XMLSOCKET_UNAVAILABLE where it is not stored yet: it is written again every 5 s.
	 */
	save(key: string, value: object | undefined): Promise<void> {
		const text = value === undefined ? undefined : JSON.stringify(value);
		let write = this.#writes.get(key);
		if (write) {
			write.value = text;
			write.isStale = true;
		} else {
			write = { value: text, isStale: false, isFailed: false, other: undefined, waiting: [] };
			this.#writes.set(key, write);
			void this.#write(key, write);
		}
		const { waiting } = write;
		if (write.isFailed) {
			write.isFailed = false;
			void this.#write(key, write);
		}
		return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
	}

	/** Called once a second. */
	sweep(): void {
		const nowMs = this.#clock.now();
		if (nowMs < this.#retryMs) return;
		for (const [key, write] of this.#writes) {
			if (!write.isFailed) continue;
			write.isFailed = false;
			this.#retryMs = nowMs + RETRY_MS;
			void this.#write(key, write);
		}
	}

	/** Reports nothing more. */
	close(): void {
		this.#stopWatching();
	}

	async #write(key: string, write: OwnWrite): Promise<void> {
		try {
			do {
				write.isStale = false;
				if (write.value === undefined) await this.#store.delete(key);
				else await this.#store.put(key, write.value);
			} while (write.isStale);
		} catch (error) {
			this.#failed(key, write, error);
			return;
		}
		this.#writes.delete(key);
		for (const { resolve } of write.waiting) resolve();
		// The store has reported changes in their order, so the last one is what it has now.
		if (write.other && write.other.value !== write.value) this.#apply(write.other);
	}

	#failed(key: string, write: OwnWrite, error: unknown): void {
		const isUnavailable = error instanceof XMLSocketError && error.code === "XMLSOCKET_UNAVAILABLE";
		if (isUnavailable) {
			write.isFailed = true;
			this.#retryMs = this.#clock.now() + RETRY_MS;
		} else this.#writes.delete(key);
		if (!(error instanceof XMLSocketError)) this.#report(error);
		const refusal = isUnavailable
			? new XMLSocketError(
					"XMLSOCKET_UNAVAILABLE",
					"It holds at this server, but it is not stored yet: a restart now would lose it. The server tries again.",
					{ cause: error },
				)
			: error;
		for (const { reject } of write.waiting.splice(0)) reject(refusal);
	}

	#changed(change: StateChange): void {
		const own = this.#writes.get(change.key);
		if (own) own.other = change;
		else this.#apply(change);
	}

	#apply({ key, value, isFresh }: StateChange): void {
		const part = this.#parts.find(({ prefix }) => key.startsWith(prefix));
		if (!part) return;
		try {
			const parsed: unknown = value === undefined ? undefined : JSON.parse(value);
			if (part.changed(key.slice(part.prefix.length), parsed, isFresh)) return;
		} catch (error) {
			if (!(error instanceof SyntaxError)) this.#report(error);
		}
		this.unreadable++;
		if (this.unreadable > MAX_REPORTED) return;
		this.#report(
			new XMLSocketError("XMLSOCKET_STATE_UNREADABLE", `The stored record "${key}" cannot be read; it has no effect.`, {
				details: { key },
			}),
		);
	}
}

// The StateStore in the data folder, next to the messages. Writes that queue while one is synced leave together in the next one.

import { XMLSocketError } from "../../errors/index.ts";
import { type StateChange, type StateStore, StateTable } from "../../state-store/index.ts";
import { Batch, type LevelStore } from "./level-store.ts";

const MAX_WAITING = 10_000;
const MAX_BATCH = 1024;

interface PendingWrite {
	readonly key: string;
	readonly value: string | undefined;
	readonly resolve: () => void;
	readonly reject: (error: unknown) => void;
}

/** The folder, as its records need it. */
export interface RecordFolder {
	/** @throws XMLSOCKET_UNAVAILABLE where the folder cannot be used. */
	checkUsable(): void;
	/** Writes and syncs. Rejects with XMLSOCKET_UNAVAILABLE. */
	write(batch: Batch): Promise<void>;
}

/** The records of one folder. */
export class LevelRecords implements StateStore {
	readonly #table = new StateTable();
	readonly #folder: RecordFolder;
	#waiting: PendingWrite[] = [];
	#working: Promise<void> | undefined = undefined;

	constructor(folder: RecordFolder) {
		this.#folder = folder;
	}

	/** Reads the records of the folder. A write that failed can be there nevertheless. */
	async load(store: LevelStore): Promise<void> {
		const missing = new Set(this.#table.keys());
		for await (const [key, value] of store.records()) {
			missing.delete(key);
			this.#table.set(key, value, false);
		}
		for (const key of missing) this.#table.set(key, undefined, false);
	}

	watch(changed: (change: StateChange) => void): () => void {
		return this.#table.watch(changed);
	}

	async put(key: string, value: string): Promise<void> {
		this.#table.check(key, value);
		await this.#write(key, value);
	}

	async delete(key: string): Promise<void> {
		await this.#write(key, undefined);
	}

	/** Settles when no write waits any more. */
	async finish(): Promise<void> {
		await this.#working;
	}

	#write(key: string, value: string | undefined): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#folder.checkUsable();
			if (this.#waiting.length >= MAX_WAITING) {
				throw new XMLSocketError("XMLSOCKET_UNAVAILABLE", `${MAX_WAITING} records wait to be written.`);
			}
			this.#waiting.push({ key, value, resolve, reject });
			this.#working ??= this.#workOff().finally(() => {
				this.#working = undefined;
			});
		});
	}

	async #workOff(): Promise<void> {
		// The batch includes what the rest of this tick writes.
		await Promise.resolve();
		while (this.#waiting.length > 0) {
			const writes = this.#waiting.splice(0, MAX_BATCH);
			const batch = new Batch();
			for (const { key, value } of writes) batch.putRecord(key, value);
			try {
				await this.#folder.write(batch);
				for (const { key, value, resolve } of writes) {
					this.#table.set(key, value, true);
					resolve();
				}
			} catch (error) {
				for (const { reject } of writes) reject(error);
			}
		}
	}
}

// The MessageLog in a folder on disk: LevelDB, used by one process. Appends that queue while a batch is synced are committed in the
// next batch, without a timer; nobody receives an entry before its batch is on the disk. After a failed write (a full disk, a disk
// that became read-only) appends are refused with a code, and the folder is opened again until that works. Rooms, queue, commits
// and retention each have their own file here. docs/reliability.md says what a crash can lose.

import { XMLSocketError } from "../../errors/index.ts";
import {
	type Appended,
	DEFAULT_DEDUPE_WINDOW_MS,
	type LogEntry,
	type LogOptions,
	type LogPage,
	type MessageLog,
	type NewEntry,
	type ReadLimits,
	type Retention,
	type RoomState,
	type Subscription,
} from "../index.ts";
import { AppendQueue, type PendingAppend } from "./append-queue.ts";
import { type BackupEvents, BackupSocket } from "./backup-socket.ts";
import { commitBatch } from "./commit-batch.ts";
import { DedupeWindow } from "./dedupe-window.ts";
import type { Migrated } from "./folder-migration.ts";
import { LevelRecords } from "./level-records.ts";
import { type LevelRoom, LevelRooms } from "./level-rooms.ts";
import { type Batch, LevelStore } from "./level-store.ts";
import { Page } from "./page.ts";
import { RetentionTrimmer } from "./retention-trimmer.ts";

/** Options of `LevelLog.open`. */
export interface LevelLogOptions extends LogOptions {
	/** Default: the newest 1 000 000 entries and 1 GiB of a room. */
	readonly retention?: Retention;
	/** Wall time in milliseconds. Default `Date.now`. */
	readonly nowMs?: () => number;
	/** Monotonic milliseconds, by which ids expire. Default: `nowMs` if that is given, otherwise `performance.now`. */
	readonly monotonicMs?: () => number;
	/**
	 * Rooms that have messages or followers, including rooms whose messages were all dropped; more are refused with
	 * XMLSOCKET_TOO_MANY_ROOMS. Default 100 000.
	 */
	readonly maxRooms?: number;
	/**
	 * If it is given, other processes of this user can take a backup while the log is open: `xmlsocket data DIR backup TARGET`. It receives what
	 * becomes of them.
	 */
	readonly backups?: BackupEvents;
	/** Is called if the folder had an older format and was migrated. */
	readonly migrated?: (migrated: Migrated) => void;
}

export const DEFAULT_LEVEL_RETENTION: Retention = { maxCount: 1_000_000, maxBytes: 1024 ** 3 };
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5000;

/** A log that survives the end of its process. Its sequence numbers are consecutive within a room. */
export class LevelLog implements MessageLog {
	readonly folder: string;
	readonly records: LevelRecords;
	readonly #rooms: LevelRooms;
	readonly #queue = new AppendQueue();
	readonly #dedupe: DedupeWindow;
	readonly #trimmer: RetentionTrimmer;
	readonly #nowMs: () => number;
	readonly #watchers = new Set<(reachable: boolean, cause?: Error) => void>();
	// Undefined while the folder cannot be used.
	#store: LevelStore | undefined;
	readonly #name: string;
	#backups: BackupSocket | undefined = undefined;
	#working: Promise<void> | undefined = undefined;
	#closed = false;
	#retry: ReturnType<typeof setTimeout> | undefined = undefined;
	#retryMs = FIRST_RETRY_MS;

	private constructor(folder: string, store: LevelStore, options: LevelLogOptions) {
		this.folder = folder;
		this.#store = store;
		this.#name = store.log;
		this.records = new LevelRecords({
			checkUsable: () => void this.#checkUsable("The data folder cannot be written"),
			write: (batch) => this.#writeRecords(batch),
		});
		const { nowMs = Date.now, monotonicMs = options.nowMs ?? ((): number => performance.now()) } = options;
		this.#nowMs = nowMs;
		this.#rooms = new LevelRooms(options.maxRooms ?? 100_000);
		this.#trimmer = new RetentionTrimmer(options.retention ?? DEFAULT_LEVEL_RETENTION, nowMs);
		this.#dedupe = new DedupeWindow(options.dedupeWindowMs ?? DEFAULT_DEDUPE_WINDOW_MS, nowMs(), monotonicMs);
	}

	/**
	 * Opens the log of a folder, and creates it if it does not exist.
	 *
	 * Rejects with XMLSOCKET_DATA_IN_USE if another process has it open, XMLSOCKET_DATA_DAMAGED if its files do not fit together,
	 * XMLSOCKET_DATA_TOO_NEW if a newer version has written it, XMLSOCKET_BACKUP_FAILED if it is older and no copy can be made before its
	 * migration, XMLSOCKET_DATA_UNREADABLE otherwise.
	 *
	 * @example
	 * ```ts
	 * const log = await LevelLog.open("./xmlsocket-data");
	 * const { seq } = await log.append("lobby", { payload: new TextEncoder().encode("hi") }); // on the disk
	 * ```
	 */
	static async open(folder: string, options: LevelLogOptions = {}): Promise<LevelLog> {
		const store = await LevelStore.open(folder);
		try {
			const log = new LevelLog(folder, store, options);
			await log.#load(store);
			if (store.migrated) options.migrated?.(store.migrated);
			if (options.backups) {
				log.#backups = await BackupSocket.open(folder, () => log.#checkUsable().everything(), options.backups);
			}
			return log;
		} catch (error) {
			await store.close();
			throw store.failure(error);
		}
	}

	append(name: string, entry: NewEntry): Promise<Appended> {
		return new Promise((resolve, reject) => {
			this.#checkUsable("The data folder cannot be written");
			const bytes = this.#queue.check(entry);
			this.#queue.add({ room: this.#rooms.openForAppend(name), entry, bytes, resolve, reject });
			this.#work();
		});
	}

	async readAfter(name: string, after: number, limits: ReadLimits & { readonly through?: number }): Promise<LogPage> {
		const store = this.#checkUsable();
		const room = this.#rooms.get(name);
		if (!room) return { entries: [], more: false };
		const last = Math.min(limits.through ?? room.lastSeq, room.lastSeq);
		const page = new Page(limits, this.#trimmer.oldestMs);
		await store.entries(room.number, Math.max(after + 1, room.firstSeq), last, (entry) => page.take(entry));
		if (page.skipped) this.#trimLater(room);
		return { entries: page.entries, more: page.more };
	}

	async readBefore(name: string, before: number, limits: ReadLimits): Promise<LogPage> {
		const store = this.#checkUsable();
		const room = this.#rooms.get(name);
		if (!room) return { entries: [], more: false };
		const page = new Page(limits, this.#trimmer.oldestMs);
		const last = Math.min(before - 1, room.lastSeq);
		await store.entries(room.number, room.firstSeq, last, (entry) => page.take(entry), true);
		if (page.skipped) this.#trimLater(room);
		return { entries: page.entries.reverse(), more: page.more };
	}

	async state(name: string): Promise<RoomState> {
		this.#checkUsable();
		const room = this.#rooms.get(name);
		if (room && this.#trimmer.hasMaxAge) this.#trimLater(room);
		return this.#state(room);
	}

	async follow(name: string, follower: (entry: LogEntry) => void): Promise<Subscription> {
		this.#checkUsable();
		const room = this.#rooms.open(name);
		const remove = room.followers.add(follower);
		const stop = (): void => {
			remove();
			this.#rooms.removeUnused(room);
		};
		return { ...this.#state(room), stop };
	}

	watch(changed: (reachable: boolean, cause?: Error) => void): () => void {
		this.#watchers.add(changed);
		return () => this.#watchers.delete(changed);
	}

	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		clearTimeout(this.#retry);
		this.#backups?.close();
		await this.#working;
		await this.records.finish();
		const store = this.#store;
		this.#store = undefined;
		await store?.close();
	}

	// --- writing

	#work(): void {
		this.#working ??= this.#workOff().finally(() => {
			this.#working = undefined;
			// Appends that arrived while the last step settled.
			if (!this.#queue.isEmpty) this.#work();
		});
	}

	async #workOff(): Promise<void> {
		// The batch includes what the rest of this tick appends.
		await Promise.resolve();
		for (;;) {
			const store = this.#store;
			const batch = this.#queue.nextBatch();
			if (batch.length > 0) await this.#commit(store, batch);
			else if (store && this.#trimmer.isDue && !this.#closed) {
				try {
					await this.#trimmer.trimNext(store);
				} catch (error) {
					await this.#lost(error as Error);
				}
			} else return;
		}
	}

	async #commit(store: LevelStore | undefined, batch: readonly PendingAppend[]): Promise<void> {
		try {
			if (!store) throw unavailable("The data folder cannot be written");
			const rooms = await commitBatch(store, this.#dedupe, batch, this.#nowMs());
			if (!this.#closed) for (const room of rooms) this.#trimmer.addIfOver(room);
			await this.#dedupe.forgetPast(store);
			for (const { room } of batch) room.pending--;
		} catch (error) {
			const refusal = error instanceof XMLSocketError ? error : unavailable((error as Error).message, error);
			for (const { room, reject } of batch) {
				room.pending--;
				reject(refusal);
				this.#rooms.removeUnused(room);
			}
			if (!(error instanceof XMLSocketError)) await this.#lost(error as Error);
		}
	}

	// Records that wait when the log is closed are written too.
	async #writeRecords(batch: Batch): Promise<void> {
		const store = this.#store;
		if (!store) throw unavailable("The data folder cannot be written");
		try {
			await store.write(batch, true);
		} catch (error) {
			await this.#lost(error as Error);
			throw unavailable((error as Error).message, error);
		}
	}

	#trimLater(room: LevelRoom): void {
		if (this.#closed) return;
		this.#trimmer.add(room);
		this.#work();
	}

	// --- the folder, lost and found

	async #load(store: LevelStore): Promise<void> {
		for await (const [name, record] of store.rooms()) {
			const before = this.#rooms.get(name)?.lastSeq ?? 0;
			const room = this.#rooms.load(name, record);
			// A batch whose write failed can be there nevertheless.
			if (room.followers.size > 0) {
				await store.entries(record.number, before + 1, record.lastSeq, (entry) => {
					room.followers.deliver(entry);
					return true;
				});
			}
			this.#trimmer.addIfOver(room);
		}
		await this.records.load(store);
		await this.#dedupe.load(store);
		if (this.#trimmer.isDue) this.#work();
	}

	async #lost(cause: Error): Promise<void> {
		const store = this.#store;
		if (!store) return;
		this.#store = undefined;
		for (const changed of this.#watchers) changed(false, cause);
		await store.close().catch(() => {});
		this.#retryLater();
	}

	#retryLater(): void {
		if (this.#closed) return;
		this.#retry = setTimeout(() => void this.#reopen(), this.#retryMs);
		this.#retry.unref();
		this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
	}

	// Creates nothing: where a file system was unmounted, a new folder would start another history under the followers. So it waits
	// for the folder that it had.
	async #reopen(): Promise<void> {
		let store: LevelStore | undefined;
		try {
			store = await LevelStore.open(this.folder, { create: false });
			if (store.log !== this.#name) throw unavailable("The folder has another history");
			// Opening writes a little; only a write of our own shows that the disk has space again.
			await store.probe();
			await this.#load(store);
		} catch {
			await store?.close().catch(() => {});
			this.#retryLater();
			return;
		}
		if (this.#closed) {
			await store.close();
			return;
		}
		this.#store = store;
		this.#retryMs = FIRST_RETRY_MS;
		for (const changed of this.#watchers) changed(true);
		this.#work();
	}

	/** The store, if the log is open and its folder can be used. @throws XMLSOCKET_UNAVAILABLE */
	#checkUsable(otherwise = "The data folder cannot be used"): LevelStore {
		if (this.#closed) throw unavailable("The log is closed");
		if (!this.#store) throw unavailable(otherwise);
		return this.#store;
	}

	#state(room: LevelRoom | undefined): RoomState {
		return { log: this.#name, lastSeq: room?.lastSeq ?? 0, firstSeq: room?.firstSeq ?? 1 };
	}
}

function unavailable(what: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_UNAVAILABLE", `${what}.`, cause === undefined ? {} : { cause });
}

// The embedded home of stored rooms: LevelDB in one folder of one process. What queued while the last batch was being synced is
// committed next, in one batch, without any timer; nobody hears of an entry before its batch is on the disk. After a failed
// write (a full disk, a disk that went read-only) appends are refused with a code, and the folder is opened again until it works.
// docs/reliability.md says what a crash can lose.

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
import { DedupeWindow, EntryId } from "./dedupe-window.ts";
import { MAX_NAME_BYTES } from "./level-format.ts";
import { Batch, LevelStore } from "./level-store.ts";
import { Page } from "./page.ts";

/** What a `LevelLog` takes. */
export interface LevelLogOptions extends LogOptions {
	/** Default: the newest 1 000 000 entries and 1 GiB of a room. */
	readonly retention?: Retention;
	/** Wall time in milliseconds. Default `Date.now`. */
	readonly nowMs?: () => number;
	/** Monotonic milliseconds, by which ids expire. Default: `nowMs` where that is given, otherwise `performance.now`. */
	readonly monotonicMs?: () => number;
	/** Rooms in all, those with nothing left in them too; more are refused with XMLSOCKET_TOO_MANY_ROOMS. Default 100 000. */
	readonly maxRooms?: number;
}

export const DEFAULT_LEVEL_RETENTION: Retention = { maxCount: 1_000_000, maxBytes: 1024 ** 3 };
const MAX_BATCH = 1024;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_QUEUED = 65_536;
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const TRIM_AT_ONCE = 1024;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5000;

class Room {
	readonly name: string;
	readonly number: number;
	lastSeq = 0;
	firstSeq = 1;
	count = 0;
	bytes = 0;
	readonly followers = new Set<(entry: LogEntry) => void>();

	constructor(name: string, number: number) {
		this.name = name;
		this.number = number;
	}
}

interface Waiting {
	readonly room: Room;
	readonly entry: NewEntry;
	/** Of the payload, the session and the id. */
	readonly bytes: number;
	readonly resolve: (appended: Appended) => void;
	readonly reject: (error: unknown) => void;
}

/** A log that survives the end of its process. Its sequence numbers are consecutive within a room. */
export class LevelLog implements MessageLog {
	readonly folder: string;
	readonly #retention: Retention;
	readonly #dedupe: DedupeWindow;
	readonly #nowMs: () => number;
	readonly #maxRooms: number;
	readonly #rooms = new Map<string, Room>();
	readonly #watchers = new Set<(reachable: boolean) => void>();
	readonly #untrimmed = new Set<Room>();
	// Undefined while the folder cannot be used.
	#store: LevelStore | undefined;
	#name: string;
	#queue: Waiting[] = [];
	#queuedBytes = 0;
	#working: Promise<void> | undefined = undefined;
	#closed = false;
	#retry: ReturnType<typeof setTimeout> | undefined = undefined;
	#retryMs = FIRST_RETRY_MS;
	#nextNumber = 1;

	private constructor(folder: string, store: LevelStore, options: LevelLogOptions) {
		this.folder = folder;
		this.#store = store;
		this.#name = store.log;
		this.#retention = options.retention ?? DEFAULT_LEVEL_RETENTION;
		const { nowMs = Date.now, monotonicMs = options.nowMs ?? ((): number => performance.now()) } = options;
		this.#nowMs = nowMs;
		this.#dedupe = new DedupeWindow(options.dedupeWindowMs ?? DEFAULT_DEDUPE_WINDOW_MS, nowMs(), monotonicMs);
		this.#maxRooms = options.maxRooms ?? 100_000;
	}

	/**
	 * Opens the log of a folder, and makes one where there is none.
	 *
	 * Rejects with XMLSOCKET_DATA_IN_USE where another process has it open, XMLSOCKET_DATA_UNREADABLE otherwise.
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
			return log;
		} catch (error) {
			await store.close();
			throw error;
		}
	}

	append(name: string, entry: NewEntry): Promise<Appended> {
		return new Promise((resolve, reject) => {
			const room = this.#roomToWrite(name);
			let bytes = entry.payload.length;
			for (const word of [entry.session, entry.id]) {
				if (word === undefined) continue;
				const length = Buffer.byteLength(word);
				if (length > MAX_NAME_BYTES) {
					throw new XMLSocketError("XMLSOCKET_NAME_INVALID", `A session or id has more than ${MAX_NAME_BYTES} bytes.`);
				}
				bytes += length;
			}
			if (this.#queue.length >= MAX_QUEUED || this.#queuedBytes + bytes > MAX_QUEUED_BYTES) {
				throw unavailable("Messages arrive faster than the disk can store them: too many wait to be written");
			}
			this.#queue.push({ room, entry, bytes, resolve, reject });
			this.#queuedBytes += bytes;
			this.#work();
		});
	}

	async readAfter(name: string, after: number, limits: ReadLimits & { readonly through?: number }): Promise<LogPage> {
		const { store, room } = this.#reading(name);
		if (!room) return { entries: [], more: false };
		const last = Math.min(limits.through ?? room.lastSeq, room.lastSeq);
		const page = new Page(limits, this.#oldestMs());
		await store.entries(room.number, Math.max(after + 1, room.firstSeq), last, (entry) => page.take(entry));
		this.#trimLater(room, page.skipped);
		return { entries: page.entries, more: page.more };
	}

	async readBefore(name: string, before: number, limits: ReadLimits): Promise<LogPage> {
		const { store, room } = this.#reading(name);
		if (!room) return { entries: [], more: false };
		const page = new Page(limits, this.#oldestMs());
		const last = Math.min(before - 1, room.lastSeq);
		await store.entries(room.number, room.firstSeq, last, (entry) => page.take(entry), true);
		this.#trimLater(room, page.skipped);
		return { entries: page.entries.reverse(), more: page.more };
	}

	async state(name: string): Promise<RoomState> {
		const { room } = this.#reading(name);
		if (room && this.#retention.maxAgeMs !== undefined) this.#trimLater(room, true);
		return this.#state(room);
	}

	async follow(name: string, follower: (entry: LogEntry) => void): Promise<Subscription> {
		this.#reading(name);
		const room = this.#roomToWrite(name);
		// A follower may be given twice; each following is one of its own.
		const own = (entry: LogEntry): void => follower(entry);
		room.followers.add(own);
		return { ...this.#state(room), stop: () => room.followers.delete(own) };
	}

	watch(changed: (reachable: boolean) => void): () => void {
		this.#watchers.add(changed);
		return () => this.#watchers.delete(changed);
	}

	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		clearTimeout(this.#retry);
		await this.#working;
		const store = this.#store;
		this.#store = undefined;
		await store?.close();
	}

	// --- the queue

	#work(): void {
		this.#working ??= this.#workOff().finally(() => {
			this.#working = undefined;
			// What came while the last step settled.
			if (this.#queue.length > 0) this.#work();
		});
	}

	async #workOff(): Promise<void> {
		// What else this tick brings goes along.
		await Promise.resolve();
		for (;;) {
			const store = this.#store;
			const batch = this.#nextBatch();
			if (batch.length > 0) {
				try {
					if (!store) throw unavailable("The data folder cannot be written");
					await this.#commit(store, batch);
				} catch (error) {
					const refusal = error instanceof XMLSocketError ? error : unavailable((error as Error).message, error);
					for (const { reject } of batch) reject(refusal);
					if (!(error instanceof XMLSocketError)) await this.#lost();
				}
			} else if (store && this.#untrimmed.size > 0 && !this.#closed) {
				const [room] = this.#untrimmed;
				this.#untrimmed.delete(room!);
				try {
					await this.#trim(store, room!);
				} catch {
					await this.#lost();
				}
			} else return;
		}
	}

	#nextBatch(): Waiting[] {
		let bytes = 0;
		let at = 0;
		while (at < this.#queue.length && at < MAX_BATCH && (at === 0 || bytes < MAX_BATCH_BYTES)) {
			bytes += this.#queue[at++]!.bytes;
		}
		this.#queuedBytes -= bytes;
		return this.#queue.splice(0, at);
	}

	async #commit(store: LevelStore, waiting: readonly Waiting[]): Promise<void> {
		const atMs = this.#nowMs();
		const ids = waiting.map(idOf);
		const known = await this.#dedupe.lookUp(
			store,
			ids.filter((id) => id !== undefined),
		);
		const batch = new Batch();
		const after = new Map<Room, { lastSeq: number; count: number; bytes: number }>();
		const settled: { waiting: Waiting; appended: Appended; entry: LogEntry | undefined }[] = [];
		let at = 0;
		for (const one of waiting) {
			const { room, entry } = one;
			const id = ids[at++];
			const first = id && known.first(id);
			if (first) {
				settled.push({
					waiting: one,
					appended: { seq: first.seq, prev: first.prev, duplicate: true },
					entry: undefined,
				});
				continue;
			}
			const state = after.get(room) ?? { lastSeq: room.lastSeq, count: room.count, bytes: room.bytes };
			after.set(room, state);
			const prev = state.lastSeq;
			const seq = ++state.lastSeq;
			state.count++;
			state.bytes += entry.payload.length;
			const made: LogEntry = { seq, prev, atMs, session: entry.session, id: entry.id, payload: entry.payload };
			batch.putEntry(room.number, made);
			if (id) known.remember(batch, id, seq, prev);
			settled.push({ waiting: one, appended: { seq, prev, duplicate: false }, entry: made });
		}
		for (const [room, state] of after) {
			batch.putRoom(room.name, { ...state, number: room.number, firstSeq: room.firstSeq });
		}
		if (after.size > 0) await store.write(batch, true);
		for (const [room, state] of after) {
			Object.assign(room, state);
			this.#trimLater(room, this.#isOver(room));
		}
		for (const { waiting: one, appended, entry } of settled) {
			if (entry) for (const follower of one.room.followers) follower(entry);
			one.resolve(appended);
		}
		await this.#dedupe.forgetPast(store);
	}

	// --- retention

	#isOver(room: Room): boolean {
		const { maxCount = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY, maxAgeMs } = this.#retention;
		return room.count > maxCount || (room.bytes > maxBytes && room.count > 1) || maxAgeMs !== undefined;
	}

	#trimLater(room: Room, wanted: boolean): void {
		if (!wanted || this.#closed) return;
		this.#untrimmed.add(room);
		this.#work();
	}

	// Drops some of the oldest entries. Not synced: after a crash it is simply done again.
	async #trim(store: LevelStore, room: Room): Promise<void> {
		const { maxCount = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = this.#retention;
		const oldestMs = this.#oldestMs();
		const batch = new Batch();
		let { firstSeq, count, bytes } = room;
		let dropped = 0;
		firstSeq = room.lastSeq + 1;
		await store.entries(room.number, room.firstSeq, room.lastSeq, (entry) => {
			const goes = entry.atMs <= oldestMs || count > maxCount || (bytes > maxBytes && count > 1);
			if (!goes || dropped === TRIM_AT_ONCE) {
				firstSeq = entry.seq;
				return false;
			}
			batch.dropEntry(room.number, entry.seq);
			dropped++;
			count--;
			bytes -= entry.payload.length;
			return true;
		});
		if (dropped === 0) return;
		batch.putRoom(room.name, { number: room.number, lastSeq: room.lastSeq, firstSeq, count, bytes });
		await store.write(batch, false);
		Object.assign(room, { firstSeq, count, bytes });
		if (dropped === TRIM_AT_ONCE) this.#untrimmed.add(room);
	}

	/** Entries of this time and before are too old. */
	#oldestMs(): number {
		const { maxAgeMs } = this.#retention;
		return maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : this.#nowMs() - maxAgeMs;
	}

	// --- the folder, lost and found

	async #load(store: LevelStore): Promise<void> {
		this.#name = store.log;
		const records = await store.rooms();
		for (const [name, record] of records) {
			const room = this.#rooms.get(name) ?? new Room(name, record.number);
			const before = room.lastSeq;
			Object.assign(room, record);
			this.#rooms.set(name, room);
			this.#nextNumber = Math.max(this.#nextNumber, record.number + 1);
			// A batch whose write failed may be there all the same.
			if (room.followers.size > 0) {
				await store.entries(record.number, before + 1, record.lastSeq, (entry) => {
					for (const follower of room.followers) follower(entry);
					return true;
				});
			}
			if (this.#isOver(room)) this.#trimLater(room, true);
		}
		await this.#dedupe.load(store);
	}

	async #lost(): Promise<void> {
		const store = this.#store;
		if (!store) return;
		this.#store = undefined;
		for (const changed of this.#watchers) changed(false);
		await store.close().catch(() => {});
		this.#retryLater();
	}

	#retryLater(): void {
		if (this.#closed) return;
		this.#retry = setTimeout(() => void this.#reopen(), this.#retryMs);
		this.#retry.unref();
		this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
	}

	async #reopen(): Promise<void> {
		let store: LevelStore | undefined;
		try {
			store = await LevelStore.open(this.folder);
			// Opening writes a little; only a write of our own shows that there is room again.
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

	// --- rooms

	#reading(name: string): { readonly store: LevelStore; readonly room: Room | undefined } {
		if (this.#closed) throw unavailable("The log is closed");
		if (!this.#store) throw unavailable("The data folder cannot be used");
		return { store: this.#store, room: this.#rooms.get(name) };
	}

	#roomToWrite(name: string): Room {
		if (this.#closed) throw unavailable("The log is closed");
		if (!this.#store) throw unavailable("The data folder cannot be written");
		let room = this.#rooms.get(name);
		if (!room) {
			if (this.#rooms.size >= this.#maxRooms) {
				throw new XMLSocketError(
					"XMLSOCKET_TOO_MANY_ROOMS",
					`The log holds ${this.#maxRooms} rooms, which is its limit.`,
				);
			}
			room = new Room(name, this.#nextNumber++);
			this.#rooms.set(name, room);
		}
		return room;
	}

	#state(room: Room | undefined): RoomState {
		return { log: this.#name, lastSeq: room?.lastSeq ?? 0, firstSeq: room?.firstSeq ?? 1 };
	}
}

function idOf({ room, entry: { session, id } }: Waiting): EntryId | undefined {
	return session === undefined || id === undefined ? undefined : new EntryId(room.number, session, id);
}

function unavailable(what: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_UNAVAILABLE", `${what}.`, cause === undefined ? {} : { cause });
}

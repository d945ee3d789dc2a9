// A MessageLog in memory, for tests, web pages and daemons without a data folder. Its retention bounds it. It writes nothing
// to disk, so that each new instance is a new history.

import { XMLSocketError } from "../errors/index.ts";
import { MemoryStateStore, type StateStore } from "../state-store/index.ts";
import { Followers } from "./followers.ts";
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
} from "./message-log.ts";
import { RecentIds } from "./recent-ids.ts";

/** Options of `MemoryLog`. */
export interface MemoryLogOptions extends LogOptions {
	/** Default: the newest 10 000 entries and 16 MiB of a room. */
	readonly retention?: Retention;
	/** Wall time in milliseconds. Default `Date.now`. */
	readonly nowMs?: () => number;
	/** Rooms that have entries or followers; more are refused with XMLSOCKET_TOO_MANY_ROOMS. Default 10 000. */
	readonly maxRooms?: number;
	/** Payloads of all rooms together. With more, the largest room drops its older half. Default 256 MiB. */
	readonly maxBytes?: number;
}

const DEFAULT_RETENTION: Retention = { maxCount: 10_000, maxBytes: 16 * 1024 * 1024 };
/** Newest ids of a session, over all rooms. */
const IDS_PER_SESSION = 4096;
const MAX_IDS = 131_072;
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
const MIN_COMPACTION = 1024;

interface MemoryRoom {
	/** Empty before `head`; a compaction removes those places. */
	entries: (LogEntry | undefined)[];
	/** The index of the oldest entry that is kept. */
	head: number;
	bytes: number;
	lastSeq: number;
	readonly followers: Followers;
}

/** A log that lasts as long as the process. Its sequence numbers are consecutive within a room. */
export class MemoryLog implements MessageLog {
	readonly records: StateStore = new MemoryStateStore();
	readonly #retention: Retention;
	/** The ids of all rooms; an id contains its room. */
	readonly #ids: RecentIds<{ readonly seq: number; readonly prev: number }>;
	readonly #nowMs: () => number;
	readonly #maxRooms: number;
	readonly #maxBytes: number;
	/** Of all rooms. */
	#bytes = 0;
	readonly #rooms = new Map<string, MemoryRoom>();
	readonly #name: string = crypto.randomUUID().slice(0, 8);
	#closed = false;

	constructor(options: MemoryLogOptions = {}) {
		this.#retention = options.retention ?? DEFAULT_RETENTION;
		const windowMs = options.dedupeWindowMs ?? DEFAULT_DEDUPE_WINDOW_MS;
		this.#ids = new RecentIds({ windowMs, maxPerSession: IDS_PER_SESSION, maxTotal: MAX_IDS });
		this.#nowMs = options.nowMs ?? Date.now;
		this.#maxRooms = options.maxRooms ?? 10_000;
		this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
	}

	async append(name: string, { payload, session, id }: NewEntry): Promise<Appended> {
		const room = this.#roomToWrite(name);
		const atMs = this.#nowMs();
		const key = id === undefined ? "" : `${name}\0${id}`;
		if (session !== undefined && id !== undefined) {
			const first = this.#ids.get(session, key, atMs);
			if (first) return { seq: first.seq, prev: first.prev, duplicate: true };
		}
		const prev = room.lastSeq;
		const seq = prev + 1;
		const entry: LogEntry = { seq, prev, atMs, session, id, payload };
		room.lastSeq = seq;
		room.entries.push(entry);
		room.bytes += payload.length;
		this.#bytes += payload.length;
		if (session !== undefined && id !== undefined) this.#ids.add(session, key, { seq, prev }, atMs);
		this.#retain(room, atMs);
		if (this.#bytes > this.#maxBytes) this.#shrinkLargest();
		room.followers.deliver(entry);
		return { seq, prev, duplicate: false };
	}

	async readAfter(name: string, after: number, limits: ReadLimits & { readonly through?: number }): Promise<LogPage> {
		const room = this.#roomToRead(name);
		const entries: LogEntry[] = [];
		if (!room) return { entries, more: false };
		let bytes = 0;
		for (let at = indexAfter(room, after); at < room.entries.length; at++) {
			const entry = room.entries[at]!;
			if (limits.through !== undefined && entry.seq > limits.through) break;
			bytes += entry.payload.length;
			if (entries.length > 0 && (entries.length >= limits.maxCount || bytes > limits.maxBytes)) {
				return { entries, more: true };
			}
			entries.push(entry);
		}
		return { entries, more: false };
	}

	async readBefore(name: string, before: number, limits: ReadLimits): Promise<LogPage> {
		const room = this.#roomToRead(name);
		if (!room) return { entries: [], more: false };
		const end = indexAfter(room, before - 1);
		let start = end;
		let bytes = 0;
		while (start > room.head) {
			bytes += room.entries[start - 1]!.payload.length;
			if (start < end && (end - start >= limits.maxCount || bytes > limits.maxBytes)) break;
			start--;
		}
		return { entries: room.entries.slice(start, end) as LogEntry[], more: start > room.head };
	}

	async state(name: string): Promise<RoomState> {
		return this.#state(this.#roomToRead(name));
	}

	async follow(name: string, follower: (entry: LogEntry) => void): Promise<Subscription> {
		const room = this.#roomToWrite(name);
		this.#retain(room, this.#nowMs());
		const remove = room.followers.add(follower);
		const stop = (): void => {
			remove();
			// Nothing was ever appended: the room existed for its followers only.
			const isUnused = room.lastSeq === 0 && room.followers.size === 0;
			if (isUnused && this.#rooms.get(name) === room) this.#rooms.delete(name);
		};
		return { ...this.#state(room), stop };
	}

	async close(): Promise<void> {
		this.#closed = true;
		this.#rooms.clear();
	}

	#state(room: MemoryRoom | undefined): RoomState {
		const lastSeq = room?.lastSeq ?? 0;
		return { log: this.#name, lastSeq, firstSeq: room?.entries[room.head]?.seq ?? lastSeq + 1 };
	}

	/** The room if it exists, without entries that are too old. */
	#roomToRead(name: string): MemoryRoom | undefined {
		this.#checkOpen();
		const room = this.#rooms.get(name);
		if (room) this.#retain(room, this.#nowMs());
		return room;
	}

	/** The room, which is created if it does not exist. */
	#roomToWrite(name: string): MemoryRoom {
		this.#checkOpen();
		let room = this.#rooms.get(name);
		if (!room) {
			if (this.#rooms.size >= this.#maxRooms) {
				throw new XMLSocketError(
					"XMLSOCKET_TOO_MANY_ROOMS",
					`The log has ${this.#maxRooms} rooms, which is its limit.`,
				);
			}
			room = { entries: [], head: 0, bytes: 0, lastSeq: 0, followers: new Followers() };
			this.#rooms.set(name, room);
		}
		return room;
	}

	#checkOpen(): void {
		if (this.#closed) throw new XMLSocketError("XMLSOCKET_UNAVAILABLE", "The log is closed.");
	}

	#retain(room: MemoryRoom, nowMs: number): void {
		const { maxCount = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY, maxAgeMs } = this.#retention;
		const { entries } = room;
		const last = entries.length - 1;
		while (room.head < entries.length) {
			const oldest = entries[room.head]!;
			const tooOld = maxAgeMs !== undefined && nowMs - oldest.atMs >= maxAgeMs;
			const tooMany = entries.length - room.head > maxCount;
			const tooLarge = room.bytes > maxBytes && room.head < last;
			if (!tooOld && !tooMany && !tooLarge) break;
			this.#dropOldest(room);
		}
		compact(room);
	}

	#dropOldest(room: MemoryRoom): void {
		const { length } = room.entries[room.head]!.payload;
		room.bytes -= length;
		this.#bytes -= length;
		room.entries[room.head++] = undefined;
	}

	// The newest entry of a room stays.
	#shrinkLargest(): void {
		let largest: MemoryRoom | undefined;
		for (const room of this.#rooms.values()) if (!largest || room.bytes > largest.bytes) largest = room;
		if (!largest) return;
		const half = largest.bytes / 2;
		while (largest.bytes > half && largest.head < largest.entries.length - 1) this.#dropOldest(largest);
		compact(largest);
	}
}

function compact(room: MemoryRoom): void {
	if (room.head < MIN_COMPACTION || room.head * 2 < room.entries.length) return;
	room.entries = room.entries.slice(room.head);
	room.head = 0;
}

// The index of the first kept entry with a greater sequence number.
function indexAfter(room: MemoryRoom, seq: number): number {
	let low = room.head;
	let high = room.entries.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (room.entries[middle]!.seq > seq) high = middle;
		else low = middle + 1;
	}
	return low;
}

// The interface of the storage behind stored rooms: an ordered log of opaque payloads for each room. It defines types and
// constants only. `MemoryLog` in this folder implements it in memory, `LevelLog` in a folder on disk, and `JetStreamLog` on NATS.
// All readers of a room see the same order, and nobody receives an entry before it is committed. docs/reliability.md lists
// what each implementation promises.

import type { StateStore } from "../state-store/index.ts";

/** One committed message of a room. */
export interface LogEntry {
	/** Strictly increasing within the room, at least 1, never reused; not necessarily consecutive. */
	readonly seq: number;
	/** The sequence number of the entry before this one in the room, even if that entry is no longer kept; 0 for the first. */
	readonly prev: number;
	/** When the entry was committed: wall time, milliseconds since 1970 UTC. */
	readonly atMs: number;
	/** The session that appended the entry, as passed to `append`. */
	readonly session: string | undefined;
	/** The id that the session gave the entry, as passed to `append`. */
	readonly id: string | undefined;
	readonly payload: Uint8Array;
}

/** An entry to append to a room's log. */
export interface NewEntry {
	readonly payload: Uint8Array;
	/** Identifies the appender across its connections. */
	readonly session?: string | undefined;
	/** With `session`: a second append of the same id to the same room within the dedupe window stores nothing. */
	readonly id?: string | undefined;
}

/** The result of appending an entry. */
export interface Appended {
	/** The sequence number of the entry; for a duplicate, that of the first entry. */
	readonly seq: number;
	readonly prev: number;
	/** Whether the same session had already appended the same id. */
	readonly duplicate: boolean;
}

/** The extent of a room's history. */
export interface RoomState {
	/**
	 * Names this history: 1 to 64 letters, digits, '-' and '_'. When it changes, sequence numbers from before have no meaning.
	 */
	readonly log: string;
	/** The sequence number of the newest entry; 0 before the first. */
	readonly lastSeq: number;
	/** The sequence number of the oldest entry that is kept; `lastSeq + 1` if none is. */
	readonly firstSeq: number;
}

/** The largest number of entries that one read returns. The first entry is always returned, however large it is. */
export interface ReadLimits {
	readonly maxCount: number;
	/** Of all payloads together. */
	readonly maxBytes: number;
}

/** The result of reading a room's log. */
export interface LogPage {
	/** Oldest first. */
	readonly entries: readonly LogEntry[];
	/** Whether more entries match, which the limits left out. */
	readonly more: boolean;
}

/** An active subscription to a room, with the state of the room when it began. */
export interface Subscription extends RoomState {
	/** Ends the delivery. */
	stop(): void;
}

/** Which entries of a room are kept; without a rule, all are. An implementation may keep a few more for a short time. */
export interface Retention {
	/** Keeps this many of the newest entries. */
	readonly maxCount?: number | undefined;
	/** Keeps entries younger than this, in milliseconds. */
	readonly maxAgeMs?: number | undefined;
	/** Keeps the newest entries whose payloads together have at most this many bytes; always at least one entry. */
	readonly maxBytes?: number | undefined;
}

/** Options that every implementation of the message log accepts. */
export interface LogOptions {
	readonly retention?: Retention;
	/** How long an id is remembered, in milliseconds. Default 600 000. */
	readonly dedupeWindowMs?: number;
}

/** The default of `LogOptions.dedupeWindowMs`. */
export const DEFAULT_DEDUPE_WINDOW_MS = 600_000;

/**
 * The log of many rooms. Every method may reject with XMLSOCKET_UNAVAILABLE: while the storage cannot be reached, while too many
 * calls wait, and after `close`. Nothing is stored then, with one exception: if the connection to the storage broke during an
 * append, the entry may have been stored. Append the same id again to find out.
 */
export interface MessageLog {
	/**
	 * Small records that are kept where the messages are, and shared by all who share the log: bans, mutes, topics, settings of rooms.
	 * Absent: the chat keeps them in memory.
	 */
	readonly records?: StateStore;
	/**
	 * Commits one entry. Settles once the entry is committed and every local follower of the room has received it. Appends of one
	 * room and session are committed in the order of the calls.
	 */
	append(room: string, entry: NewEntry): Promise<Appended>;
	/** Reads the oldest entries with `after < seq`, and `seq <= through` if that is given. Creates no room. */
	readAfter(room: string, after: number, limits: ReadLimits & { readonly through?: number }): Promise<LogPage>;
	/** Reads the newest entries with `seq < before`. Creates no room. */
	readBefore(room: string, before: number, limits: ReadLimits): Promise<LogPage>;
	/** The extent of the room's history; every entry up to `lastSeq` can be read. Creates no room. */
	state(room: string): Promise<RoomState>;
	/**
	 * Delivers each entry that is committed from now on, in order and once: all entries after the `lastSeq` of the result, and none
	 * before the promise settles. A delivered entry can be read. A room has at most 1000 followers; more are refused with
	 * XMLSOCKET_UNAVAILABLE.
	 *
	 * @param entry receives the entries. It must not throw.
	 * @param onReset is called when the history of the room has been replaced. The subscription has ended then; a new one names the
	 * new history. It must not throw.
	 */
	follow(room: string, entry: (entry: LogEntry) => void, onReset?: () => void): Promise<Subscription>;
	/**
	 * Reports when the storage becomes unreachable, with the cause if it is known, and reachable again. Absent if it cannot become
	 * unreachable.
	 *
	 * @returns a function that ends the reports.
	 */
	watch?(changed: (reachable: boolean, cause?: Error) => void): () => void;
	/** Waits for appends that are being committed, then releases all resources. */
	close(): Promise<void>;
}

// What a stored room is made of: an ordered log of opaque payloads. The interface only; it has a home in memory here, and
// durable ones elsewhere. A room's entries have one order for everyone, and nothing is told to anyone before it is
// committed. docs/reliability.md says which home promises what.

/** One committed message of a room. */
export interface LogEntry {
	/** Strictly increasing within the room, at least 1, never used twice; not necessarily consecutive. */
	readonly seq: number;
	/** The sequence number of the room's entry before this one, whether or not that is still kept; 0 for the first. */
	readonly prev: number;
	/** When it was committed: wall time, milliseconds since 1970 UTC. */
	readonly atMs: number;
	/** Who appended it, as given to `append`. */
	readonly session: string | undefined;
	/** The appender's own id of it, as given to `append`. */
	readonly id: string | undefined;
	readonly payload: Uint8Array;
}

/** What is to be appended. */
export interface NewEntry {
	readonly payload: Uint8Array;
	/** Names the appender across its connections. */
	readonly session?: string | undefined;
	/** With `session`: the second append of the same id to the same room within the window stores nothing. */
	readonly id?: string | undefined;
}

/** The outcome of an append. */
export interface Appended {
	/** The entry's sequence number; for a duplicate that of the first. */
	readonly seq: number;
	readonly prev: number;
	/** Whether the same session had appended the same id before. */
	readonly duplicate: boolean;
}

/** Where a room's history stands. */
export interface RoomState {
	/** Names this history. Another value means that sequence numbers known from before have no meaning. */
	readonly log: string;
	/** Of the newest entry; 0 before the first. */
	readonly lastSeq: number;
	/** Of the oldest entry that is kept; `lastSeq + 1` where none is. */
	readonly firstSeq: number;
}

/** How much one read may return. The first entry is returned however large it is. */
export interface ReadLimits {
	readonly maxCount: number;
	/** Of the payloads together. */
	readonly maxBytes: number;
}

/** What one read returned. */
export interface LogPage {
	/** Oldest first. */
	readonly entries: readonly LogEntry[];
	/** Whether the limits left out more of what was asked for. */
	readonly more: boolean;
}

/** A follower at work. */
export interface Subscription extends RoomState {
	/** Ends the delivery. */
	stop(): void;
}

/** Which entries of a room are kept; without a rule all are. A home may keep a few more for a short time. */
export interface Retention {
	/** The newest so many. */
	readonly maxCount?: number | undefined;
	/** Those younger than so many milliseconds. */
	readonly maxAgeMs?: number | undefined;
	/** The newest whose payloads together have so many bytes; always at least one. */
	readonly maxBytes?: number | undefined;
}

/** What every home of a log can be given. */
export interface LogOptions {
	readonly retention?: Retention;
	/** How long an id is remembered, in milliseconds. Default 600 000. */
	readonly dedupeWindowMs?: number;
}

/** The default of `LogOptions.dedupeWindowMs`. */
export const DEFAULT_DEDUPE_WINDOW_MS = 600_000;

/**
 * The log of many rooms. Any method may reject with XMLSOCKET_UNAVAILABLE while its home cannot be reached, and does so
 * once the log is closed; nothing is stored then, or, where the connection to the home broke meanwhile, it is not known
 * whether it was: appending the same id again finds out.
 */
export interface MessageLog {
	/**
	 * Commits one entry. Settles when it is committed and every local follower of the room has been given it. Appends of
	 * one room and session are committed in the order of the calls.
	 */
	append(room: string, entry: NewEntry): Promise<Appended>;
	/** The oldest entries with `after < seq`, and `seq <= through` where that is given. */
	readAfter(room: string, after: number, limits: ReadLimits & { readonly through?: number }): Promise<LogPage>;
	/** The newest entries with `seq < before`. */
	readBefore(room: string, before: number, limits: ReadLimits): Promise<LogPage>;
	/** Where the room stands; all of `lastSeq` can be read. */
	state(room: string): Promise<RoomState>;
	/**
	 * Delivers what is committed from now on to `entry`, in order and each once: everything after the `lastSeq` that the
	 * promise gives, and nothing before the promise has settled. What was delivered can be read. `entry` must not throw.
	 *
	 * @param onReset is called where the room has another history from now on: this subscription has ended, and the next one names the
	 * new history. It must not throw.
	 */
	follow(room: string, entry: (entry: LogEntry) => void, onReset?: () => void): Promise<Subscription>;
	/** Reports when the home is lost and found again, where it can be. @returns a function that ends the reports. */
	watch?(changed: (reachable: boolean) => void): () => void;
	/** Commits what is under way and lets go of everything. */
	close(): Promise<void>;
}

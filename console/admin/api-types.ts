// The answers of the admin API as the page reads them; docs/guide/administration.md describes them. A field with a question mark is missing
// where the daemon does not know it.

/** A time: milliseconds since 1970, or ISO 8601. `timeOf` reads it. */
export type Moment = number | string;

/** `api/status`. */
export interface Status {
	readonly server: string;
	readonly version: string;
	readonly startedAt: Moment;
	readonly node: string;
	readonly nodes: readonly NodeStatus[];
	readonly clients: number;
	readonly rooms: number;
	readonly messagesPerSecond: number;
	readonly deliveriesPerSecond: number;
	readonly ready: boolean;
	readonly trouble?: string | null;
	/** Nodes that did not answer in time. */
	readonly missing?: readonly string[];
}

/** One daemon or worker. */
export interface NodeStatus {
	readonly node: string;
	readonly clients: number;
	readonly rooms: number;
	readonly connections: number;
	readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
	readonly rssBytes: number;
	readonly heldBytes: number;
}

/** One part of a long list. */
export interface Part<Row> {
	readonly rows: readonly Row[];
	/** Where the next part begins; undefined: this is the last one. */
	readonly next: string | undefined;
	readonly missing: readonly string[];
}

/** An entry of `api/rooms`. */
export interface RoomRow {
	readonly name: string;
	readonly kind: string;
	readonly members: number;
	readonly topic?: string | null;
	readonly messagesPerSecond: number;
	readonly lastSeq?: number;
	readonly slowModeSeconds?: number;
}

/** An entry of `api/rooms/NAME/members`. */
export interface MemberRow {
	readonly name: string;
	readonly client: string;
	readonly node: string;
}

/** An entry of `api/clients`. */
export interface ClientRow {
	readonly id: string;
	/** Missing where the daemon runs no chat. */
	readonly name?: string;
	readonly guest?: boolean;
	readonly operator?: boolean;
	readonly address: string;
	readonly transport: string;
	readonly node: string;
	readonly rooms: readonly string[];
	/** Rooms that are not in `rooms`. */
	readonly moreRooms?: number;
	readonly connectedAt: Moment;
	readonly documentsPerSecond: number;
	readonly bytesPerSecond: number;
	readonly outboxBytes: number;
	readonly session?: string;
}

/** An entry of `api/sanctions`. */
export interface SanctionRow {
	readonly id: string;
	readonly kind: "ban" | "mute";
	readonly room?: string | null;
	readonly who: { readonly name?: string; readonly session?: string; readonly address?: string };
	/** Besides a name: the addresses that it holds for too. */
	readonly addresses?: readonly string[];
	readonly until?: Moment | null;
	readonly by: string;
	readonly at: Moment;
	readonly reason?: string | null;
}

/** One measurement: of `api/samples` every 10 s, of `api/events` each second. */
export interface Sample {
	readonly at: Moment;
	readonly connections: number;
	readonly clients: number;
	readonly messagesPerSecond: number;
	readonly deliveriesPerSecond: number;
	readonly eventLoopDelayP99Ms: number;
	readonly commitP99Ms?: number | null;
	readonly rssBytes: number;
	readonly heldBytes: number;
	readonly outboxBytes: number;
}

/** A sample of the live stream. */
export interface LiveSample extends Sample {
	readonly rooms?: readonly BusyRoom[];
	readonly readers?: readonly SlowReader[];
}

/** One of the busiest rooms. */
export interface BusyRoom {
	readonly name: string;
	readonly members: number;
	readonly messagesPerSecond: number;
}

/** A client that has not read yet what is sent to it. */
export interface SlowReader {
	readonly id: string;
	readonly name?: string;
	readonly address?: string;
	readonly outboxBytes: number;
}

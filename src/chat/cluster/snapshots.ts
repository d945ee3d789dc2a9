// The state of a node in parts that fit into messages of the bus: taking this node's, and joining the parts of another's.

import type { Bus } from "../../cluster/index.ts";
import type { LocalPerson } from "./cluster.ts";
import type { LocalState } from "./cluster-events.ts";
import type { PersonRow, Snapshot } from "./messages.ts";

const PART_CHARACTERS = 128 * 1024;

type MutableSnapshot = { -readonly [List in keyof Snapshot]: Snapshot[List][number][] };

const emptySnapshot = (): MutableSnapshot => ({ people: [], sent: [] });

/** How many messages this node has sent to a live room. */
export interface SentCount {
	readonly room: string;
	readonly epoch: number;
	readonly sent: number;
}

/** A client of this node as other nodes know it. */
export function personRow({ key, name, connectionEpoch }: LocalPerson, bus: Bus): PersonRow {
	return [key.id, name, bus.digest(key.secret), connectionEpoch];
}

/** The state of this node, in one part or more. */
export function takeSnapshot(state: LocalState, counts: Iterable<SentCount>, bus: Bus): readonly Snapshot[] {
	const parts = [emptySnapshot()];
	let characters = 0;
	const add = <List extends keyof Snapshot>(list: List, entry: Snapshot[List][number]): void => {
		if (characters >= PART_CHARACTERS) {
			parts.push(emptySnapshot());
			characters = 0;
		}
		parts.at(-1)![list].push(entry);
		characters += JSON.stringify(entry).length;
	};
	for (const person of state.people()) add("people", [...personRow(person, bus), [...state.roomsOf(person.key.id)]]);
	for (const { room, epoch, sent } of counts) if (sent > 0) add("sent", [room, epoch, sent]);
	return parts;
}

/** A large snapshot takes some seconds. */
export const SNAPSHOT_WAIT_MS = 10_000;
const MAX_NODE_BYTES = 16 * 1024 * 1024;
const MAX_ALL_BYTES = 64 * 1024 * 1024;

/** The bytes of all snapshots that are not complete. */
export class SnapshotSpace {
	bytes = 0;
}

/** A part of another node's snapshot. */
export interface SnapshotPart {
	/** The number of the changes that the snapshot follows. */
	readonly changes: number;
	/** Counted from 0. */
	readonly part: number;
	readonly parts: number;
	readonly snapshot: Snapshot;
	/** Its size. */
	readonly bytes: number;
}

/** Joins the parts of another node's snapshots. */
export class SnapshotAssembler {
	readonly #space: SnapshotSpace;
	#changes = -1;
	#parts: Snapshot[] | undefined = undefined;
	#bytes = 0;
	#startedMs = 0;

	/** @param space shared by the assemblers of all nodes. */
	constructor(space: SnapshotSpace) {
		this.#space = space;
	}

	/**
	 * Adds a part.
	 *
	 * @returns all parts where this is the last one and none is missing. One node's parts have at most 16 MiB, those of all
	 * nodes together 64 MiB; more are dropped.
	 */
	add({ changes, part, parts, snapshot, bytes }: SnapshotPart, nowMs: number): readonly Snapshot[] | undefined {
		if (part === 0) {
			this.clear();
			this.#startedMs = nowMs;
			this.#changes = changes;
			this.#parts = [];
		}
		const received = this.#parts;
		const fits = this.#bytes + bytes <= MAX_NODE_BYTES && this.#space.bytes + bytes <= MAX_ALL_BYTES;
		if (!received || this.#changes !== changes || received.length !== part || !fits) {
			this.clear();
			return undefined;
		}
		received.push(snapshot);
		this.#bytes += bytes;
		this.#space.bytes += bytes;
		if (part + 1 < parts) return undefined;
		this.clear();
		return received;
	}

	/** Forgets what has come, where the rest does not come within 10 s. */
	sweep(nowMs: number): void {
		if (this.#parts && nowMs - this.#startedMs >= SNAPSHOT_WAIT_MS) this.clear();
	}

	/** Forgets what has come. */
	clear(): void {
		this.#space.bytes -= this.#bytes;
		this.#bytes = 0;
		this.#parts = undefined;
	}
}

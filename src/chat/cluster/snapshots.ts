// The state of a node in parts that fit into messages of the bus: taking this node's, and joining the parts of another's.

import type { Bus } from "../../cluster/index.ts";
import type { LocalPerson } from "./cluster.ts";
import type { LocalState } from "./cluster-events.ts";
import type { PersonRow, Snapshot } from "./messages.ts";

const PART_CHARACTERS = 128 * 1024;

type MutableSnapshot = { -readonly [List in keyof Snapshot]: Snapshot[List][number][] };

const emptySnapshot = (): MutableSnapshot => ({ people: [], topics: [], sanctions: [], sent: [] });

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
	for (const [room, { by, text }] of state.topics()) add("topics", [room, by, text]);
	for (const sanction of state.sanctions()) add("sanctions", sanction);
	for (const { room, epoch, sent } of counts) if (sent > 0) add("sent", [room, epoch, sent]);
	return parts;
}

/** Joins the parts of another node's snapshots. */
export class SnapshotAssembler {
	#changes = -1;
	#parts: Snapshot[] | undefined = undefined;

	/** Adds a part. @returns all parts where this is the last one and none is missing. */
	add(changes: number, part: number, parts: number, snapshot: Snapshot): readonly Snapshot[] | undefined {
		if (part === 0) {
			this.#changes = changes;
			this.#parts = [];
		}
		const received = this.#parts;
		if (!received || this.#changes !== changes || received.length !== part) {
			this.#parts = undefined;
			return undefined;
		}
		received.push(snapshot);
		if (part + 1 < parts) return undefined;
		this.#parts = undefined;
		return received;
	}
}

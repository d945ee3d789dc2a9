// Which nodes run. A node that has sent nothing for 14 s is dead. While this node itself was cut off or stalled, silence proves
// nothing: the time of a node counts from the moment when this one can receive again.

import type { Clock } from "../../link/index.ts";
import { DelayDetector } from "./delay-detector.ts";
import { SnapshotAssembler } from "./snapshots.ts";

/** With a sweep every second, the clients of a dead node are gone within 15 s. */
export const NODE_TIMEOUT_MS = 14_000;
const MAX_DEAD = 1000;

/** Another node. */
export interface RemoteNode {
	/** When its last message came. */
	heardMs: number;
	readonly delays: DelayDetector;
	/** The number of its last changes that are known here; -1 before the first snapshot. */
	changes: number;
	/** When its snapshot was requested last. */
	requestedMs: number;
	readonly assembler: SnapshotAssembler;
}

/** The other nodes. */
export class NodeTable {
	readonly #clock: Clock;
	readonly #nodes = new Map<string, RemoteNode>();
	readonly #dead = new Set<string>();
	/** Since when this node can receive. */
	#sinceMs: number;

	constructor(clock: Clock) {
		this.#clock = clock;
		this.#sinceMs = clock.now();
	}

	/** Other nodes that run. */
	get size(): number {
		return this.#nodes.size;
	}

	/** The nodes' ids. */
	ids(): Iterable<string> {
		return this.#nodes.keys();
	}

	get(id: string): RemoteNode | undefined {
		return this.#nodes.get(id);
	}

	/** A node has sent something. */
	heard(id: string): RemoteNode {
		let node = this.#nodes.get(id);
		if (!node) {
			node = {
				heardMs: 0,
				delays: new DelayDetector(),
				changes: -1,
				requestedMs: Number.NEGATIVE_INFINITY,
				assembler: new SnapshotAssembler(),
			};
			this.#nodes.set(id, node);
			this.#dead.delete(id);
		}
		node.heardMs = this.#clock.now();
		return node;
	}

	/** This node can receive again, after it was cut off or stalled. */
	receivingAgain(): void {
		this.#sinceMs = this.#clock.now();
	}

	/** How long this node has been able to receive, in milliseconds. */
	get receivingForMs(): number {
		return this.#clock.now() - this.#sinceMs;
	}

	/** Whether every node has sent something since this one can receive. */
	get areAllHeard(): boolean {
		return [...this.#nodes.values()].every(({ heardMs }) => heardMs >= this.#sinceMs);
	}

	/** Whether a node may run: it does, or it may not have had the time to send anything yet. */
	mayRun(id: string): boolean {
		return this.#nodes.has(id) || (!this.#dead.has(id) && this.receivingForMs < NODE_TIMEOUT_MS);
	}

	/** The nodes whose time is over. */
	expired(): string[] {
		const oldestMs = this.#clock.now() - NODE_TIMEOUT_MS;
		return [...this.#nodes].flatMap(([id, { heardMs }]) => (Math.max(heardMs, this.#sinceMs) <= oldestMs ? [id] : []));
	}

	/** A node is dead. @returns false where it is not known. */
	remove(id: string): boolean {
		if (!this.#nodes.delete(id)) return false;
		this.#dead.add(id);
		if (this.#dead.size > MAX_DEAD) for (const oldest of this.#dead) if (this.#dead.delete(oldest)) break;
		return true;
	}
}

// Which nodes run. A node that has sent nothing for 14 s is dead. While this node itself was cut off or stalled, silence proves
// nothing: the time of a node counts from the moment when this one can receive again.

import type { Clock } from "../../link/index.ts";
import { DelayDetector } from "./delay-detector.ts";
import { Allowance } from "./inbound-gate.ts";
import { SNAPSHOT_WAIT_MS, SnapshotAssembler, SnapshotSpace } from "./snapshots.ts";

/** With a sweep every second, the clients of a dead node are gone within 15 s. */
export const NODE_TIMEOUT_MS = 14_000;
/** More nodes than one NATS cluster can serve. */
export const MAX_NODES = 256;
/** Nodes that can appear in a second, after as many as there can be. */
const NEW_NODES_PER_SECOND = 5;
const MAX_DEAD = 1000;
const MAX_LEFT = 1000;

/** Another node. */
export interface RemoteNode {
	/** When its last message came. */
	heardMs: number;
	/** How late its messages come; undefined as long as nothing shows which of them it has sent only now. */
	delays: DelayDetector | undefined;
	readonly allowance: Allowance;
	/** The number of its last changes that are known here; -1 before the first snapshot. */
	changes: number;
	/** Whether something of its state did not fit. */
	isIncomplete: boolean;
	/** When its snapshot was requested last. */
	requestedMs: number;
	/** Snapshots that were requested and have not come yet: of it alone, and of all nodes. */
	expectedSnapshots: number;
	/** When a snapshot that was requested does not count any more. */
	expectedUntilMs: number;
	readonly assembler: SnapshotAssembler;
}

/** The other nodes. */
export class NodeTable {
	readonly #clock: Clock;
	readonly #newAllowance: () => Allowance;
	readonly #nodes = new Map<string, RemoteNode>();
	readonly #arrivals: Allowance;
	readonly #space = new SnapshotSpace();
	/** With how late their messages came: a node that stood still can return and send what it had before. */
	readonly #dead = new Map<string, DelayDetector | undefined>();
	/** Nodes that have said that they end. */
	readonly #left = new Set<string>();
	/** Since when this node can receive. */
	#sinceMs: number;
	#requestedAllMs = Number.NEGATIVE_INFINITY;

	/** @param newAllowance what a node may cost */
	constructor(clock: Clock, newAllowance: () => Allowance) {
		this.#clock = clock;
		this.#newAllowance = newAllowance;
		this.#arrivals = new Allowance(NEW_NODES_PER_SECOND, MAX_NODES, clock.now());
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

	/** A node has sent something. @returns undefined where it has ended, or where there are too many nodes. */
	heard(id: string): RemoteNode | undefined {
		const nowMs = this.#clock.now();
		let node = this.#nodes.get(id);
		if (!node) {
			if (this.#left.has(id) || this.#nodes.size >= MAX_NODES || !this.#arrivals.has(nowMs)) return undefined;
			this.#arrivals.take(1);
			node = {
				heardMs: nowMs,
				delays: this.#dead.get(id),
				allowance: this.#newAllowance(),
				changes: -1,
				isIncomplete: false,
				requestedMs: Number.NEGATIVE_INFINITY,
				expectedSnapshots: 0,
				expectedUntilMs: Number.NEGATIVE_INFINITY,
				assembler: new SnapshotAssembler(this.#space),
			};
			if (nowMs - this.#requestedAllMs < SNAPSHOT_WAIT_MS) this.requested(node);
			this.#nodes.set(id, node);
			this.#dead.delete(id);
		}
		node.heardMs = nowMs;
		return node;
	}

	/** The state of a node is known: what comes from here on was sent after this node had asked for it. */
	synchronized(node: RemoteNode): void {
		if (node.changes === -1) node.delays = new DelayDetector();
	}

	/** How much later than usual a message of a node comes, in milliseconds; Infinity where that is unknown. */
	lateMs(id: string, sentMs: number): number {
		return this.#nodes.get(id)?.delays?.lateMs(sentMs, this.#clock.now()) ?? Number.POSITIVE_INFINITY;
	}

	/** Whether a node has said that it ends. */
	hasLeft(id: string): boolean {
		return this.#left.has(id);
	}

	/** A snapshot of one node is requested. */
	requested(node: RemoteNode): void {
		node.expectedSnapshots = Math.min(2, node.expectedSnapshots + 1);
		node.expectedUntilMs = this.#clock.now() + SNAPSHOT_WAIT_MS;
	}

	/** A snapshot of every node is requested. */
	requestedAll(): void {
		this.#requestedAllMs = this.#clock.now();
		for (const node of this.#nodes.values()) this.requested(node);
	}

	/** Forgets snapshots that were begun and whose rest does not come. */
	sweep(): void {
		const nowMs = this.#clock.now();
		for (const node of this.#nodes.values()) {
			node.assembler.sweep(nowMs);
			if (node.expectedUntilMs <= nowMs) node.expectedSnapshots = 0;
		}
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

	/**
	 * A node is dead.
	 *
	 * @param left whether it has said that it ends, so that it does not return.
	 * @returns false where it is not known.
	 */
	remove(id: string, left: boolean): boolean {
		const node = this.#nodes.get(id);
		if (!node) return false;
		node.assembler.clear();
		this.#nodes.delete(id);
		this.#dead.set(id, node.delays);
		dropOldest(this.#dead, MAX_DEAD);
		if (left) this.#left.add(id);
		dropOldest(this.#left, MAX_LEFT);
		return true;
	}
}

function dropOldest(ids: Set<string> | Map<string, unknown>, max: number): void {
	if (ids.size > max) for (const oldest of ids.keys()) if (ids.delete(oldest)) break;
}

// The messages between this node and the others: heartbeats, changes, snapshots, requests. A node that misses changes requests a
// snapshot. docs/scale.md, "Between daemons".

import type { Bus } from "../../cluster/index.ts";
import type { Clock } from "../../link/index.ts";
import type { ChangePublisher } from "./change-publisher.ts";
import type { ClusterEvents, LocalState } from "./cluster-events.ts";
import type { ClusterNames } from "./cluster-names.ts";
import { Allowance, type InboundGate } from "./inbound-gate.ts";
import type { LiveRelays } from "./live-relays.ts";
import { encodeMessage, type NodeMessage, type NodeRequest, toHundredths } from "./messages.ts";
import { NODE_TIMEOUT_MS, type NodeTable, type RemoteNode } from "./node-table.ts";
import { PendingRequests } from "./pending-requests.ts";
import { readNodeMessage, senderOf } from "./read-message.ts";
import type { RemoteState } from "./remote-state.ts";
import { SnapshotSender } from "./snapshot-sender.ts";
import { takeSnapshot } from "./snapshots.ts";

const HEARTBEAT_MS = 5000;
const SNAPSHOT_REQUEST_MS = 1000;
/** How long the backlog waits for nodes that have not reconnected yet. */
const BACKLOG_HOLD_MS = 2000;
/** Questions of operators that are answered at the same time, and in a second: an answer is up to some milliseconds of work. */
const MAX_ANSWERING = 64;
const QUESTIONS_PER_SECOND = 50;
const QUESTIONS_BURST = 200;

/** What the messages are about. */
export interface ExchangeParts {
	readonly bus: Bus;
	readonly clock: Clock;
	readonly state: LocalState;
	readonly events: ClusterEvents;
	readonly gate: InboundGate;
	readonly nodes: NodeTable;
	readonly changes: ChangePublisher;
	readonly names: ClusterNames;
	readonly remote: RemoteState;
	readonly relays: LiveRelays;
	readonly report: (error: unknown) => void;
}

type MessageOf<Kind extends NodeMessage[0]> = Extract<NodeMessage, readonly [Kind, ...unknown[]]>;

/** This node's end of the exchange. */
export class NodeExchange {
	readonly #parts: ExchangeParts;
	readonly #requests: PendingRequests;
	readonly #snapshots: SnapshotSender;
	readonly #stops: (() => void)[];
	#heartbeatMs: number;
	#sweptMs: number;
	/** Whether the connection is back and the backlog is not sent yet. */
	#holdsBacklog = false;
	#closed = false;
	/** Questions of operators that are not answered yet. */
	#answering = 0;
	readonly #questions: Allowance;

	constructor(parts: ExchangeParts) {
		const { bus, clock } = parts;
		this.#questions = new Allowance(QUESTIONS_PER_SECOND, QUESTIONS_BURST, clock.now());
		this.#parts = parts;
		this.#heartbeatMs = this.#sweptMs = clock.now();
		this.#requests = new PendingRequests(() => clock.now());
		this.#snapshots = new SnapshotSender(clock, (node) => this.#sendSnapshot(node));
		const receive = (data: Uint8Array): void => this.#admit(data);
		this.#stops = [
			bus.subscribe({ to: "all" }, receive),
			bus.subscribe({ to: "node", node: bus.node }, receive),
			bus.watch((connected) => this.#connectionChanged(connected)),
			bus.watchNodes?.((node) => this.#removeNode(node, true)) ?? (() => {}),
		];
		this.#requestSnapshots();
		this.#heartbeat();
	}

	/** Makes a request. @returns whether its client was there. Rejects with XMLSOCKET_UNAVAILABLE where no response comes within 3 s. */
	async request(node: string, request: Exclude<NodeRequest, readonly ["ask", ...unknown[]]>): Promise<boolean> {
		return (await this.#request(node, request)) === true;
	}

	/** Asks a node a question of the operator. @returns the answer. Rejects as `request` does. */
	async ask(node: string, question: string): Promise<string> {
		return String(await this.#request(node, ["ask", question]));
	}

	#request(node: string, request: NodeRequest): Promise<boolean | string> {
		const { bus, changes } = this.#parts;
		changes.flush();
		return this.#requests.request(node, (number) => this.#send(node, ["request", bus.node, number, request]));
	}

	/** Called once a second. */
	sweep(): void {
		const { bus, clock, gate, nodes, names, relays } = this.#parts;
		const nowMs = clock.now();
		this.#requests.sweep();
		nodes.sweep();
		gate.sweep();
		const stalled = nowMs - this.#sweptMs > NODE_TIMEOUT_MS / 2;
		this.#sweptMs = nowMs;
		if (stalled) {
			// The other nodes' messages of that time are still to be read.
			nodes.receivingAgain();
			if (bus.connected) void names.renewAll();
		}
		if (nowMs - this.#heartbeatMs >= HEARTBEAT_MS) this.#heartbeat();
		if (!bus.connected) return;
		void names.sweep();
		if (!this.#holdsBacklog) relays.sendWaiting();
		else if (nodes.receivingForMs >= BACKLOG_HOLD_MS) this.#sendBacklog();
		for (const id of nodes.expired()) this.#removeNode(id, false);
	}

	/** Tells the other nodes that this one ends, and stops. */
	leave(): void {
		if (this.#closed) return;
		const { bus, changes, relays } = this.#parts;
		changes.close();
		this.#publish(["leave", bus.node]);
		this.#closed = true;
		for (const stop of this.#stops) stop();
		relays.stop();
		this.#requests.close();
		this.#snapshots.close();
	}

	// --- sending

	#publish(message: NodeMessage): boolean {
		return this.#parts.bus.publish({ to: "all" }, encodeMessage(message));
	}

	#send(node: string, message: NodeMessage): boolean {
		return this.#parts.bus.publish({ to: "node", node }, encodeMessage(message));
	}

	#heartbeat(): void {
		const { bus, clock, changes } = this.#parts;
		this.#heartbeatMs = clock.now();
		changes.flush();
		this.#publish(["heartbeat", bus.node, changes.number, toHundredths(this.#heartbeatMs)]);
	}

	#requestSnapshots(): void {
		const { bus, nodes } = this.#parts;
		nodes.requestedAll();
		this.#publish(["snapshot-request", bus.node]);
	}

	#requestSnapshot(id: string, node: RemoteNode): void {
		const { clock, nodes } = this.#parts;
		const nowMs = clock.now();
		if (nowMs - node.requestedMs < SNAPSHOT_REQUEST_MS) return;
		node.requestedMs = nowMs;
		nodes.requested(node);
		this.#send(id, ["snapshot-request", this.#parts.bus.node]);
	}

	// Requests of nodes that are gone are not answered.
	#sendSnapshot(to: string): boolean {
		const { bus, state, nodes, changes, relays } = this.#parts;
		if (!bus.connected || !nodes.get(to)) return true;
		// What is noted and not published yet is part of the snapshot, and must not arrive after it.
		changes.flush();
		const parts = takeSnapshot(state, relays.all(), bus);
		return parts.every((part, at) => this.#send(to, ["snapshot", bus.node, changes.number, at, parts.length, part]));
	}

	// The backlog leaves once all nodes are heard: those that have not reconnected yet would miss it.
	#sendBacklog(): void {
		this.#holdsBacklog = false;
		this.#parts.relays.sendBacklog();
	}

	// --- receiving

	#connectionChanged(connected: boolean): void {
		if (this.#closed) return;
		const { events, nodes, names } = this.#parts;
		events.connectionChanged(connected);
		if (!connected) return;
		nodes.receivingAgain();
		this.#holdsBacklog = true;
		this.#requestSnapshots();
		this.#heartbeat();
		if (nodes.size === 0) this.#sendBacklog();
		void names.renewAll();
	}

	#admit(data: Uint8Array): void {
		const { bus, gate, nodes } = this.#parts;
		const sender = senderOf(data);
		if (sender === bus.node) return;
		gate.admit(data, sender === undefined ? undefined : nodes.get(sender)?.allowance, this.#read);
	}

	readonly #read = (data: Uint8Array): void => {
		if (this.#closed) return;
		const message = readNodeMessage(data);
		if (message) this.#receive(message, data.length);
		else this.#parts.gate.drop("unreadable");
	};

	#receive(message: NodeMessage, bytes: number): void {
		const { bus, gate, nodes, relays, remote } = this.#parts;
		const [kind, from] = message;
		if (from === bus.node) return;
		if (kind === "leave") {
			this.#removeNode(from, true);
			return;
		}
		const node = nodes.heard(from);
		if (!node) {
			if (!nodes.hasLeft(from)) gate.drop("too_many_nodes");
			return;
		}
		if (this.#holdsBacklog && nodes.areAllHeard) this.#sendBacklog();
		switch (kind) {
			case "heartbeat":
				nodes.lateMs(from, message[3]);
				if (message[2] !== node.changes || node.isIncomplete) this.#requestSnapshot(from, node);
				break;
			case "changes":
				this.#receiveChanges(from, node, message);
				break;
			case "snapshot-request":
				this.#snapshots.request(from);
				break;
			case "snapshot":
				this.#receiveSnapshot(from, node, message, bytes);
				break;
			case "request":
				this.#handleRequest(from, message[2], message[3]);
				break;
			case "response":
				if (!this.#requests.responded(from, message[2], message[3])) gate.drop("unrequested");
				break;
			case "sent":
				relays.reported(from, message[2], message[3], message[4]);
				break;
		}
		gate.charge(node.allowance, remote.takeUnits());
	}

	#receiveChanges(from: string, node: RemoteNode, [, , number, changes]: MessageOf<"changes">): void {
		if (number <= node.changes) return;
		if (number !== node.changes + 1 || node.changes === -1) {
			this.#requestSnapshot(from, node);
			return;
		}
		node.changes = number;
		for (const change of changes) this.#parts.remote.apply(from, change);
	}

	#receiveSnapshot(
		from: string,
		node: RemoteNode,
		[, , changes, part, count, snapshot]: MessageOf<"snapshot">,
		bytes: number,
	): void {
		const { clock, gate, nodes, remote, relays } = this.#parts;
		if (node.expectedSnapshots === 0) {
			gate.drop("unrequested");
			return;
		}
		const parts = node.assembler.add({ changes, part, parts: count, snapshot, bytes }, clock.now());
		if (!parts) return;
		node.expectedSnapshots--;
		if (changes < node.changes) return;
		nodes.synchronized(node);
		node.changes = changes;
		node.isIncomplete = false;
		remote.applySnapshot(from, parts);
		for (const { sent } of parts)
			for (const [room, epoch, messages] of sent) relays.reported(from, room, epoch, messages);
	}

	#removeNode(id: string, left: boolean): void {
		const { bus, nodes, names, remote } = this.#parts;
		if (!nodes.remove(id, left)) return;
		this.#snapshots.forget(id);
		const people = remote.removeNode(id);
		// One of the nodes that are left releases its names.
		if ([...nodes.ids()].every((other) => other > bus.node)) void names.releaseAll(people);
	}

	#handleRequest(node: string, number: number, request: NodeRequest): void {
		const { bus, events } = this.#parts;
		const respond = (answer: boolean | string): void => {
			if (!this.#closed) this.#send(node, ["response", bus.node, number, answer]);
		};
		switch (request[0]) {
			case "kick": {
				const [, room, session, by] = request;
				respond(events.kick(session, room, by));
				break;
			}
			case "tell": {
				const [, session, sender, from, at, text, id] = request;
				respond(events.tell(session, sender, { from, at, text, id: id ?? undefined }));
				break;
			}
			case "ask":
				void this.#answer(request[1], respond);
				break;
		}
	}

	// An answer can cost milliseconds, so the number of questions is limited for all nodes together. One beyond it gets no answer.
	async #answer(question: string, respond: (answer: string) => void): Promise<void> {
		const { clock, events, gate, report } = this.#parts;
		if (this.#answering >= MAX_ANSWERING || !this.#questions.has(clock.now())) {
			gate.drop("too_fast");
			return;
		}
		this.#questions.take(1);
		this.#answering++;
		try {
			respond(await events.asked(question));
		} catch (error) {
			report(error);
			respond("");
		} finally {
			this.#answering--;
		}
	}
}

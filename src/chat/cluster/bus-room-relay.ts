// Carries one live room over the bus. Each node numbers what it sends to the room, so that a node which misses messages knows
// how many and reports them to its members. docs/scale.md, "Between daemons".

import type { Bus } from "../../cluster/index.ts";
import type { Clock } from "../../link/index.ts";
import type { LiveMessage, LiveRoomListener, LiveRoomRelay } from "./cluster.ts";
import { deliveryUnits, type InboundGate } from "./inbound-gate.ts";
import { encodeMessage, type RelayedMessage, toHundredths } from "./messages.ts";
import { MAX_NODES, type NodeTable } from "./node-table.ts";
import { readRelayedMessage, senderOf } from "./read-message.ts";
import type { BacklogOwner, RelayBacklog } from "./relay-backlog.ts";

/** The nodes that run, and as many that are considered dead and can return. */
const MAX_COUNTED_NODES = 2 * MAX_NODES;

/** What a relay needs of its node. */
export interface RelayHost {
	readonly bus: Bus;
	readonly clock: Clock;
	readonly gate: InboundGate;
	readonly nodes: NodeTable;
	readonly backlog: RelayBacklog;
	/** Sends the changes that are noted, so that they arrive before what is sent next. */
	flushChanges(): void;
	/**
	 * Whether the client of a session is, or has been since that time, at another node than that one, this one included.
	 *
	 * @param dueMs by this node's clock.
	 */
	wasElsewhere(session: string, node: string, dueMs: number): boolean;
	/** Reports to a node how many messages were sent to a room. */
	reportSent(node: string, relay: BusRoomRelay): void;
	/** A relay is closed. */
	closed(relay: BusRoomRelay): void;
}

/** The relay of one live room that is open here. */
export class BusRoomRelay implements LiveRoomRelay, BacklogOwner {
	readonly room: string;
	/** Distinguishes this room from an earlier one of the same name: it counts the rooms that this node has opened. */
	readonly epoch: number;
	/** Messages of this node's clients that are still in the backlog. */
	waiting = 0;
	#numbered = 0;
	#isStopped = false;
	readonly #listener: LiveRoomListener;
	readonly #host: RelayHost;
	// The newest epoch and the number of messages that each node has sent.
	readonly #received = new Map<string, { epoch: number; number: number }>();
	readonly #unsubscribe: () => void;

	constructor(room: string, epoch: number, listener: LiveRoomListener, host: RelayHost) {
		this.room = room;
		this.epoch = epoch;
		this.#listener = listener;
		this.#host = host;
		this.#unsubscribe = host.bus.subscribe({ to: "room", room }, (data) => this.#admit(data));
		this.compare();
	}

	send(session: string, { kind, from, at, body }: LiveMessage): void {
		const { bus, backlog, clock } = this.#host;
		this.#host.flushChanges();
		const waits = backlog.size > 0 || !bus.connected;
		const sentMs = toHundredths(clock.now());
		const data = encodeMessage([bus.node, this.epoch, ++this.#numbered, kind, session, from, at, body, sentMs]);
		if (waits || !publishToRoom(bus, this.room, data)) backlog.add(this, session, data);
	}

	/** Messages that were sent or dropped: a node that knows of fewer has missed some. */
	get sent(): number {
		return this.#numbered - this.waiting;
	}

	/** Publishes how many messages were sent and asks the other nodes, so that a loss is noticed also where nothing follows it. */
	compare(): void {
		const { bus } = this.#host;
		bus.publish({ to: "room", room: this.room }, encodeMessage([bus.node, this.epoch, this.sent]));
	}

	/** A node has sent that many messages to its room of that epoch. */
	reported(node: string, epoch: number, number: number): void {
		const known = this.#received.get(node);
		if (!known) {
			this.#count(node, epoch, number);
			return;
		}
		if (known.epoch === epoch) {
			if (number > known.number) this.#listener.lost(number - known.number);
			known.number = Math.max(known.number, number);
		} else if (epoch > known.epoch) {
			if (number > 0) this.#listener.lost(number);
			known.epoch = epoch;
			known.number = number;
		}
	}

	/** Stops receiving, without a report to the host. */
	stop(): void {
		this.#isStopped = true;
		this.#unsubscribe();
	}

	close(): void {
		this.stop();
		this.#host.closed(this);
	}

	#count(node: string, epoch: number, number: number): void {
		this.#received.set(node, { epoch, number });
		if (this.#received.size <= MAX_COUNTED_NODES) return;
		// A node that is considered dead can return, so that its number is kept while there is space.
		for (const known of this.#received.keys()) {
			if (this.#host.nodes.get(known)) continue;
			this.#received.delete(known);
			break;
		}
	}

	#admit(data: Uint8Array): void {
		const { bus, gate, nodes } = this.#host;
		const sender = senderOf(data);
		if (sender === bus.node) return;
		gate.admit(data, sender === undefined ? undefined : nodes.get(sender)?.allowance, this.#read);
	}

	readonly #read = (data: Uint8Array): void => {
		if (this.#isStopped) return;
		const { gate, nodes } = this.#host;
		const message = readRelayedMessage(data);
		if (!message) {
			gate.drop("unreadable");
			return;
		}
		gate.charge(nodes.get(message[0])?.allowance, deliveryUnits(this.#listener.size));
		this.#receive(message);
	};

	#receive(message: RelayedMessage): void {
		const [node, epoch, number] = message;
		if (message.length === 3) {
			this.reported(node, epoch, number);
			this.#host.reportSent(node, this);
			return;
		}
		const [, , , kind, session, from, at, body, sentMs] = message;
		const { nodes, clock } = this.#host;
		const lateMs = nodes.lateMs(node, sentMs);
		const known = this.#received.get(node);
		if (known?.epoch === epoch && number <= known.number) return;
		this.reported(node, epoch, number - 1);
		this.#count(node, epoch, number);
		// The sender has moved to another node since, and what it sent there may have arrived before this.
		if (this.#host.wasElsewhere(session, node, clock.now() - lateMs)) this.#listener.lost(1);
		else this.#listener.received({ kind, from, at, body }, lateMs, session);
	}
}

/**
 * Publishes a message of a live room. One that is too large for the bus is lost, as waiting does not help.
 *
 * @returns false where it can be published later.
 */
export function publishToRoom(bus: Bus, room: string, data: Uint8Array): boolean {
	return data.length > bus.maxBytes || bus.publish({ to: "room", room }, data);
}

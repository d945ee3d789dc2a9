// Carries one live room over the bus. Each node numbers what it sends to the room, so that a node which misses messages knows
// how many and reports them to its members. docs/scale.md, "Between daemons".

import type { Bus } from "../../cluster/index.ts";
import type { Clock } from "../../link/index.ts";
import type { LiveMessage, LiveRoomListener, LiveRoomRelay } from "./cluster.ts";
import { decodeMessage, encodeMessage, type RelayedMessage } from "./messages.ts";
import type { BacklogOwner, RelayBacklog } from "./relay-backlog.ts";

const MAX_NODES = 256;

/** What a relay needs of its node. */
export interface RelayHost {
	readonly bus: Bus;
	readonly clock: Clock;
	readonly backlog: RelayBacklog;
	/** Sends the changes that are noted, so that they arrive before what is sent next. */
	flushChanges(): void;
	/** Whether the client of a session is connected to another node than that one, this one included. */
	isElsewhere(session: string, node: string): boolean;
	/** Whether a message that a node sent at that time of its clock was held up on its way. */
	isDelayed(node: string, sentMs: number): boolean;
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
		this.#unsubscribe = host.bus.subscribe({ to: "room", room }, (data) => this.#receive(data));
		this.compare();
	}

	send(session: string, { kind, from, at, body }: LiveMessage): void {
		const { bus, backlog, clock } = this.#host;
		this.#host.flushChanges();
		const waits = backlog.size > 0 || !bus.connected;
		const sentMs = Math.round(clock.now());
		const data = encodeMessage([bus.node, this.epoch, ++this.#numbered, kind, session, from, at, body, waits, sentMs]);
		if (waits) backlog.add(this, this.room, data);
		else bus.publish({ to: "room", room: this.room }, data);
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
			this.#received.set(node, { epoch, number });
			// A node that is considered dead can return, so that its number is kept while there is space.
			if (this.#received.size > MAX_NODES)
				for (const oldest of this.#received.keys()) if (this.#received.delete(oldest)) break;
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
		this.#unsubscribe();
	}

	close(): void {
		this.stop();
		this.#host.closed(this);
	}

	#receive(data: Uint8Array): void {
		const message = decodeMessage<RelayedMessage>(data);
		const node = message?.[0];
		if (!message || node === undefined || node === this.#host.bus.node) return;
		const [, epoch, number] = message;
		if (message.length === 3) {
			this.reported(node, epoch, number);
			this.#host.reportSent(node, this);
			return;
		}
		const [, , , kind, session, from, at, body, waited, sentMs] = message;
		const delayed = this.#host.isDelayed(node, sentMs) || waited;
		const known = this.#received.get(node);
		if (known?.epoch === epoch && number <= known.number) return;
		this.reported(node, epoch, number - 1);
		this.#received.set(node, { epoch, number });
		// The sender has moved to another node, and what it sent there may have arrived before this.
		if (this.#host.isElsewhere(session, node)) this.#listener.lost(1);
		else this.#listener.received({ kind, from, at, body }, delayed);
	}
}

// The relays of all live rooms that are open at this node, and the backlog that they share while no other node can be reached.

import { BusRoomRelay, publishToRoom, type RelayHost } from "./bus-room-relay.ts";
import type { LiveRoomListener, LiveRoomRelay } from "./cluster.ts";
import { RelayBacklog } from "./relay-backlog.ts";

/** Relays by room. */
export class LiveRelays {
	readonly #host: RelayHost;
	readonly #backlog: RelayBacklog;
	readonly #relays = new Map<string, BusRoomRelay>();
	#lastEpoch = 0;

	constructor(host: Omit<RelayHost, "backlog" | "closed">) {
		this.#backlog = new RelayBacklog(() => host.clock.now());
		this.#host = {
			...host,
			backlog: this.#backlog,
			closed: (relay) => {
				if (this.#relays.get(relay.room) === relay) this.#relays.delete(relay.room);
			},
		};
	}

	/** Messages that were dropped from the backlog. */
	get dropped(): number {
		return this.#backlog.dropped;
	}

	/** Opens the relay of a room. */
	open(room: string, listener: LiveRoomListener): LiveRoomRelay {
		const relay = new BusRoomRelay(room, ++this.#lastEpoch, listener, this.#host);
		this.#relays.set(room, relay);
		return relay;
	}

	/** The relays that are open. */
	all(): Iterable<BusRoomRelay> {
		return this.#relays.values();
	}

	/** A node has reported how many messages it has sent to a room. */
	reported(node: string, room: string, epoch: number, count: number): void {
		this.#relays.get(room)?.reported(node, epoch, count);
	}

	/** After a loss of the connection: sends the backlog, and compares with the other nodes what was sent. */
	sendBacklog(): void {
		this.sendWaiting();
		for (const relay of this.#relays.values()) relay.compare();
	}

	/** Sends the backlog as far as the bus takes it. */
	sendWaiting(): void {
		const { bus } = this.#host;
		this.#backlog.drain((room, data) => publishToRoom(bus, room, data));
	}

	/** Stops receiving. */
	stop(): void {
		for (const relay of this.#relays.values()) relay.stop();
	}
}

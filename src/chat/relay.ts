// Raw mode: no vocabulary at all. Every document from a client goes, byte for byte, to all others; nothing is parsed, so
// that it need not be XML, and a client that never speaks is as good as any. docs/chat.md, "Raw mode".

import type { Application, Peer, Session } from "../application/index.ts";
import type { Bus } from "../cluster/index.ts";
import { Room } from "../rooms/index.ts";
import { AddressShares } from "./address-shares.ts";
import { defaultClock } from "./default-clock.ts";
import { PacedClient } from "./paced-client.ts";
import { RelayExchange } from "./relay-exchange.ts";
import { SendingPace } from "./sending-pace.ts";

/** What `createRelay` takes. */
export interface RelayOptions {
	/** The name of the one room. Default `lobby`. */
	readonly room?: string;
}

/** What a relay is made of, beside its options. */
export interface RelayParts {
	/** Connects the processes of one daemon: their clients are in one room. Default: this process is the only one. */
	readonly bus?: Bus | undefined;
	/** Receives XMLSOCKET_RELAY_DROPPED, at most once a second. Default: nothing does. */
	readonly report?: ((error: Error) => void) | undefined;
}

/** Makes the raw mode, for a server or a page to run. */
export function createRelay(options: RelayOptions = {}, parts: RelayParts = {}): Application<"bytes"> {
	return new Relay(options.room ?? "lobby", parts);
}

class Relay implements Application<"bytes"> {
	readonly output = "bytes";
	/** Observers are silent for as long as they like. */
	readonly idleTimeoutMs = 0;
	relayed = 0;
	readonly shares: AddressShares = new AddressShares();
	readonly pace: SendingPace = new SendingPace(defaultClock);
	readonly room: Room<RelaySession>;
	readonly exchange: RelayExchange | undefined;

	constructor(name: string, { bus, report }: RelayParts) {
		this.room = new Room(name);
		this.exchange = bus && new RelayExchange(bus, this.room, this.pace, defaultClock, report ?? (() => {}));
	}

	open(peer: Peer): Session<"bytes"> {
		const session = new RelaySession(this, peer);
		this.room.add(session);
		return session;
	}

	sweep(): void {
		this.shares.sweep(defaultClock.now());
		this.exchange?.sweep();
	}

	async close(): Promise<void> {
		this.exchange?.close();
	}

	stats(): Record<string, number> {
		return {
			relay_clients: this.room.size,
			relay_documents: this.relayed,
			relay_dropped: this.exchange?.dropped ?? 0,
		};
	}
}

class RelaySession extends PacedClient implements Session<"bytes"> {
	readonly #relay: Relay;

	constructor(relay: Relay, peer: Peer) {
		super(peer, relay.shares.acquire(peer.addressKey, defaultClock.now()));
		this.#relay = relay;
	}

	document(bytes: Uint8Array): void {
		const { pace, room, exchange } = this.#relay;
		this.#relay.relayed++;
		// There is no document that could refuse one.
		const isFast = pace.slowDown(this, bytes.length, room);
		room.send(bytes, this);
		exchange?.send(this, bytes, isFast);
	}

	closed(): void {
		this.gone = true;
		this.#relay.room.remove(this);
		this.#relay.exchange?.left(this);
		this.#relay.shares.release(this.share);
		this.drained();
	}
}

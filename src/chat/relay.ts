// Raw mode: no vocabulary at all. Every document from a client goes, byte for byte, to all others; nothing is parsed, so
// that it need not be XML, and a client that never speaks is as good as any. docs/chat.md, "Raw mode".

import type { Application, Peer, Session } from "../application/index.ts";
import { Room } from "../rooms/index.ts";
import { AddressShares } from "./address-shares.ts";
import { defaultClock } from "./default-clock.ts";
import { PacedClient } from "./paced-client.ts";
import { SendingPace } from "./sending-pace.ts";

/** What `createRelay` takes. */
export interface RelayOptions {
	/** The name of the one room. Default `lobby`. */
	readonly room?: string;
}

/** Makes the raw mode, for a server or a page to run. */
export function createRelay(options: RelayOptions = {}): Application<"bytes"> {
	return new Relay(options.room ?? "lobby");
}

class Relay implements Application<"bytes"> {
	readonly output = "bytes";
	/** Observers are silent for as long as they like. */
	readonly idleTimeoutMs = 0;
	relayed = 0;
	readonly shares: AddressShares = new AddressShares();
	readonly pace: SendingPace = new SendingPace(defaultClock);
	readonly room: Room<RelaySession>;

	constructor(name: string) {
		this.room = new Room(name);
	}

	open(peer: Peer): Session<"bytes"> {
		const session = new RelaySession(this, peer);
		this.room.add(session);
		return session;
	}

	sweep(): void {
		this.shares.sweep(defaultClock.now());
	}

	stats(): Record<string, number> {
		return { relay_clients: this.room.size, relay_documents: this.relayed };
	}
}

class RelaySession extends PacedClient implements Session<"bytes"> {
	readonly #relay: Relay;

	constructor(relay: Relay, peer: Peer) {
		super(peer, relay.shares.acquire(peer.addressKey, defaultClock.now()));
		this.#relay = relay;
	}

	document(bytes: Uint8Array): void {
		const { pace, room } = this.#relay;
		this.#relay.relayed++;
		// There is no document that could refuse one.
		pace.slowDown(this, bytes.length, room);
		room.send(bytes, this);
	}

	closed(): void {
		this.gone = true;
		this.#relay.room.remove(this);
		this.#relay.shares.release(this.share);
		this.drained();
	}
}

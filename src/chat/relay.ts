// Raw mode: no vocabulary at all. Every document from a client goes, byte for byte, to all others; nothing is parsed, so
// that it need not be XML, and a client that never speaks is as good as any. docs/chat.md, "Raw mode".

import type { Application, Peer, Session } from "../application/index.ts";
import { Room } from "../rooms/index.ts";

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
	readonly #room: Room<Peer>;

	constructor(name: string) {
		this.#room = new Room(name);
	}

	open(peer: Peer): Session<"bytes"> {
		this.#room.add(peer);
		return new RelaySession(this, this.#room, peer);
	}

	stats(): Record<string, number> {
		return { relay_clients: this.#room.size, relay_documents: this.relayed };
	}
}

class RelaySession implements Session<"bytes"> {
	readonly #relay: Relay;
	readonly #room: Room<Peer>;
	readonly #peer: Peer;

	constructor(relay: Relay, room: Room<Peer>, peer: Peer) {
		this.#relay = relay;
		this.#room = room;
		this.#peer = peer;
	}

	document(bytes: Uint8Array): void {
		this.#relay.relayed++;
		this.#room.send(bytes, this.#peer);
	}

	closed(): void {
		this.#room.remove(this.#peer);
	}
}

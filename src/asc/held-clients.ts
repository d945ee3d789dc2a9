// Slows down clients that send faster than the scripts handle their documents, or that do not read what the scripts send to them: their
// connections are not read until they have caught up. So they wait in their own connections, and not in the queue of everyone.

import type { Peer } from "../application/index.ts";

/** Held clients are looked at so often; there is no timer while nobody is held. */
const LOOK_MS = 5;

/** The clients of an application whose connections are not read. */
export class HeldClients {
	readonly #hasCaughtUp: (id: number) => boolean;
	readonly #threw: (error: unknown) => void;
	readonly #held = new Map<number, Peer>();
	#timer: NodeJS.Timeout | undefined;

	/**
	 * @param hasCaughtUp whether to read a client again
	 * @param threw receives what a handler throws when its client is read again; thrown in a timer, it would end the process
	 */
	constructor(hasCaughtUp: (id: number) => boolean, threw: (error: unknown) => void) {
		this.#hasCaughtUp = hasCaughtUp;
		this.#threw = threw;
	}

	/** Reads nothing of this client until it has caught up. */
	hold(id: number, peer: Peer): void {
		if (this.#held.has(id)) return;
		this.#held.set(id, peer);
		peer.pause();
		this.#timer ??= setTimeout(() => this.#look(), LOOK_MS);
	}

	/** A client is gone. */
	delete(id: number): void {
		this.#held.delete(id);
	}

	// A client that is read again may be held again at once.
	#look(): void {
		this.#timer = undefined;
		for (const [id, peer] of [...this.#held]) {
			try {
				if (!this.#hasCaughtUp(id)) continue;
				this.#held.delete(id);
				peer.resume();
			} catch (error) {
				this.#threw(error);
			}
		}
		if (this.#held.size > 0) this.#timer ??= setTimeout(() => this.#look(), LOOK_MS);
	}
}

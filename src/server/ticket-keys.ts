// The keys of TLS session tickets. All processes of a daemon use the same ones, so that a client can resume its session at any of them. The
// primary process makes them, and replaces them twice a day: a ticket that was made with older keys leads to a full handshake.

import { randomBytes } from "node:crypto";

/** How long keys are used, in milliseconds. OpenSSL accepts no ticket that is older than two hours. */
export const TICKET_KEYS_MS: number = 12 * 60 * 60 * 1000;
const BYTES = 48;

/** Makes keys: 16 bytes each for the name, the HMAC and the cipher. */
export function makeTicketKeys(): Buffer {
	return randomBytes(BYTES);
}

/** The keys that a process has got. */
export class TicketKeys {
	#keys: Buffer;
	readonly #watchers = new Set<() => void>();

	constructor(keys: Buffer) {
		this.#keys = keys;
	}

	get keys(): Buffer {
		return this.#keys;
	}

	/** Later handshakes use these. */
	replace(keys: Buffer): void {
		this.#keys = keys;
		for (const changed of this.#watchers) changed();
	}

	/** Calls `changed` after each `replace`. @returns a function that ends it. */
	watch(changed: () => void): () => void {
		this.#watchers.add(changed);
		return () => this.#watchers.delete(changed);
	}
}

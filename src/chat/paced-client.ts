// What every client of the chat and of the relay has, so that it can be slowed down, and so that others can wait until it has read.

import type { Peer } from "../application/index.ts";
import type { AddressShare } from "./address-shares.ts";
import type { ByteRate } from "./byte-rate.ts";

/** Who sends to others, as far as it can be slowed down: a client, or another process with its clients. */
export interface Sender {
	readonly share: AddressShare | undefined;
	pace: ClientPace | undefined;
	/** Whether it can still be sent to. */
	readonly isConnected: boolean;
	hold(): () => void;
}

/** How one client sends. */
export interface ClientPace {
	readonly rate: ByteRate;
	/** Bytes since its receivers were looked at. */
	unscannedBytes: number;
	isHeld: boolean;
}

/** One client. */
export class PacedClient implements Sender {
	readonly peer: Peer;
	/** What it shares with the other clients of its address; undefined where it shares nothing. */
	readonly share: AddressShare | undefined;
	/** Whether its connection is over. */
	gone = false;
	/** How it sends; undefined before it has sent anything to others. */
	pace: ClientPace | undefined = undefined;
	/** Since when too much has waited for it; monotonic milliseconds, undefined where not too much waits. */
	behindSinceMs: number | undefined = undefined;
	/** How many reasons there are not to read what it sends. */
	#holds = 0;
	#drainListeners: Set<() => void> | undefined = undefined;

	constructor(peer: Peer, share: AddressShare | undefined) {
		this.peer = peer;
		this.share = share;
	}

	/** Whether anything that is sent to it can still arrive. What a broken connection sent before is still handled. */
	get isConnected(): boolean {
		return !this.gone && this.peer.isOpen;
	}

	sendEncoded(bytes: Uint8Array): void {
		this.peer.sendEncoded(bytes);
	}

	/** Reads nothing of what it sends until the returned function is called. Several may hold a client at the same time. */
	hold(): () => void {
		if (this.#holds++ === 0) this.peer.pause();
		let isHeld = true;
		return () => {
			if (!isHeld) return;
			isHeld = false;
			if (--this.#holds === 0) this.peer.resume();
		};
	}

	/** Calls `run` once, when it has read what waited for it or is gone. @returns a function that cancels it. */
	onDrained(run: () => void): () => void {
		this.#drainListeners ??= new Set();
		this.#drainListeners.add(run);
		return () => this.#drainListeners?.delete(run);
	}

	/** It has read what waited for it, or is gone. */
	drained(): void {
		this.behindSinceMs = undefined;
		const listeners = this.#drainListeners;
		if (!listeners) return;
		this.#drainListeners = undefined;
		for (const run of listeners) run();
	}
}

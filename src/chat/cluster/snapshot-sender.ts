// Sends this node's state to the nodes that request it. Taking it costs milliseconds when there are thousands of clients, so a node gets
// it once for all the requests that it has sent meanwhile, and snapshots take at most a third of this daemon's time.

import type { Clock } from "../../link/index.ts";
import { MAX_NODES } from "./node-table.ts";

/** A snapshot that the bus could not take is sent again then. */
const RETRY_MS = 200;
const REST_FACTOR = 2;

/** The snapshots that other nodes wait for. */
export class SnapshotSender {
	readonly #clock: Clock;
	readonly #send: (node: string) => boolean;
	readonly #waiting = new Set<string>();
	#stopTimer: (() => void) | undefined = undefined;
	#closed = false;

	/** @param send sends a snapshot to a node; false where the bus did not take all of it */
	constructor(clock: Clock, send: (node: string) => boolean) {
		this.#clock = clock;
		this.#send = send;
	}

	/** A node requests a snapshot. */
	request(node: string): void {
		if (this.#closed || this.#waiting.size >= MAX_NODES) return;
		this.#waiting.add(node);
		if (!this.#stopTimer) this.#next();
	}

	/** A node is gone. */
	forget(node: string): void {
		this.#waiting.delete(node);
	}

	/** Sends no more. */
	close(): void {
		this.#closed = true;
		this.#waiting.clear();
		this.#stopTimer?.();
	}

	readonly #next = (): void => {
		this.#stopTimer = undefined;
		for (const node of this.#waiting) {
			const startMs = this.#clock.now();
			this.#waiting.delete(node);
			const isSent = this.#send(node);
			if (!isSent) this.#waiting.add(node);
			const restMs = Math.max((this.#clock.now() - startMs) * REST_FACTOR, isSent ? 1 : RETRY_MS);
			this.#stopTimer = this.#clock.delay(restMs, this.#next);
			return;
		}
	};
}

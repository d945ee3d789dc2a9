// Sessions and when their clients left a node, for the last seconds. What a node sends for a client that has left it since was sent before, and
// what the client has sent elsewhere may have arrived before it: the node stood still, or its connection did.

import type { Clock } from "../../link/index.ts";

/** Longer than a node can stand still and not count as dead. */
const KEPT_MS = 20_000;
const MAX_DEPARTED = 10_000;

/** A bounded set of sessions, or of sessions at a node. */
export class RecentSessions {
	readonly #clock: Clock;
	/** When each left; the oldest is first. */
	readonly #leftMs = new Map<string, number>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** The client of a session has left. */
	add(session: string): void {
		this.#leftMs.delete(session);
		this.#leftMs.set(session, this.#clock.now());
		if (this.#leftMs.size <= MAX_DEPARTED) return;
		for (const oldest of this.#leftMs.keys()) if (this.#leftMs.delete(oldest)) break;
	}

	/** It does not count as left any more. */
	delete(session: string): void {
		this.#leftMs.delete(session);
	}

	/** When the client left, if that was in the last seconds. */
	leftMs(session: string): number | undefined {
		const leftMs = this.#leftMs.get(session);
		return leftMs !== undefined && this.#clock.now() - leftMs < KEPT_MS ? leftMs : undefined;
	}

	/** Forgets those that left long ago: once a second. */
	sweep(): void {
		const oldestMs = this.#clock.now() - KEPT_MS;
		for (const [session, leftMs] of this.#leftMs) {
			if (leftMs > oldestMs) break;
			this.#leftMs.delete(session);
		}
	}
}

// Remembers which private messages were delivered recently, so that a client that resends one after a lost connection does
// not deliver it twice. Bounded in time and number; the process's memory only. docs/reliability.md.

import { DEFAULT_DEDUPE_WINDOW_MS } from "../message-log/index.ts";

const MAX_REMEMBERED = 65_536;

/** The ids of private messages, with their sender's session and their receiver. */
export class SeenMessages {
	/** When each was delivered, oldest first. */
	readonly #deliveredMs = new Map<string, number>();

	/** Whether the session has sent this receiver a message with this id within the window. */
	has(session: string, receiver: string, id: string, nowMs: number): boolean {
		const atMs = this.#deliveredMs.get(keyOf(session, receiver, id));
		return atMs !== undefined && nowMs - atMs < DEFAULT_DEDUPE_WINDOW_MS;
	}

	/** Records a delivery, and forgets those that are past the window or the bound. */
	add(session: string, receiver: string, id: string, nowMs: number): void {
		for (const [oldest, atMs] of this.#deliveredMs) {
			if (nowMs - atMs < DEFAULT_DEDUPE_WINDOW_MS && this.#deliveredMs.size < MAX_REMEMBERED) break;
			this.#deliveredMs.delete(oldest);
		}
		this.#deliveredMs.set(keyOf(session, receiver, id), nowMs);
	}
}

// Sessions, names and ids hold no zero character.
function keyOf(session: string, receiver: string, id: string): string {
	return `${session}\0${receiver}\0${id}`;
}

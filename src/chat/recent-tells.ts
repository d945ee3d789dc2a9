// Which private messages were passed on not long ago, so that one that is told again after a lost connection is passed on once.
// Bounded in time and number; it does not survive the process. docs/reliability.md.

import { DEFAULT_DEDUPE_WINDOW_MS } from "../message-log/index.ts";

const MAX_REMEMBERED = 65_536;

/** Ids of private messages with their sessions. */
export class RecentTells {
	/** When each was passed on, oldest first. */
	readonly #at = new Map<string, number>();

	/** Whether the session has told this receiver something under this id. */
	has(session: string, receiver: string, id: string, nowMs: number): boolean {
		const at = this.#at.get(key(session, receiver, id));
		return at !== undefined && nowMs - at < DEFAULT_DEDUPE_WINDOW_MS;
	}

	/** It was passed on. */
	add(session: string, receiver: string, id: string, nowMs: number): void {
		for (const [oldest, at] of this.#at) {
			if (nowMs - at < DEFAULT_DEDUPE_WINDOW_MS && this.#at.size < MAX_REMEMBERED) break;
			this.#at.delete(oldest);
		}
		this.#at.set(key(session, receiver, id), nowMs);
	}
}

function key(session: string, receiver: string, id: string): string {
	return `${session}\0${receiver}\0${id}`;
}

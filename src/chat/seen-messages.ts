// Remembers which private messages were delivered recently, so that a client that resends one after a lost connection does
// not deliver it twice. Bounded in time and number, for each session; the process's memory only. docs/reliability.md.

import { DEFAULT_DEDUPE_WINDOW_MS, RecentIds } from "../message-log/index.ts";

/** Newest ids of a session. */
const IDS_PER_SESSION = 4096;
const MAX_IDS = 65_536;

/** The ids of private messages, with their sender's session and their receiver. */
export class SeenMessages {
	readonly #ids = new RecentIds<true>({
		windowMs: DEFAULT_DEDUPE_WINDOW_MS,
		maxPerSession: IDS_PER_SESSION,
		maxTotal: MAX_IDS,
	});

	/** Whether the session has sent this receiver a message with this id within the window. */
	has(session: string, receiver: string, id: string, nowMs: number): boolean {
		return this.#ids.get(session, keyOf(receiver, id), nowMs) ?? false;
	}

	/** Records a delivery. */
	add(session: string, receiver: string, id: string, nowMs: number): void {
		this.#ids.add(session, keyOf(receiver, id), true, nowMs);
	}
}

// Names and ids hold no zero character.
function keyOf(receiver: string, id: string): string {
	return `${receiver}\0${id}`;
}

// The private messages of the last while, so that each is shown once. A sender that missed the acknowledgement sends its message
// again under the same id, and a server that was restarted meanwhile passes it on again.

import type { PrivateMessage } from "./chat-events.ts";

const MAX_REMEMBERED = 1000;

/** The newest private messages, by sender, id and text. */
export class SeenMessages {
	readonly #keys = new Set<string>();

	/** Whether the message is new. It is remembered from now on. */
	add({ from, id, text }: PrivateMessage): boolean {
		if (id === undefined) return true;
		const key = `${from}\0${id}\0${text}`;
		if (this.#keys.has(key)) return false;
		this.#keys.add(key);
		for (const oldest of this.#keys) {
			if (this.#keys.size <= MAX_REMEMBERED) break;
			this.#keys.delete(oldest);
		}
		return true;
	}
}

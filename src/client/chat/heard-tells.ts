// Which private messages were heard not long ago: who did not hear the acknowledgement tells it again, under the same id, and a
// server that was started anew meanwhile passes it on again.

import type { Told } from "./chat-events.ts";

const MAX_REMEMBERED = 1000;

/** The newest private messages, by teller, id and text. */
export class HeardTells {
	readonly #keys = new Set<string>();

	/** Whether it was not heard before; from now on it was. */
	isNew({ from, id, text }: Told): boolean {
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

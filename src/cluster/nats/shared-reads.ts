// Reads few pages at a time, and each once however many ask for it: a thousand clients who join a room at the same moment want
// the same page, and each page asks JetStream for up to 64 messages at once.

import { unavailable } from "./retry.ts";

const AT_ONCE = 8;
const MAX_WAITING = 10_000;

/** Pages on their way. */
export class SharedReads<T> {
	readonly #reading = new Map<string, Promise<T>>();
	readonly #waiting: (() => void)[] = [];
	#atWork = 0;

	/**
	 * Reads, or joins who is reading the same. Rejects with XMLSOCKET_UNAVAILABLE where 10 000 wait.
	 *
	 * @param key names a page whose content cannot change any more
	 */
	read(key: string, read: () => Promise<T>): Promise<T> {
		let page = this.#reading.get(key);
		if (!page) {
			page = this.#inTurn(read).finally(() => this.#reading.delete(key));
			this.#reading.set(key, page);
		}
		return page;
	}

	async #inTurn(read: () => Promise<T>): Promise<T> {
		if (this.#atWork >= AT_ONCE) {
			if (this.#waiting.length >= MAX_WAITING) {
				throw unavailable(`JetStream is slower than the readers: ${MAX_WAITING} pages wait to be read`);
			}
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
		this.#atWork++;
		try {
			return await read();
		} finally {
			this.#atWork--;
			this.#waiting.shift()?.();
		}
	}
}

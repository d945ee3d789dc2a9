// The processor time that all connections of one address have used, so that many connections get no more turns than one. What
// counts as one address is as for admission; loopback has none.

import { Work } from "../link/index.ts";
import { addressKey } from "./admission.ts";

interface Use {
	readonly work: Work;
	open: number;
}

/** The use of each address that has connections, or had some a moment ago. */
export class AddressWork {
	/** Bounded by the connections, and by how many addresses can connect within a second. */
	readonly #addresses = new Map<string, Use>();

	/** The use of an address, for one more of its connections; undefined for loopback. Call `release` when the connection ends. */
	acquire(address: string): Work | undefined {
		const key = addressKey(address);
		if (key === undefined) return undefined;
		let use = this.#addresses.get(key);
		if (!use) {
			use = { work: new Work(), open: 0 };
			this.#addresses.set(key, use);
		}
		use.open++;
		return use.work;
	}

	/** The end of a connection that was counted with `acquire`. */
	release(address: string): void {
		const key = addressKey(address);
		const use = key === undefined ? undefined : this.#addresses.get(key);
		if (use) use.open--;
	}

	/** Forgets addresses without connections that have used little: a new connection does not wipe out what the last one used. */
	sweep(nowMs: number): void {
		for (const [key, use] of this.#addresses) {
			if (use.open === 0 && use.work.level(nowMs) === 0) this.#addresses.delete(key);
		}
	}
}

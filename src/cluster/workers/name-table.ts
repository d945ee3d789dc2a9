// Who has which name, in the primary's memory. A holder is `NODE SESSION`; the names of a node that has ended are free at once.

/** The leases of all workers. */
export class NameTable {
	readonly #holders = new Map<string, string>();
	readonly #keys = new Map<string, Set<string>>();

	/** Takes a key if nobody has it, or if `replaced` has it. @returns whose it is now. */
	acquire(key: string, holder: string, replaced: string | undefined): string {
		const present = this.#holders.get(key);
		if (present !== undefined && present !== holder) {
			if (present !== replaced) return present;
			this.#keys.get(nodeOf(present))?.delete(key);
		}
		this.#holders.set(key, holder);
		const node = nodeOf(holder);
		const keys = this.#keys.get(node);
		if (keys) keys.add(key);
		else this.#keys.set(node, new Set([key]));
		return holder;
	}

	/** Releases a key, if it is the holder's. */
	release(key: string, holder: string): void {
		if (this.#holders.get(key) !== holder) return;
		this.#holders.delete(key);
		this.#keys.get(nodeOf(holder))?.delete(key);
	}

	/** Releases all keys of a node. */
	releaseAll(node: string): void {
		for (const key of this.#keys.get(node) ?? []) this.#holders.delete(key);
		this.#keys.delete(node);
	}
}

function nodeOf(holder: string): string {
	const end = holder.indexOf(" ");
	return end < 0 ? holder : holder.slice(0, end);
}

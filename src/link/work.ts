// How much processor time a connection, or all connections of one address, have used lately. The one that has used least is served
// first when many wait; nobody is refused or cut for it.

/** The levels of `Work`: each begins at twice the use of the one before. */
export const WORK_LEVELS = 8;
/** Up to this use the level is 0: some messages a second to a room of twenty. */
const LITTLE_MS = 2;
/** A new connection begins at level 2, so that a crowd that comes at once waits for those who are here. */
const NEWCOMER_MS = 8;
/** After so long, a third of the use still counts. */
const MEMORY_MS = 1000;
/** The connections of one address may together use so many times what one may use, at the same level. */
const ADDRESS_FACTOR = 4;

/** The use of one connection or address. It fades with time. */
export class Work {
	readonly #address: Work | undefined;
	#usedMs = 0;
	#atMs = 0;

	/**
	 * @param address the use of all connections of its address, which grows with it. Default: it is not counted.
	 * @param begunMs when the connection began: for about a second and a half it comes after quiet ones. Default: it counts as an old one.
	 */
	constructor(address?: Work, begunMs?: number) {
		this.#address = address;
		if (begunMs === undefined) return;
		this.#usedMs = NEWCOMER_MS;
		this.#atMs = begunMs;
	}

	/** Adds use. */
	spend(ms: number, nowMs: number): void {
		this.#usedMs = this.#left(nowMs) + ms;
		this.#atMs = nowMs;
		this.#address?.spend(ms, nowMs);
	}

	/** The place in the order of turns, 0 to 7: that of the connection, or that of its address where this is higher. */
	level(nowMs: number): number {
		const own = levelOf(this.#left(nowMs));
		return this.#address ? Math.max(own, levelOf(this.#address.#left(nowMs) / ADDRESS_FACTOR)) : own;
	}

	#left(nowMs: number): number {
		const passedMs = nowMs - this.#atMs;
		return passedMs === 0 ? this.#usedMs : this.#usedMs * Math.exp(-passedMs / MEMORY_MS);
	}
}

function levelOf(usedMs: number): number {
	return Math.max(0, Math.min(WORK_LEVELS - 1, Math.ceil(Math.log2(usedMs / LITTLE_MS))));
}

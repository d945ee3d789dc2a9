// How much processor time a connection, or all connections of one address, have used lately. The one that has used least is served
// first when many wait; nobody is refused or cut for it.

/** The levels of `Work`: each begins at twice the use of the one before. */
export const WORK_LEVELS = 10;
/** Up to this use the level is 0: some messages of a chat. */
const LITTLE_MS = 0.125;
/** After so long, a third of the use still counts. */
const MEMORY_MS = 1000;
/** The connections of one address may together use so many times what one may use, at the same level. */
const ADDRESS_FACTOR = 4;

/** The use of one connection or address. It fades with time. */
export class Work {
	readonly #address: Work | undefined;
	#usedMs = 0;
	#atMs = 0;

	/** @param address the use of all connections of its address, which grows with it. Default: it is not counted. */
	constructor(address?: Work) {
		this.#address = address;
	}

	/** Adds use. */
	spend(ms: number, nowMs: number): void {
		this.#usedMs = this.#left(nowMs) + ms;
		this.#atMs = nowMs;
		this.#address?.spend(ms, nowMs);
	}

	/** The place in the order of turns, 0 to 9: that of the connection, or that of its address where this is higher. */
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

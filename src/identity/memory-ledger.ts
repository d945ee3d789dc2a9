// Which login tokens were used: the interface, and its implementation in the memory of one process.

import { XMLSocketError } from "../errors/index.ts";

/** Remembers used tokens until they have expired. */
export interface LoginLedger {
	/**
	 * Marks a token as used.
	 *
	 * @param id names the token: hexadecimal.
	 * @param endsMs when the token has expired; milliseconds since 1970.
	 * @returns whether this was its first use. Rejects with XMLSOCKET_UNAVAILABLE where that cannot be known; the token stays as it is then.
	 */
	claim(id: string, endsMs: number): Promise<boolean>;
	close(): Promise<void>;
}

/** Used tokens that are remembered at the same time. */
export const MAX_USED_TOKENS = 100_000;
const SWEEP_MS = 10_000;

/** The ledger of one process: a restart forgets it. */
export class MemoryLedger implements LoginLedger {
	readonly #ends = new Map<string, number>();
	readonly #now: () => number;
	#sweepAtMs = 0;

	/** @param now milliseconds since 1970. */
	constructor(now: () => number = Date.now) {
		this.#now = now;
	}

	async claim(id: string, endsMs: number): Promise<boolean> {
		const nowMs = this.#now();
		if (nowMs >= this.#sweepAtMs) {
			this.#sweepAtMs = nowMs + SWEEP_MS;
			for (const [used, ends] of this.#ends) if (ends <= nowMs) this.#ends.delete(used);
		}
		if (this.#ends.has(id)) return false;
		checkCount(this.#ends.size);
		this.#ends.set(id, endsMs);
		return true;
	}

	async close(): Promise<void> {
		this.#ends.clear();
	}
}

/** @throws XMLSOCKET_UNAVAILABLE. Forgetting one instead would let a client use it again. */
export function checkCount(used: number): void {
	if (used < MAX_USED_TOKENS) return;
	throw new XMLSocketError(
		"XMLSOCKET_UNAVAILABLE",
		`${MAX_USED_TOKENS} login tokens were used within minutes; that is the limit. Try again in a moment.`,
		{ details: { limit: MAX_USED_TOKENS } },
	);
}

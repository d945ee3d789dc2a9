// Used login tokens as leases that all daemons of a cluster, or all workers of a daemon, share. Each is released when its token has expired.

import { randomUUID } from "node:crypto";
import type { NameLeases } from "../cluster/index.ts";
import { checkCount, type LoginLedger } from "./memory-ledger.ts";

const SWEEP_MS = 10_000;
/** No name begins so: names have no control characters. */
const PREFIX = "\u0001login ";
/** The first word is the node that holds a lease. None has this name, so the end of a node frees no token. */
const HOLDER = "logins";

/** The ledger of a cluster. */
export class LeaseLedger implements LoginLedger {
	readonly #leases: NameLeases;
	readonly #now: () => number;
	readonly #held = new Map<string, { readonly holder: string; readonly endsMs: number }>();
	readonly #timer: NodeJS.Timeout;

	/** @param now milliseconds since 1970. */
	constructor(leases: NameLeases, now: () => number = Date.now) {
		this.#leases = leases;
		this.#now = now;
		this.#timer = setInterval(() => this.#sweep(), SWEEP_MS).unref();
	}

	async claim(id: string, endsMs: number): Promise<boolean> {
		checkCount(this.#held.size);
		const key = PREFIX + id;
		const holder = `${HOLDER} ${randomUUID()}`;
		if ((await this.#leases.acquire(key, holder, () => false)) !== holder) return false;
		this.#held.set(key, { holder, endsMs });
		return true;
	}

	async close(): Promise<void> {
		clearInterval(this.#timer);
	}

	#sweep(): void {
		const nowMs = this.#now();
		for (const [key, { holder, endsMs }] of this.#held) {
			if (endsMs > nowMs) continue;
			this.#held.delete(key);
			// Where it fails, a lease stays that nothing asks for any more.
			this.#leases.release(key, holder).catch(() => {});
		}
	}
}

// The limits on HTTP requests of one address, and the warning of a proxy on this machine that the operator has not listed.

import type { IncomingMessage } from "node:http";
import { addressKey, isListed } from "./admission.ts";
import { isForwarded, limitedAddress } from "./client-address.ts";
import type { Logger } from "./logger.ts";
import type { ServerSettings } from "./options.ts";
import { remoteFact } from "./refusals.ts";
import { TokenBuckets } from "./token-buckets.ts";

/** A page loads many files at once, and the clients of a school may share one address. */
const BURST_SECONDS = 5;

/** Counts the requests of each address. */
export class RequestLimits {
	readonly #trusted: readonly string[];
	readonly #log: Logger;
	readonly #buckets: TokenBuckets;
	#hasWarned = false;

	constructor({ trustProxy, requestsPerSecondPerAddress: perSecond }: ServerSettings, log: Logger) {
		this.#trusted = trustProxy;
		this.#log = log;
		this.#buckets = new TokenBuckets({ perSecond, burst: perSecond * BURST_SECONDS });
	}

	/**
	 * Whether a request may be answered now. Requests of this machine always may, unless a proxy has forwarded them.
	 *
	 * @param address of the connection, or from a PROXY protocol header.
	 */
	allows(request: IncomingMessage, address: string, nowMs: number): boolean {
		const client = limitedAddress(request, address, this.#trusted);
		const key = client === undefined ? undefined : addressKey(client);
		return key === undefined || this.#buckets.take(key, nowMs);
	}

	/** Looks at a request or an upgrade: warns once where a proxy on this machine is not listed. */
	look(request: IncomingMessage, address: string): void {
		if (this.#hasWarned || addressKey(address) !== undefined) return;
		if (!isForwarded(request) || isListed(address, this.#trusted)) return;
		this.#hasWarned = true;
		this.#log.warn(
			remoteFact(address),
			"a proxy on this machine forwards clients and is not listed: the log shows its address for all of them, and their XMLSocket connections have no limits for one address. List it with --trust-proxy",
		);
	}

	/** Forgets addresses whose buckets are full again: once a second. */
	sweep(nowMs: number): void {
		this.#buckets.sweep(nowMs);
	}
}

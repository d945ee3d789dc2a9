// Who may use the admin API: the token of a request, and how often an address may be wrong. A page needs no cookie, so another site's page
// cannot use it in a visitor's name; its Origin is refused besides.

import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { XMLSocketError } from "../errors/index.ts";
import type { RequestSource } from "../server/index.ts";
import { TokenBuckets } from "../server/token-buckets.ts";
import type { AdminTokens } from "./admin-tokens.ts";

const WRONG_PER_MINUTE = 10;
const MAX_ADDRESSES = 10_000;
const MAX_TOKEN_CHARACTERS = 1024;

/** Admits requests. */
export class AdminAccess {
	readonly #tokens: AdminTokens;
	readonly #now: () => number;
	readonly #wrong = new TokenBuckets({ perSecond: WRONG_PER_MINUTE / 60, burst: WRONG_PER_MINUTE }, MAX_ADDRESSES);

	/** @param now monotonic milliseconds. */
	constructor(tokens: AdminTokens, now: () => number) {
		this.#tokens = tokens;
		this.#now = now;
	}

	/**
	 * The name of the person who makes a request.
	 *
	 * @throws XMLSOCKET_ADMIN_FOREIGN_ORIGIN, XMLSOCKET_TOO_MANY_GUESSES with `details.waitSeconds`, XMLSOCKET_ADMIN_UNAUTHORIZED
	 */
	check(request: IncomingMessage, { limitKey, isForeign }: RequestSource): string {
		if (isForeign) {
			throw new XMLSocketError(
				"XMLSOCKET_ADMIN_FOREIGN_ORIGIN",
				"A page of another site may not use the admin API unless --origin lists the site.",
			);
		}
		const waitSeconds = Math.ceil(this.#wrong.waitSeconds(limitKey, this.#now()));
		if (waitSeconds > 0) {
			throw new XMLSocketError(
				"XMLSOCKET_TOO_MANY_GUESSES",
				`Too many wrong tokens came from this address. The next request is read in ${waitSeconds} s.`,
				{ details: { waitSeconds } },
			);
		}
		const token = tokenOf(request.headers);
		const name = token === undefined ? undefined : this.#tokens.nameOf(token);
		if (name !== undefined) return name;
		// A request without a token guesses nothing: a browser that opens the address makes one.
		if (token === undefined) {
			throw new XMLSocketError(
				"XMLSOCKET_ADMIN_UNAUTHORIZED",
				"The request has no token: it needs the header Authorization: Bearer TOKEN.",
			);
		}
		// Open pages ask for a while with a token that was replaced, and must not lock out the new one.
		if (!this.#tokens.wasValid(token)) this.#wrong.take(limitKey, this.#now());
		throw new XMLSocketError("XMLSOCKET_ADMIN_UNAUTHORIZED", "The token is not one of this server's admin token file.");
	}

	/** Whether the token of a request that was admitted still is one. */
	isStillAdmitted(request: IncomingMessage): boolean {
		const token = tokenOf(request.headers);
		return token !== undefined && this.#tokens.nameOf(token) !== undefined;
	}

	/** Forgets addresses that have not been wrong lately. */
	sweep(): void {
		this.#wrong.sweep(this.#now());
	}
}

// A proxy with a password of its own uses the header Authorization, so there is a second one, which comes first.
function tokenOf({ authorization, "x-xmlsocket-token": own }: IncomingHttpHeaders): string | undefined {
	const found = typeof own === "string" ? own.trim() : /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
	return found === undefined || found === "" || found.length > MAX_TOKEN_CHARACTERS ? undefined : found;
}

// Makes it slow to guess tokens. A client may send some wrong tokens; each further one makes it wait longer before the next is looked
// at. All clients of an address share a number of wrong tokens too, so that new connections are no way around it. Right tokens
// wait as well: otherwise an answer at once would show that a token is right.

import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import type { ChatClient } from "./chat-client.ts";

/** Wrong tokens of one client without a wait. `address-shares.ts` has the number for an address. */
const FREE_GUESSES = 5;
const RECHECK_MS = 1000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 10_000;
/** A client behind the address of one that guesses waits for so long, and is then refused. It may try again. */
const LONGEST_SHARED_WAIT_MS = 5000;

/** The wrong tokens of one client. */
export interface WrongTokens {
	count: number;
	/** When the next token is looked at; monotonic milliseconds. */
	nextMs: number;
}

/** The wrong tokens of all clients. */
export class TokenGuesses {
	readonly #clock: Clock;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/**
	 * Calls `check` when a token of the client may be looked at: at once, or later, and never for a client that can read nothing more.
	 *
	 * @returns nothing where it was called at once. Rejects with XMLSOCKET_TOO_MANY_GUESSES, and with what `check` throws.
	 */
	whenAllowed(client: ChatClient, check: () => void | Promise<void>): void | Promise<void> {
		const nowMs = this.#clock.now();
		const ownMs = Math.max(0, (client.wrongTokens?.nextMs ?? 0) - nowMs);
		const sharedMs = Math.min(LONGEST_SHARED_WAIT_MS, client.share?.guesses.overMs(nowMs) ?? 0);
		const waitMs = Math.max(ownMs, sharedMs);
		return waitMs === 0 ? check() : this.#checkLater(client, waitMs, check);
	}

	/** Counts a wrong token. */
	add(client: ChatClient): void {
		const nowMs = this.#clock.now();
		client.share?.guesses.add(1, nowMs);
		client.wrongTokens ??= { count: 0, nextMs: 0 };
		const over = ++client.wrongTokens.count - FREE_GUESSES;
		if (over >= 0) client.wrongTokens.nextMs = nowMs + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** over);
	}

	async #checkLater(client: ChatClient, waitMs: number, check: () => void | Promise<void>): Promise<void> {
		const untilMs = this.#clock.now() + waitMs;
		for (let leftMs = waitMs; leftMs > 0 && client.isConnected; leftMs = untilMs - this.#clock.now()) {
			await new Promise<void>((resolve) => this.#clock.delay(Math.min(leftMs, RECHECK_MS), resolve));
		}
		if (!client.isConnected) return;
		const leftMs = client.share?.guesses.overMs(this.#clock.now()) ?? 0;
		if (leftMs === 0) return check();
		throw new XMLSocketError(
			"XMLSOCKET_TOO_MANY_GUESSES",
			`Too many wrong tokens came from your address. Try again in ${Math.ceil(leftMs / 1000)} s.`,
		);
	}
}

// Asks the program that embeds the chat who a client is: the hook `authenticate` of `createChat`. Each call has a time limit, few run at once,
// and what a hook throws costs its own client alone. docs/guide/identity.md.

import type { Handshake } from "../application/index.ts";
import { codeOfWire, wireCode, XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import type { ChatClient } from "./chat-client.ts";
import { checkedName } from "./names.ts";

/** What a client sends to be known: the attributes of its `<hello>`, and its address. */
export interface HelloFacts {
	/** The name that it asks for; undefined: none, or that of its token. */
	readonly name: string | undefined;
	/** Its token, of any form; undefined: none. */
	readonly token: string | undefined;
	/** The key of the session that it begins or continues. A secret: log no more than the first 16 characters. */
	readonly session: string;
	/** The ticket that an earlier grant gave to this session, if the client still has it. Check it: a client can send anything. */
	readonly ticket: string | undefined;
	/** The client's address, behind listed proxies too. */
	readonly remoteAddress: string;
}

/** Who a client is. */
export interface ClientGrant {
	/** Its name: 1 to 64 characters. */
	readonly name: string;
	/** Whether it is an operator. Default false. */
	readonly operator?: boolean | undefined;
	/** The rooms that it can enter. Default: all. */
	readonly rooms?: readonly string[] | undefined;
	/**
	 * Comes back in `HelloFacts.ticket` when this session reconnects, so that a token need not be used twice. It is a part of the session's
	 * secret. At most 1024 letters, digits and `_-.`. Default: none.
	 */
	readonly ticket?: string | undefined;
}

/** A refusal in words, which the client gets with the code XMLSOCKET_LOGIN_REFUSED. */
export interface LoginRefusal {
	/** What the user reads: at most 300 characters. */
	readonly refuse: string;
}

/** What `authenticate` answers: a grant, a refusal, or undefined for a guest. */
export type Authenticated = ClientGrant | LoginRefusal | undefined;

/**
 * Decides who a client is, at each `<hello>` whose token is not in the token file.
 *
 * An `XMLSocketError` that it throws with a code such as XMLSOCKET_TOKEN_EXPIRED is what the client gets. Anything else that it throws is
 * reported, and the client gets XMLSOCKET_LOGIN_UNAVAILABLE; so it does where there is no answer within 10 s. `signal` aborts then, and when
 * the client leaves: end what you do.
 */
export type Authenticate = (
	hello: HelloFacts,
	handshake: Handshake,
	options: { readonly signal: AbortSignal },
) => Authenticated | Promise<Authenticated>;

/** How long one check can take, in milliseconds. */
const TIME_LIMIT_MS = 10_000;
/** Checks that run at once. One that does not end when its signal aborts keeps its place. */
const MAX_RUNNING = 256;
/** The same for the clients of one address. */
const MAX_RUNNING_OF_ADDRESS = 32;
const MAX_REFUSAL = 300;
const TICKET = /^[\w.-]{1,1024}$/;

/** Calls the hook. */
export class Authentication {
	readonly #authenticate: Authenticate;
	readonly #clock: Clock;
	readonly #report: (error: unknown) => void;
	#running = 0;

	constructor(authenticate: Authenticate, clock: Clock, report: (error: unknown) => void) {
		this.#authenticate = authenticate;
		this.#clock = clock;
		this.#report = report;
	}

	/**
	 * The hook's answer about a client; undefined for a guest.
	 *
	 * Rejects with XMLSOCKET_LOGIN_REFUSED, XMLSOCKET_LOGIN_UNAVAILABLE, and with an XMLSocketError of the hook that a client can get.
	 */
	async grant(client: ChatClient, hello: HelloFacts, handshake: Handshake): Promise<ClientGrant | undefined> {
		const { share } = client;
		if (this.#running >= MAX_RUNNING || (share && share.logins >= MAX_RUNNING_OF_ADDRESS)) {
			throw unavailable("Too many logins are being checked. Try again in a moment.");
		}
		this.#running++;
		if (share) share.logins++;
		const ending = new AbortController();
		const call = async (): Promise<Authenticated> => this.#authenticate(hello, handshake, { signal: ending.signal });
		const answer = call().finally(() => {
			this.#running--;
			if (share) share.logins--;
		});
		let cancel = (): void => {};
		const limit = new Promise<never>((_, reject) => {
			const cancelDelay = this.#clock.delay(TIME_LIMIT_MS, () =>
				reject(unavailable(`The check of the login had no answer within ${TIME_LIMIT_MS / 1000} s.`)),
			);
			const cancelGone = client.onGone(() => reject(unavailable("The client has left.")));
			cancel = () => {
				cancelDelay();
				cancelGone();
			};
		});
		try {
			return checkedAnswer(await Promise.race([answer, limit]));
		} catch (error) {
			if (error instanceof XMLSocketError && codeOfWire(wireCode(error.code)) !== undefined) throw error;
			this.#report(error);
			throw unavailable("The check of the login failed; the failure was logged.", error);
		} finally {
			cancel();
			ending.abort();
		}
	}
}

function checkedAnswer(answer: Authenticated): ClientGrant | undefined {
	if (answer === undefined) return undefined;
	const given: unknown = answer;
	if (typeof given !== "object" || given === null) throw new TypeError("authenticate() returned no object.");
	if ("refuse" in answer) {
		// Control characters cannot be sent in a document.
		const words = String(answer.refuse)
			.slice(0, MAX_REFUSAL)
			.replace(/\p{Cc}/gu, " ");
		throw new XMLSocketError("XMLSOCKET_LOGIN_REFUSED", words);
	}
	const { name, operator = false, rooms, ticket } = answer;
	if (typeof name !== "string" || typeof operator !== "boolean") {
		throw new TypeError("authenticate() returned a grant without a name, or an operator that is not true or false.");
	}
	if (rooms !== undefined && !(Array.isArray(rooms) && rooms.every((room) => typeof room === "string"))) {
		throw new TypeError("authenticate() returned rooms that are not a list of names.");
	}
	if (ticket !== undefined && !(typeof ticket === "string" && TICKET.test(ticket))) {
		throw new TypeError("authenticate() returned a ticket that is not 1 to 1024 letters, digits and _-.");
	}
	return { name: checkedName(name, "name"), operator, rooms: rooms?.map((room) => checkedName(room, "room")), ticket };
}

function unavailable(words: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_LOGIN_UNAVAILABLE", words, cause === undefined ? {} : { cause });
}

// The names that a web site's login gives: the hook `authenticate` for a chat whose users log in at a site. The site signs a token for each user,
// the chat page or another client sends it in `<hello>`, and it is worth one login. docs/guide/identity.md.

import { createHash } from "node:crypto";
import { type Authenticate, type ClientGrant, type HelloFacts, nameKey } from "../chat/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { readLoginKeys } from "./login-keys.ts";
import { LOGIN_LASTS_MS, LoginTickets, type TicketGrant } from "./login-tickets.ts";
import { expired, verifyLogin } from "./login-token.ts";
import { type LoginLedger, MemoryLedger } from "./memory-ledger.ts";

/** What `createLogins` accepts. */
export interface LoginOptions {
	/** The text of the key file: a JSON Web Key Set with HS256 secrets of at least 32 bytes, and Ed25519 public keys. */
	readonly keys: string;
	/** Remembers used tokens. Default: a `MemoryLedger`, which a restart forgets. */
	readonly ledger?: LoginLedger;
	/** Milliseconds since 1970. Default: `Date.now`. */
	readonly now?: () => number;
}

/** Logins for one chat. */
export interface Logins {
	/** For `createChat({ authenticate })`. */
	readonly authenticate: Authenticate;
	/**
	 * Replaces the keys. Logins that were made with a key that is gone end with their connection.
	 *
	 * @throws XMLSOCKET_LOGIN_KEYS_INVALID; the keys stay as they were then.
	 */
	setKeys(text: string): void;
	/** Closes the ledger. */
	close(): Promise<void>;
}

/**
 * Lets the login of a web site give the names of a chat.
 *
 * Clients get XMLSOCKET_TOKEN_INVALID, XMLSOCKET_TOKEN_EXPIRED, XMLSOCKET_TOKEN_TOO_EARLY or XMLSOCKET_TOKEN_USED for a token that is refused.
 * Guests get no names of their own.
 *
 * @throws XMLSOCKET_LOGIN_KEYS_INVALID
 *
 * @example
 * ```ts
 * const { authenticate } = createLogins({ keys: readFileSync("login-keys.json", "utf8") });
 * const server = await createServer({ port: 9000, application: createChat({ authenticate }) }).listen();
 * ```
 */
export function createLogins({ keys: text, ledger = new MemoryLedger(), now = Date.now }: LoginOptions): Logins {
	let keys = readLoginKeys(text);
	const tickets = new LoginTickets();
	tickets.use(keys);

	const grantOf = (hello: HelloFacts, proved: TicketGrant): ClientGrant => {
		const { name, operator, rooms } = proved;
		return { name, operator, rooms, ticket: tickets.write(hello.session, proved) };
	};

	return {
		async authenticate(hello) {
			const nowMs = now();
			const { ticket, token } = hello;
			const earlier = ticket === undefined ? undefined : tickets.read(hello.session, ticket);
			const current = earlier && earlier.endsMs > nowMs ? { ...earlier, ticket } : undefined;
			if (token === undefined) return current ?? guest(hello, earlier !== undefined);
			const login = await verifyLogin(token, keys, nowMs);
			const id = createHash("sha256").update(`${login.keyId}\n${login.id}`).digest("hex").slice(0, 40);
			if (!login.isExpired && (await ledger.claim(id, login.endsMs))) {
				return grantOf(hello, { ...login, endsMs: nowMs + LOGIN_LASTS_MS });
			}
			// The user reconnects with the token of before.
			if (current && nameKey(current.name) === nameKey(login.name)) return current;
			if (login.isExpired) throw expired(login, nowMs);
			throw new XMLSocketError("XMLSOCKET_TOKEN_USED", "The login token was used before; each is for one login.");
		},
		setKeys(next) {
			keys = readLoginKeys(next);
			tickets.use(keys);
		},
		close: () => ledger.close(),
	};
}

// Any name can be one of the site's users, so guests keep those that the server gives.
function guest({ name }: HelloFacts, hasEnded: boolean): undefined {
	if (hasEnded) throw new XMLSocketError("XMLSOCKET_TOKEN_EXPIRED", "Your login has ended. Log in at the site again.");
	if (name === undefined || nameKey(name).startsWith("guest-")) return undefined;
	throw new XMLSocketError("XMLSOCKET_TOKEN_INVALID", "Names are for users who log in at the site.");
}

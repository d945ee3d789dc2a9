// The secret by which a client proves that it is the same one after a new connection. `ID-SECRET`: the first part goes into
// the log with what the client says, so that a resend is recognised also after a restart; the second never leaves memory. A client that
// has logged in gets a third part, the ticket of its login: `ID-SECRET-TICKET`.

const KEY = /^([0-9a-f]{16})-([0-9a-f]{32})(?:-([\w.-]{1,1024}))?$/;
const HEX = "0123456789abcdef";

/** A session's two parts. */
export interface SessionKey {
	/** 64 random bits in hexadecimal. */
	readonly id: string;
	/** 128 random bits in hexadecimal. */
	readonly secret: string;
}

/** A new key. */
export function newSessionKey(): SessionKey {
	return { id: randomHex(8), secret: randomHex(16) };
}

/** Reads a key as the client sends it; undefined where it is none. */
export function parseSessionKey(text: string): (SessionKey & { readonly ticket: string | undefined }) | undefined {
	const found = KEY.exec(text);
	return found ? { id: found[1]!, secret: found[2]!, ticket: found[3] } : undefined;
}

/** A key as the client gets it. @param ticket that of the client's login; undefined: none. */
export function sessionText({ id, secret }: SessionKey, ticket?: string): string {
	return ticket === undefined ? `${id}-${secret}` : `${id}-${secret}-${ticket}`;
}

// Joined, not added up: a text made by additions keeps all its pieces, in every client's session.
function randomHex(bytes: number): string {
	const random = crypto.getRandomValues(new Uint8Array(bytes));
	return Array.from(random, (byte) => HEX[byte >> 4]! + HEX[byte & 15]!).join("");
}

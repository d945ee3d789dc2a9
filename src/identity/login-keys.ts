// The keys that login tokens are signed with: a JSON Web Key Set (RFC 7517) with HS256 secrets and Ed25519 public keys, each with an id, so that
// a new key can be added before the old one is removed. A token chooses a key by its id, and never the algorithm.

import { createHash, createHmac, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { XMLSocketError } from "../errors/index.ts";

/** The algorithm of a key, as tokens name it. */
export type LoginAlgorithm = "HS256" | "EdDSA";

/** One key. */
export interface LoginKey {
	readonly algorithm: LoginAlgorithm;
	readonly key: KeyObject;
}

/** A key of this program's own, derived from a secret of the file. */
export interface TicketKey {
	/** Tells which secret it is derived from. */
	readonly id: string;
	readonly key: Buffer;
}

/** The keys of a file. */
export interface LoginKeys {
	/** By id. */
	readonly keys: ReadonlyMap<string, LoginKey>;
	/** Made of the secrets, in the order of the file; empty where there is none. */
	readonly ticketKeys: readonly TicketKey[];
}

/** A shorter secret can be guessed from one token (RFC 7518, 3.2). */
const LEAST_SECRET_BYTES = 32;
const MAX_KEYS = 100;
const MAX_ID = 64;
const ED25519_BYTES = 32;
const BASE64URL = /^[\w-]+$/;

/**
 * Reads a key set.
 *
 * @throws XMLSOCKET_LOGIN_KEYS_INVALID, which names the first wrong key and what is wrong with it, never its value.
 */
export function readLoginKeys(text: string): LoginKeys {
	const keys = new Map<string, LoginKey>();
	const ticketKeys: TicketKey[] = [];
	for (const [at, entry] of listOf(text).entries()) {
		const { kid, kty, alg, k, crv, x, d } = Object(entry) as Record<string, unknown>;
		if (typeof kid !== "string" || kid === "" || kid.length > MAX_ID) {
			throw invalid(`Key ${at + 1} needs a "kid" of 1 to ${MAX_ID} characters.`);
		}
		if (keys.has(kid)) throw invalid(`Two keys have the kid "${kid}".`);
		const wrong = (words: string): XMLSocketError => invalid(`The key "${kid}" ${words}`);
		if (kty === "oct") {
			if (alg !== undefined && alg !== "HS256") throw wrong('is a secret, so its "alg" must be HS256.');
			if (typeof k !== "string" || !BASE64URL.test(k)) throw wrong('needs its secret in "k", in base64url.');
			const secret = Buffer.from(k, "base64url");
			if (secret.length < LEAST_SECRET_BYTES) {
				throw wrong(`has a secret of ${secret.length} bytes; it needs at least ${LEAST_SECRET_BYTES}.`);
			}
			keys.set(kid, { algorithm: "HS256", key: createSecretKey(secret) });
			ticketKeys.push(ticketKeyOf(secret));
		} else if (kty === "OKP") {
			if (crv !== "Ed25519" || (alg !== undefined && alg !== "EdDSA" && alg !== "Ed25519")) {
				throw wrong('must have the "crv" Ed25519 and the "alg" EdDSA.');
			}
			if (d !== undefined)
				throw wrong('contains its private part "d": keep that with the site, and put the rest here.');
			if (typeof x !== "string" || Buffer.from(x, "base64url").length !== ED25519_BYTES) {
				throw wrong(`needs its public part in "x": ${ED25519_BYTES} bytes in base64url.`);
			}
			keys.set(kid, { algorithm: "EdDSA", key: createPublicKey({ key: { kty, crv, x }, format: "jwk" }) });
		} else throw wrong('must have the "kty" oct (for HS256) or OKP (for EdDSA).');
	}
	return { keys, ticketKeys };
}

/** The key for the tickets of one secret. It signs nothing else, and says nothing about the secret. */
export function ticketKeyOf(secret: Uint8Array): TicketKey {
	const key = createHmac("sha256", secret).update("xmlsocket login ticket").digest();
	return { id: createHash("sha256").update(key).digest("base64url").slice(0, 8), key };
}

function listOf(text: string): unknown[] {
	let value: unknown;
	try {
		value = JSON.parse(text.replace(/^\ufeff/, ""));
	} catch {
		// The parser's message quotes the text, which contains secrets.
		throw invalid("The file is not JSON.");
	}
	const list = (Object(value) as { keys?: unknown }).keys;
	if (!Array.isArray(list) || list.length === 0 || list.length > MAX_KEYS) {
		throw invalid(`The file must be a JSON Web Key Set with 1 to ${MAX_KEYS} keys: {"keys":[…]}.`);
	}
	return list;
}

function invalid(words: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_LOGIN_KEYS_INVALID", words);
}

// A web site's side of a login: it makes keys, and signs tokens with the library that sites use.

import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { SignJWT } from "jose";

/** Claims that a test may change; undefined leaves one out. */
export interface Claims {
	readonly [claim: string]: unknown;
}

/** A site with one key. */
export interface Site {
	/** The key's entry in the key file. */
	readonly entry: Record<string, unknown>;
	/** A token for a user, from now on for two minutes. */
	token(name: string, claims?: Claims, header?: Record<string, unknown>): Promise<string>;
}

/** A site that shares a secret with the daemon. */
export function secretSite(kid = "site-1", now: () => number = Date.now): Site {
	const secret = randomBytes(32);
	const entry = { kid, kty: "oct", alg: "HS256", k: secret.toString("base64url") };
	return { entry, token: (name, claims, header) => sign(secret, { alg: "HS256", kid, ...header }, name, claims, now) };
}

/** A site that keeps its private key to itself. */
export function keyPairSite(kid = "site-2", now: () => number = Date.now): Site {
	const { publicKey, privateKey } = generateKeyPairSync("ed25519");
	const entry = { kid, ...publicKey.export({ format: "jwk" }) };
	return {
		entry,
		token: (name, claims, header) => sign(privateKey, { alg: "EdDSA", kid, ...header }, name, claims, now),
	};
}

/** The key file of some sites. */
export function keyFile(...sites: readonly Site[]): string {
	return JSON.stringify({ keys: sites.map(({ entry }) => entry) });
}

async function sign(
	key: Parameters<SignJWT["sign"]>[0],
	header: { readonly alg: string; readonly [name: string]: unknown },
	name: string,
	claims: Claims = {},
	now: () => number,
): Promise<string> {
	const nowS = Math.floor(now() / 1000);
	const all = { sub: name, aud: "xmlsocket", jti: randomUUID(), iat: nowS, exp: nowS + 120, ...claims };
	const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
	return await new SignJWT(given).setProtectedHeader(header).sign(key);
}

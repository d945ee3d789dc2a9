// Reads a login token: a JSON Web Token (RFC 7519) that a web site signs for one of its users. It checks the signature, the time and the form
// of the claims; whether the token was used before is checked elsewhere. docs/guide/identity.md lists the claims.

import type { KeyObject } from "node:crypto";
import { errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from "jose";
import { XMLSocketError } from "../errors/index.ts";
import type { LoginKeys } from "./login-keys.ts";

/** What a token says. */
export interface Login {
	readonly name: string;
	readonly operator: boolean;
	/** The rooms that the user can enter; undefined: all. */
	readonly rooms: readonly string[] | undefined;
	/** The id of its key. */
	readonly keyId: string;
	/** Unique among the tokens of that key. */
	readonly id: string;
	/** Milliseconds since 1970; after it the token is worth nothing, the difference of the clocks included. */
	readonly endsMs: number;
	/** Whether that is over. */
	readonly isExpired: boolean;
}

/** What the clocks of the site and of this machine may differ. */
export const CLOCK_SKEW_S = 30;
/** How long a token may be valid. */
export const LONGEST_VALIDITY_S = 600;
/** Whom tokens must be for, so that a token that the site signs for something else is not one of these. */
export const AUDIENCE = "xmlsocket";
const MAX_TOKEN = 4096;
const MAX_ID = 128;
const MAX_ROOMS = 16;

/**
 * Verifies a token.
 *
 * Rejects with XMLSOCKET_TOKEN_INVALID, XMLSOCKET_TOKEN_TOO_EARLY. One that has expired and is right otherwise resolves.
 */
export async function verifyLogin(token: string, { keys }: LoginKeys, nowMs: number): Promise<Login> {
	if (token.length > MAX_TOKEN) throw invalid(`A login token has at most ${MAX_TOKEN} characters.`);
	let keyId = "";
	const payload = await verify(token, nowMs, ({ kid = "", alg }) => {
		const found = keys.get(kid);
		if (!found) throw invalid("The login token names no key of this server.");
		if (alg !== found.algorithm) throw invalid(`The key of the login token is for ${found.algorithm} alone.`);
		keyId = kid;
		return found.key;
	});
	const { sub, jti, exp, nbf, iat, operator, rooms } = payload;
	const nowS = nowMs / 1000;
	if (typeof sub !== "string" || sub === "") throw invalid('The login token needs the name of the user as "sub".');
	if (typeof jti !== "string" || jti === "" || jti.length > MAX_ID) {
		throw invalid(`The login token needs an id of its own as "jti": 1 to ${MAX_ID} characters.`);
	}
	if (typeof exp !== "number") throw invalid('The login token needs its end as "exp".');
	for (const from of [nbf, iat]) {
		if (from === undefined || from <= nowS + CLOCK_SKEW_S) continue;
		const words = `The login token is valid in ${Math.ceil(from - nowS)} s only: the clocks of the site and of the server differ.`;
		throw new XMLSocketError("XMLSOCKET_TOKEN_TOO_EARLY", words);
	}
	if (exp > nowS + LONGEST_VALIDITY_S + CLOCK_SKEW_S) {
		throw invalid(`The login token is valid for too long: "exp" may be at most ${LONGEST_VALIDITY_S} s from now.`);
	}
	if (operator !== undefined && typeof operator !== "boolean") throw invalid('"operator" must be true or false.');
	const isList = Array.isArray(rooms) && rooms.length <= MAX_ROOMS && rooms.every((room) => typeof room === "string");
	if (rooms !== undefined && !isList) throw invalid(`"rooms" must be a list of at most ${MAX_ROOMS} names.`);
	return {
		name: sub,
		operator: operator ?? false,
		rooms: rooms as readonly string[] | undefined,
		keyId,
		id: jti,
		endsMs: (exp + CLOCK_SKEW_S) * 1000,
		isExpired: exp + CLOCK_SKEW_S <= nowS,
	};
}

/** The refusal of a token that has expired. */
export function expired({ endsMs }: Login, nowMs: number): XMLSocketError {
	const seconds = Math.round((nowMs - endsMs) / 1000) + CLOCK_SKEW_S;
	return new XMLSocketError("XMLSOCKET_TOKEN_EXPIRED", `The login token expired ${seconds} s ago.`);
}

async function verify(
	token: string,
	nowMs: number,
	keyOf: (header: JWTHeaderParameters) => KeyObject,
): Promise<JWTPayload> {
	try {
		const { payload } = await jwtVerify(token, keyOf, {
			algorithms: ["HS256", "EdDSA"],
			audience: AUDIENCE,
			currentDate: new Date(nowMs),
			clockTolerance: CLOCK_SKEW_S,
		});
		return payload;
	} catch (error) {
		if (error instanceof XMLSocketError) throw error;
		// The times are checked above, where the words name the difference.
		if (error instanceof errors.JWTExpired) return error.payload;
		if (error instanceof errors.JWTClaimValidationFailed) {
			const { claim, reason, payload } = error;
			if (claim === "nbf" && reason === "check_failed") return payload;
			if (claim === "aud") throw invalid(`The login token needs "aud": "${AUDIENCE}".`);
			throw invalid(`The claim "${claim}" of the login token is not allowed.`);
		}
		if (error instanceof errors.JWSSignatureVerificationFailed) {
			throw invalid("The signature of the login token is wrong.");
		}
		if (error instanceof errors.JOSEError) throw invalid("The token is not one of this server's.");
		throw error;
	}
}

function invalid(words: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_TOKEN_INVALID", words);
}

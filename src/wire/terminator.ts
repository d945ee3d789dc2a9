// The bytes that end a document: one zero byte in XMLSocket itself; LF, CR LF or other bytes for its relatives.

import { XMLSocketError } from "../errors/index.ts";

/** `nul` (XMLSocket), `lf`, `crlf`, or the bytes in hexadecimal, for example `0d0a00`: 1 to 8 of them. */
export type TerminatorName = "nul" | "lf" | "crlf" | (string & {});

/**
 * The bytes of a terminator's name.
 *
 * @throws XMLSOCKET_OPTION_INVALID where the name is none of `nul`, `lf`, `crlf` and not 1 to 8 bytes in hexadecimal.
 */
export function terminatorBytes(name: TerminatorName): Uint8Array {
	if (name === "nul") return Uint8Array.of(0);
	if (name === "lf") return Uint8Array.of(10);
	if (name === "crlf") return Uint8Array.of(13, 10);
	if (/^(?:[0-9a-f]{2}){1,8}$/i.test(name))
		return Uint8Array.from(name.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		`The terminator "${name}" is none of nul, lf, crlf, and not 1 to 8 bytes in hexadecimal such as 0d0a.`,
	);
}

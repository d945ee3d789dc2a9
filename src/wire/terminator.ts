// The bytes that end a document: one zero byte in XMLSocket itself; LF, CR LF or other bytes for its relatives.

import { XMLSocketError } from "../errors/index.ts";

/**
 * `nul` (XMLSocket), `lf`, `cr` or `crlf`, in any case of the letters; escapes as in a string: `\r\n`, `\n\0`, `\x03`; or the bytes
 * in hexadecimal, for example `0d0a00`. 1 to 8 bytes.
 */
export type TerminatorName = "nul" | "lf" | "cr" | "crlf" | (string & {});

const NAMES: ReadonlyMap<string, readonly number[]> = new Map([
	["nul", [0]],
	["lf", [10]],
	["cr", [13]],
	["crlf", [13, 10]],
]);
const ESCAPES: ReadonlyMap<string, number> = new Map([
	["0", 0],
	["t", 9],
	["n", 10],
	["r", 13],
]);

/**
 * The bytes of a terminator's name.
 *
 * @throws XMLSOCKET_OPTION_INVALID where the name is none of those of {@link TerminatorName}.
 */
export function terminatorBytes(name: TerminatorName): Uint8Array {
	const named = NAMES.get(name.toLowerCase());
	if (named) return Uint8Array.from(named);
	if (/^(?:\\x[0-9a-f]{2}|\\[0tnr]){1,8}$/i.test(name))
		return Uint8Array.from(name.match(/\\(?:x..|.)/gi) ?? [], escaped);
	const digits = /^(?:0x)?((?:[0-9a-f]{2}){1,8})$/i.exec(name)?.[1];
	if (digits !== undefined) return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		`The terminator "${name}" is none of nul, lf, cr, crlf, and not 1 to 8 bytes in hexadecimal such as 0d0a.`,
	);
}

function escaped(text: string): number {
	return ESCAPES.get(text.slice(1).toLowerCase()) ?? Number.parseInt(text.slice(2), 16);
}

// Reports where a text stops being well-formed XML, by line and column, so that you can fix it.

import { judgeDocument } from "./well-formed.ts";

/** Where and why a text is not well-formed, see {@link checkWellFormed}. */
export interface Flaw {
	/** From 1; lines end with LF, CR or CR LF. */
	readonly line: number;
	/** From 1, in UTF-16 units. */
	readonly column: number;
	/** One sentence. */
	readonly message: string;
}

/**
 * Judges a text as a document of XML 1.0: one root element, proper nesting, and all the rules that players do not enforce
 * (names, characters, references, attributes that are there twice). A document type declaration is passed over.
 *
 * @returns undefined if nothing is wrong, else the first error.
 *
 * @example
 * ```ts
 * checkWellFormed("<a>\n  <b></a>");
 * // { line: 2, column: 6, message: 'The element "b" is not closed first' }
 * ```
 */
export function checkWellFormed(text: string): Flaw | undefined {
	const refusal = judgeDocument(text);
	if (refusal === undefined) return undefined;
	const before = text.slice(0, refusal.offset).split(/\r\n|\r|\n/);
	return {
		line: before.length,
		column: (before.at(-1) ?? "").length + 1,
		message: refusal.reason,
	};
}

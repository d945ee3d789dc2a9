// Parsing what a stranger has sent: the same parser and the same tree, but within limits, and a text that the player would
// give a negative status is refused. Refusals are values with codes.

import { documentHooks, newDocument, type XML, xmlOf } from "./document.ts";
import { DEFAULT_PARSE_LIMITS, malformed, type ParseLimits, type Refusal, refuse } from "./limits.ts";
import { Bounds, parseInto } from "./parser.ts";

/** What {@link parseBounded} gives: the document, or why there is none. */
export type BoundedParse =
	| { readonly document: XML; readonly refusal?: undefined }
	| { readonly document?: undefined; readonly refusal: Refusal };

/**
 * Parses a whole document within limits. White space is kept. The daemon reads with it what it does not trust; the class
 * {@link XML} has no limits.
 *
 * Refuses with `XMLSOCKET_NOT_WELL_FORMED` (with the player's `status`), `XMLSOCKET_DOCTYPE_REFUSED`,
 * `XMLSOCKET_TOO_DEEP`, `XMLSOCKET_TOO_MANY_NODES`, `XMLSOCKET_TOO_MANY_ATTRIBUTES` or `XMLSOCKET_NAME_TOO_LONG`.
 *
 * @example
 * ```ts
 * const { document, refusal } = parseBounded(text);
 * if (refusal) console.log(refusal.code, refusal.message);
 * else console.log(document.firstChild?.nodeName);
 * ```
 */
export function parseBounded(text: string, limits: Partial<ParseLimits> = DEFAULT_PARSE_LIMITS): BoundedParse {
	const all = limits === DEFAULT_PARSE_LIMITS ? DEFAULT_PARSE_LIMITS : { ...DEFAULT_PARSE_LIMITS, ...limits };
	const document = newDocument();
	const bounds = new Bounds(all);
	const status = parseInto(document, text, false, documentHooks, bounds);
	if (bounds.refused !== null) return { refusal: refuse(bounds.refused, all, bounds.offset) };
	return status === 0 ? { document: xmlOf(document) } : { refusal: malformed(status, bounds.offset) };
}

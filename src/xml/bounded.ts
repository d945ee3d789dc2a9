// Parsing what a stranger has sent: the same parser and the same tree, but within limits, and a text that the player would
// give a negative status is refused. Refusals are values with codes.

import { documentHooks, newDocument, type XML, xmlOf } from "./document.ts";
import { type DocumentNode, makeDocument } from "./document-node.ts";
import { DEFAULT_PARSE_LIMITS, malformed, type ParseLimits, type Refusal, refuse } from "./limits.ts";
import { Bounds, type ParseHooks, parseInto } from "./parser.ts";

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
	const document = newDocument();
	const refusal = parseWithin(document, text, limits, documentHooks, false);
	return refusal === undefined ? { document: xmlOf(document) } : { refusal };
}

/**
 * Judges a whole document as {@link parseBounded} does, with the same refusals, and builds no tree: it keeps
 * only the elements that are open. Undefined means that it is good.
 *
 * @example
 * ```ts
 * checkBounded("<a><b></a>")?.code; // "XMLSOCKET_NOT_WELL_FORMED"
 * ```
 */
export function checkBounded(text: string, limits: Partial<ParseLimits> = DEFAULT_PARSE_LIMITS): Refusal | undefined {
	return parseWithin(makeDocument(), text, limits, IGNORED, true);
}

const IGNORED: ParseHooks = { noteId() {}, xmlDecl() {}, docType() {} };

function parseWithin(
	document: DocumentNode,
	text: string,
	limits: Partial<ParseLimits>,
	hooks: ParseHooks,
	judges: boolean,
): Refusal | undefined {
	const all = limits === DEFAULT_PARSE_LIMITS ? DEFAULT_PARSE_LIMITS : { ...DEFAULT_PARSE_LIMITS, ...limits };
	const bounds = new Bounds(all, judges);
	const status = parseInto(document, text, false, hooks, bounds);
	if (bounds.refused !== null) return refuse(bounds.refused, all, bounds.offset);
	return status === 0 ? undefined : malformed(status, bounds.offset);
}

// The bounds of a document that comes from someone else, and the answer where one is passed: a value with a code, never an
// exception, because a daemon refuses documents as often as it likes.

/** The limits of a document that is parsed. Every limit is a count and holds by itself; there is no value that means "unlimited". */
export interface ParseLimits {
	/** Elements inside each other. @default 256 */
	readonly maxDepth: number;
	/** Elements and text nodes together. @default 16384 */
	readonly maxNodes: number;
	/** Attributes of one element, repeated ones included. @default 256 */
	readonly maxAttributes: number;
	/** UTF-16 units of an element's or attribute's name. @default 1024 */
	readonly maxNameLength: number;
}

/** The default limits. */
export const DEFAULT_PARSE_LIMITS: ParseLimits = {
	maxDepth: 256,
	maxNodes: 16_384,
	maxAttributes: 256,
	maxNameLength: 1024,
};

/** The codes with which a document is refused; `docs/errors.md` explains each. */
export type RefusalCode =
	| "XMLSOCKET_TOO_DEEP"
	| "XMLSOCKET_TOO_MANY_NODES"
	| "XMLSOCKET_TOO_MANY_ATTRIBUTES"
	| "XMLSOCKET_NAME_TOO_LONG"
	| "XMLSOCKET_DOCTYPE_REFUSED"
	| "XMLSOCKET_NOT_WELL_FORMED";

/** The reason why a text was refused. */
export interface Refusal {
	readonly code: RefusalCode;
	/** One sentence with the number, the limit and the place. */
	readonly message: string;
	/** The same without the place and the full stop. */
	readonly reason: string;
	/** Index of the UTF-16 unit where the trouble begins. */
	readonly offset: number;
	/** The player's `status` for the same text, where the code is `XMLSOCKET_NOT_WELL_FORMED` and the player has one. */
	readonly status?: number;
}

/** A refusal of the markup at `offset`. */
export function refusalAt(code: RefusalCode, reason: string, offset: number, status?: number): Refusal {
	const refusal = { code, message: `${reason}, at offset ${offset}.`, reason, offset };
	return status === undefined ? refusal : { ...refusal, status };
}

/** The refusal for a limit that was passed at `offset`. */
export function refuse(code: RefusalCode, limits: ParseLimits, offset: number): Refusal {
	return refusalAt(code, passed(code, limits), offset);
}

/** The refusal for a text that the player would give this negative status, noticed at `offset`. */
export function malformed(status: number, offset: number): Refusal {
	const reason = `${STATUS_TEXTS[status] ?? "The document is malformed"} (status ${status})`;
	return refusalAt("XMLSOCKET_NOT_WELL_FORMED", reason, offset, status);
}

const STATUS_TEXTS: Readonly<Record<number, string>> = {
	[-2]: "A CDATA section is not closed",
	[-3]: "An XML declaration is not closed",
	[-4]: "A DOCTYPE is not closed",
	[-5]: "A comment is not closed",
	[-6]: "A tag is malformed",
	[-8]: "An attribute value has no closing quote",
	[-9]: "An element is not closed",
	[-10]: "An end tag closes no open element",
};

function passed(code: RefusalCode, limits: ParseLimits): string {
	switch (code) {
		case "XMLSOCKET_TOO_DEEP":
			return `The document has more than ${limits.maxDepth} elements inside each other`;
		case "XMLSOCKET_TOO_MANY_NODES":
			return `The document has more than ${limits.maxNodes} elements and texts`;
		case "XMLSOCKET_TOO_MANY_ATTRIBUTES":
			return `An element has more than ${limits.maxAttributes} attributes`;
		case "XMLSOCKET_NAME_TOO_LONG":
			return `A name has more than ${limits.maxNameLength} UTF-16 units`;
		case "XMLSOCKET_DOCTYPE_REFUSED":
			return "The document has a DOCTYPE";
		case "XMLSOCKET_NOT_WELL_FORMED":
			return "The document is malformed";
	}
}

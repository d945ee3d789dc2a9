// The grammar of attributes, in one place: the parser checks it while it passes, and the same rules read the attributes
// later from the source. Scanning makes no strings.
// Implements docs/xml.md, "Parser", opening tags.

/** What a scan saw besides the end of the tag. */
export class ScannedTag {
	/** Attributes read, repeated ones included. */
	count = 0;
	/** Units of the longest attribute name as written. */
	longestName = 0;
	/** Where the first attribute written exactly `id` has its value, or -1. */
	idStart = -1;
	idEnd = -1;
	/** Whether a name holds a reference, so that only reading it tells which name it is. */
	codedName = false;
}

/** The end of input inside a tag. */
export const TAG_UNFINISHED = -6;
/** An attribute value without its closing quote. */
export const VALUE_UNFINISHED = -8;

/**
 * Checks the attributes from `at` to the end of an opening tag.
 *
 * @returns the index of the `>` or `/>` that ends the tag, or a negative status.
 */
export function scanAttributes(source: string, at: number, seen: ScannedTag): number {
	seen.count = 0;
	seen.longestName = 0;
	seen.idStart = -1;
	seen.codedName = false;
	for (;;) {
		let unit = source.charCodeAt(at);
		while (unit === 32 || unit === 10 || unit === 9 || unit === 13) unit = source.charCodeAt(++at);
		if (unit === 62 || (unit === 47 && source.charCodeAt(at + 1) === 62)) return at;
		const start = at;
		while (unit !== 61) {
			if (unit === 62 || unit === 32 || unit === 10 || unit === 9 || unit === 13) break;
			if (unit === 38) seen.codedName = true;
			else if (Number.isNaN(unit)) return TAG_UNFINISHED;
			unit = source.charCodeAt(++at);
		}
		const length = at - start;
		if (length === 0) return TAG_UNFINISHED;
		while (unit === 32 || unit === 10 || unit === 9 || unit === 13) unit = source.charCodeAt(++at);
		if (unit !== 61) return TAG_UNFINISHED;
		unit = source.charCodeAt(++at);
		while (unit === 32 || unit === 10 || unit === 9 || unit === 13) unit = source.charCodeAt(++at);
		if (unit !== 34 && unit !== 39) return TAG_UNFINISHED;
		const close = source.indexOf(unit === 34 ? '"' : "'", at + 1);
		if (close === -1) return VALUE_UNFINISHED;
		seen.count++;
		if (length > seen.longestName) seen.longestName = length;
		if (
			length === 2 &&
			seen.idStart === -1 &&
			source.charCodeAt(start) === 105 &&
			source.charCodeAt(start + 1) === 100
		) {
			seen.idStart = at + 1;
			seen.idEnd = close;
		}
		at = close + 1;
	}
}

/** Walks over attributes that {@link scanAttributes} has checked. */
export class AttributeCursor {
	nameStart = 0;
	nameEnd = 0;
	valueStart = 0;
	valueEnd = 0;
	readonly #source: string;
	readonly #end: number;
	#at: number;

	constructor(source: string, start: number, end: number) {
		this.#source = source;
		this.#end = end;
		this.#at = start;
	}

	/** Goes to the next attribute; false when there is none. */
	next(): boolean {
		const source = this.#source;
		let at = this.#at;
		let unit = source.charCodeAt(at);
		while (unit === 32 || unit === 10 || unit === 9 || unit === 13) unit = source.charCodeAt(++at);
		if (at >= this.#end) return false;
		this.nameStart = at;
		while (unit !== 61 && unit !== 32 && unit !== 10 && unit !== 9 && unit !== 13) unit = source.charCodeAt(++at);
		this.nameEnd = at;
		while (unit !== 34 && unit !== 39) unit = source.charCodeAt(++at);
		this.valueStart = at + 1;
		this.valueEnd = source.indexOf(unit === 34 ? '"' : "'", at + 1);
		this.#at = this.valueEnd + 1;
		return true;
	}
}

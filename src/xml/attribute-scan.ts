// The grammar of attributes, in one place: the parser checks it while it passes, and the same rules read the attributes
// later from the source. Scanning makes no strings.
// Implements docs/xml.md, "Parser", opening tags.

import { decodeEntities } from "./entities.ts";

/** What a scan saw besides the end of the tag. */
export class ScannedTag {
	/** Attributes read, repeated ones included. */
	count = 0;
	/** Units of the longest attribute name as written. */
	longestName = 0;
	/** Where the first attribute named `id` has its value, or -1. */
	idStart = -1;
	idEnd = -1;
}

/** The status for the end of input, or anything else that does not belong there, inside a tag. */
export const TAG_MALFORMED = -6;
/** The status for an attribute value without its closing quote. */
export const VALUE_UNFINISHED = -8;

/**
 * Checks the attributes from `at` to the end of an opening tag.
 *
 * Units are read as integers with `| 0`: past the end that gives 0, which no rule takes for anything but a character of a
 * name, and there the end is looked for.
 *
 * @returns the index of the `>` or `/>` that ends the tag, or a negative status.
 */
export function scanAttributes(source: string, at: number, seen: ScannedTag): number {
	let count = 0;
	let longestName = 0;
	seen.idStart = -1;
	for (;;) {
		let unit = source.charCodeAt(at) | 0;
		while (unit === 32 || unit === 10 || unit === 9 || unit === 13) unit = source.charCodeAt(++at) | 0;
		if (unit === 62 || (unit === 47 && source.charCodeAt(at + 1) === 62)) {
			seen.count = count;
			seen.longestName = longestName;
			return at;
		}
		const start = at;
		let coded = false;
		while (unit !== 61) {
			if (unit < 62) {
				if (unit === 32 || unit === 10 || unit === 9 || unit === 13) break;
				if (unit === 38) coded = true;
				else if (unit === 0 && at >= source.length) return TAG_MALFORMED;
			} else if (unit === 62) return TAG_MALFORMED;
			unit = source.charCodeAt(++at) | 0;
		}
		const length = at - start;
		if (length === 0) return TAG_MALFORMED;
		if (length > longestName) longestName = length;
		if (unit !== 61) {
			do unit = source.charCodeAt(++at) | 0;
			while (unit === 32 || unit === 10 || unit === 9 || unit === 13);
			if (unit !== 61) return TAG_MALFORMED;
		}
		unit = source.charCodeAt(++at) | 0;
		while (unit === 32 || unit === 10 || unit === 9 || unit === 13) unit = source.charCodeAt(++at) | 0;
		if (unit !== 34 && unit !== 39) return TAG_MALFORMED;
		const close = source.indexOf(unit === 34 ? '"' : "'", at + 1);
		if (close === -1) return VALUE_UNFINISHED;
		count++;
		if ((length === 2 || coded) && seen.idStart === -1 && isId(source, start, length, coded)) {
			seen.idStart = at + 1;
			seen.idEnd = close;
		}
		at = close + 1;
	}
}

function isId(source: string, start: number, length: number, coded: boolean): boolean {
	if (coded) return decodeEntities(source.slice(start, start + length)) === "id";
	return source.charCodeAt(start) === 105 && source.charCodeAt(start + 1) === 100;
}

/**
 * The attributes of a range that {@link scanAttributes} has passed, where they are already written as a printer would write
 * them: ` name="value"` with nothing to escape and no name twice. Undefined where that is not certain.
 */
export function printedAttributes(source: string, start: number, end: number): string | undefined {
	const range = source.slice(start, end);
	if (range.includes("&") || range.includes("<") || range.includes(">") || range.includes("'")) return undefined;
	// A bit for each kind of name; two names of one kind may be the same.
	let kinds = 0;
	let otherKinds = 0;
	let at = start;
	// One space may stand behind the last attribute.
	while (at + 1 < end) {
		if (source.charCodeAt(at) !== 32) return undefined;
		const nameStart = at + 1;
		let unit = source.charCodeAt(++at);
		while (unit > 61 || (unit !== 61 && unit !== 32 && unit !== 10 && unit !== 9 && unit !== 13)) {
			unit = source.charCodeAt(++at);
		}
		if (unit !== 61 || source.charCodeAt(at + 1) !== 34) return undefined;
		const hash = source.charCodeAt(nameStart) + source.charCodeAt(at - 1) * 3 + (at - nameStart) * 11;
		const kind = 1 << (hash & 31);
		if (((hash & 32) === 0 ? kinds : otherKinds) & kind) return undefined;
		if ((hash & 32) === 0) kinds |= kind;
		else otherKinds |= kind;
		at = source.indexOf('"', at + 2) + 1;
	}
	return at === end ? range : range.slice(0, at - start);
}

/** Reads attributes, one after the other, from a range that {@link scanAttributes} has passed. */
export class AttributeReader {
	readonly #source: string;
	readonly #end: number;
	// Whether there are references at all in the range; most have none.
	readonly #coded: boolean;
	#at: number;
	#nameStart = 0;
	#nameEnd = 0;
	#valueStart = 0;
	#valueEnd = 0;

	constructor(source: string, start: number, end: number) {
		this.#source = source;
		this.#end = end;
		this.#coded = source.slice(start, end).includes("&");
		this.#at = start;
	}

	/** Goes to the next attribute; false when there is none. */
	next(): boolean {
		const source = this.#source;
		let at = this.#at;
		let unit = source.charCodeAt(at) | 0;
		while (unit === 32 || unit === 10 || unit === 9 || unit === 13) unit = source.charCodeAt(++at) | 0;
		if (at >= this.#end) return false;
		this.#nameStart = at;
		while (unit !== 61 && unit !== 32 && unit !== 10 && unit !== 9 && unit !== 13) unit = source.charCodeAt(++at) | 0;
		this.#nameEnd = at;
		while (unit !== 34 && unit !== 39) unit = source.charCodeAt(++at) | 0;
		this.#valueStart = at + 1;
		this.#valueEnd = source.indexOf(unit === 34 ? '"' : "'", at + 1);
		this.#at = this.#valueEnd + 1;
		return true;
	}

	/** The name of the attribute, decoded. */
	get name(): string {
		const name = this.#source.slice(this.#nameStart, this.#nameEnd);
		return this.#coded ? decodeEntities(name) : name;
	}

	/** The value of the attribute, decoded. */
	get value(): string {
		const value = this.#source.slice(this.#valueStart, this.#valueEnd);
		return this.#coded ? decodeEntities(value) : value;
	}

	/** Whether the attribute has this name. */
	isNamed(name: string): boolean {
		if (this.#coded) return this.name === name;
		return this.#nameEnd - this.#nameStart === name.length && this.#source.startsWith(name, this.#nameStart);
	}
}

// The grammar of attributes, in one place: the parser checks it while it passes, and the same rules read the attributes
// later from the source. Scanning makes no strings.
// Implements docs/xml.md, "Parser", opening tags.

import { decodeEntities } from "./entities.ts";
import { LONGEST_SHARED, nameAt } from "./names.ts";
import { isWhite } from "./scan.ts";

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
		for (;;) {
			// Letters are all behind ">".
			while (unit > 62) unit = source.charCodeAt(++at) | 0;
			if (unit === 61 || unit === 32 || unit === 10 || unit === 9 || unit === 13) break;
			if (unit === 62) return TAG_MALFORMED;
			if (unit === 38) coded = true;
			else if (unit === 0 && at >= source.length) return TAG_MALFORMED;
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

/** Attributes in the order of the source. The names can be shared with other elements: nobody changes the list. */
export interface AttributeEntries {
	names: readonly string[];
	values: unknown[];
}

/** A list of names, and the units of all of them as they are written: each with its "=". */
interface KnownNames {
	readonly names: readonly string[];
	readonly units: readonly number[];
}

// The lists of names that elements had before. Most elements of a text, and most texts of a connection, have attributes of the
// same names in the same order: these names are compared in place, and neither made nor kept again. A slot is chosen by what
// tells the kinds of elements apart best; the comparison decides.
const known: KnownNames[] = new Array<KnownNames>(256).fill({ names: [], units: [] });
// Longer lists of names are not kept.
const MOST_KNOWN = 12;

/**
 * Reads the attributes of a range that {@link scanAttributes} has passed, decoded. Of a repeated name the first counts.
 *
 * @param start where the name of the element ends.
 */
export function readAttributes(source: string, start: number, end: number, into: AttributeEntries): void {
	const slot =
		(source.charCodeAt(start - 1) * 7 + source.charCodeAt(start + 1) * 31 + source.charCodeAt(start + 2)) & 255;
	const { names: expected, units } = known[slot] as KnownNames;
	const values = new Array<string>(expected.length);
	let at = start;
	let count = 0;
	let next = 0;
	for (; count < expected.length; count++) {
		// No name holds ">" or "=", so that nothing behind the tag can look like one of its attributes.
		if (source.charCodeAt(at) !== 32) break;
		let equals = at + 1;
		let unit = source.charCodeAt(equals);
		while (unit === units[next] && unit !== 61) {
			unit = source.charCodeAt(++equals);
			next++;
		}
		if (unit !== 61 || units[next++] !== 61) break;
		const quote = source.charCodeAt(equals + 1);
		if (quote !== 34 && quote !== 39) break;
		// Most values are short: a call of indexOf costs as much as a dozen units looked at here.
		const valueStart = equals + 2;
		at = valueStart;
		unit = source.charCodeAt(at);
		while (unit !== quote && unit !== 38 && at < valueStart + 12) unit = source.charCodeAt(++at);
		if (unit === quote) values[count] = source.slice(valueStart, at);
		else {
			at = source.indexOf(quote === 34 ? '"' : "'", at);
			values[count] = decodeEntities(source.slice(valueStart, at));
		}
		at++;
	}
	if (count === expected.length && isWhite(source, at, end)) {
		into.names = expected;
		into.values = values;
		return;
	}
	const list = readList(source, start, end);
	const names = new Array<string>(list.length >> 1);
	const found = new Array<string>(names.length);
	for (let entry = 0; entry < names.length; entry++) {
		names[entry] = list[entry * 2] as string;
		found[entry] = list[entry * 2 + 1] as string;
	}
	into.names = names;
	into.values = found;
	// Where no two elements are alike, learning each would cost more than reading them.
	if ((++misses & 15) === 0) learn(slot, names);
}

let misses = 0;

function learn(slot: number, names: readonly string[]): void {
	if (names.length > MOST_KNOWN || !names.every(isOrdinary)) return;
	const units: number[] = [];
	for (const name of names) {
		for (let at = 0; at < name.length; at++) units.push(name.charCodeAt(at));
		units.push(61);
	}
	known[slot] = { names: names.map((name) => nameAt(name, 0, name.length)), units };
}

// Whether a name that was read is written as it is, and short. A decoded one can hold what no written one does.
function isOrdinary(name: string): boolean {
	return name.length <= LONGEST_SHARED && !/[&=>\s]/.test(name);
}

// Reads names and values in turn, whatever they are.
function readList(source: string, start: number, end: number): string[] {
	const list: string[] = [];
	const coded = source.slice(start, end).includes("&");
	// A bit for each kind of name: only names of one kind can be the same, and most need no comparison.
	let kinds = 0;
	let unsure = false;
	let at = start;
	for (;;) {
		let unit = source.charCodeAt(at) | 0;
		while (unit === 32 || unit === 10 || unit === 9 || unit === 13) unit = source.charCodeAt(++at) | 0;
		if (at >= end) return unsure ? withoutRepeated(list) : list;
		const nameStart = at;
		while (unit !== 61 && unit !== 32 && unit !== 10 && unit !== 9 && unit !== 13) unit = source.charCodeAt(++at) | 0;
		let name = source.slice(nameStart, at);
		while (unit !== 34 && unit !== 39) unit = source.charCodeAt(++at) | 0;
		const valueStart = at + 1;
		at = source.indexOf(unit === 34 ? '"' : "'", valueStart);
		let value = source.slice(valueStart, at++);
		if (coded) {
			name = decodeEntities(name);
			value = decodeEntities(value);
		}
		const kind = 1 << ((name.charCodeAt(0) + name.length * 5) & 31);
		if ((kinds & kind) !== 0) {
			if (list.length > MANY) unsure = true;
			else if (hasName(list, name)) continue;
		}
		kinds |= kind;
		list.push(name, value);
	}
}

// From so many names and values on, names are not compared one by one.
const MANY = 24;

function hasName(list: readonly string[], name: string): boolean {
	for (let at = 0; at < list.length; at += 2) if (list[at] === name) return true;
	return false;
}

function withoutRepeated(list: readonly string[]): string[] {
	const seen = new Map<string, string>();
	for (let at = 0; at < list.length; at += 2) {
		const name = list[at] as string;
		if (!seen.has(name)) seen.set(name, list[at + 1] as string);
	}
	return [...seen].flat();
}

/**
 * The value of the attribute `name`, decoded, in a range that {@link scanAttributes} has passed; undefined where it is not
 * there. For a look at one or two attributes; it makes nothing but the value.
 */
export function findAttribute(source: string, start: number, end: number, name: string): string | undefined {
	if (source.slice(start, end).includes("&")) {
		const all: AttributeEntries = { names: [], values: [] };
		readAttributes(source, start, end, all);
		return all.values[all.names.indexOf(name)] as string | undefined;
	}
	let at = start;
	for (;;) {
		let unit = source.charCodeAt(at) | 0;
		while (unit === 32 || unit === 10 || unit === 9 || unit === 13) unit = source.charCodeAt(++at) | 0;
		if (at >= end) return undefined;
		const nameStart = at;
		const equals = source.indexOf("=", at);
		at = equals + 1;
		unit = source.charCodeAt(at);
		while (unit !== 34 && unit !== 39) unit = source.charCodeAt(++at);
		const valueStart = at + 1;
		at = source.indexOf(unit === 34 ? '"' : "'", valueStart);
		const nameEnd = nameStart + name.length;
		if (nameEnd <= equals && source.startsWith(name, nameStart) && isWhite(source, nameEnd, equals)) {
			return source.slice(valueStart, at);
		}
		at++;
	}
}

// Finds what belongs to a name in a document, whatever is wrong with the document: it looks around each place where the name is. Where two readings
// are possible it takes both. The cost grows with the length of the document: what was searched once is not searched again.

import { literally } from "./pattern.ts";

/** The places of a value, in units. */
export type Range = [start: number, end: number];

/** How far before an attribute's value its tag may begin, and before a JSON value its object. */
const LONGEST_LOOK_BACK = 4096;

const SKIPPED = "<!\\[cdata\\[[\\s\\S]*?(?:\\]\\]>|$)|<!--[\\s\\S]*?(?:-->|$)";
/** Behind a name: perhaps the end of its quotes, then what is between a name and its value. */
const SEPARATOR = /(?:\\*["']|&quot;|&apos;|&#34;|&#39;|%22|%27)?(?:\s|%20)*([:=]|%3a|%3d)(?:\s|%20)*/iy;
const OPENING = /\\*["']|&quot;|&apos;|&#34;|&#39;|%22|%27/y;
const TAG_MARK = /[>"']/g;
const QUOTED = /"([^"]*)"|'([^']*)'|=\s*([^\s"'>][^\s>]*)/g;
/** A word of a tag that is no attribute's name. */
const WORD = /[^\s"'=<>/]+(?![^\s"'=<>/]|\s*=)/g;
const ENDS: ReadonlyMap<string, RegExp> = new Map([
	["=", /[&<>"'\r\n\0]/g],
	[":", /[,}\]<>"'\r\n\0]/g],
	["%3d", /[&<>"'\s\0]|%26/gi],
	["%3a", /[&<>"'\s\0]|%(?:2c|7d)/gi],
]);

/** Adds the ranges of all values in `text` that belong to one of the names. `names` has the flag `g`. */
export function addNameRanges(text: string, names: RegExp, ranges: Range[]): void {
	new ValueFinder(text, ranges).find(names);
}

class ValueFinder {
	readonly #text: string;
	readonly #ranges: Range[];
	/**
	 * How far the last search of a kind went: a value without quotes by its separator, brackets, an object, a tag, the content of an element by its
	 * name. What begins before that place is masked already, and is not searched again.
	 */
	readonly #ends = new Map<string, number>();

	constructor(text: string, ranges: Range[]) {
		this.#text = text;
		this.#ranges = ranges;
	}

	find(names: RegExp): void {
		names.lastIndex = 0;
		for (let found = names.exec(this.#text); found !== null; found = names.exec(this.#text)) {
			const end = found.index + found[0].length;
			names.lastIndex = Math.max(end, this.#around(found[0], found.index, end));
		}
	}

	/**
	 * Masks what belongs to the name from `start` to `end`. Returns where the search for names continues: inside of what is masked, because in a malformed
	 * document that can end elsewhere.
	 */
	#around(name: string, start: number, end: number): number {
		const text = this.#text;
		const before = text.slice(Math.max(0, start - 64), start);
		if (/<(?:[\w.-]*:)?$/.test(before)) return this.#element(name, end);
		SEPARATOR.lastIndex = end;
		const separator = SEPARATOR.exec(text)?.[1];
		if (separator !== undefined) return this.#value(SEPARATOR.lastIndex, separator.toLowerCase());
		if (/=\s*["']$/.test(before) && /["']/.test(text[end] ?? "")) return this.#namedElement(start, end);
		const isJson = /:\s*\\*["']$/.test(before) && /^\\*["']/.test(text.slice(end, end + 16));
		return isJson ? this.#namedObject(start) : end;
	}

	// An element whose name ends at `at`: the values and loose words in its tag, and its content.
	#element(name: string, at: number): number {
		if (this.#isDone("tag", at)) return at;
		const tagEnd = endOfTag(this.#text, at);
		if (tagEnd < 0) return this.#rest(at);
		this.#ends.set("tag", tagEnd);
		this.#tagValues(at, tagEnd);
		const tag = this.#text.slice(at, tagEnd);
		for (const { index, 0: word } of tag.matchAll(WORD)) this.#ranges.push([at + index, at + index + word.length]);
		this.#content(name, tagEnd);
		return at;
	}

	// An element that has a name as the value of an attribute, from `start` to `end`.
	#namedElement(start: number, end: number): number {
		if (this.#isDone("named tag", start)) return end;
		const head = this.#text.slice(Math.max(0, start - LONGEST_LOOK_BACK), start);
		const open = head.lastIndexOf("<");
		if (open < 0) return end;
		const tag = start - head.length + open;
		const name = /^<([^\s<>/!?"'=]+)/.exec(this.#text.slice(tag, tag + 256))?.[1];
		if (name === undefined) return end;
		this.#tagValues(tag, start - 1);
		// Behind the value's closing quote.
		const tagEnd = endOfTag(this.#text, end + 1);
		if (tagEnd < 0) return this.#rest(end + 1);
		this.#ends.set("named tag", tagEnd);
		this.#tagValues(end + 1, tagEnd);
		this.#content(name.slice(name.indexOf(":") + 1), tagEnd);
		return end;
	}

	// The content of an element whose start tag ends at `tagEnd`.
	#content(name: string, tagEnd: number): void {
		if (this.#text[tagEnd - 2] === "/" || this.#isDone(`<${name.toLowerCase()}`, tagEnd)) return;
		const end = endOfContent(this.#text, name, tagEnd);
		this.#ranges.push([tagEnd, end]);
		this.#ends.set(`<${name.toLowerCase()}`, end);
	}

	#isDone(kind: string, at: number): boolean {
		return at < (this.#ends.get(kind) ?? -1);
	}

	// The values of a JSON object that has a name as a value: `{"name":"password","value":"…"}`.
	#namedObject(start: number): number {
		const text = this.#text;
		if (this.#isDone("object", start)) return start;
		const open = this.#objectAround(start);
		if (open < 0) return start;
		const end = endOfBrackets(text, open);
		this.#ends.set("object", end);
		const values = /:\s*/g;
		values.lastIndex = open;
		for (let found = values.exec(text); found !== null && found.index < end; found = values.exec(text)) {
			const at = values.lastIndex;
			// The name itself stays, behind its quote.
			const isName = at < start && start - at <= (/^\\*["']/.exec(text.slice(at, at + 16))?.[0].length ?? 0);
			values.lastIndex = isName ? start : Math.max(at, this.#value(at, ":"));
		}
		return start;
	}

	// Where the object begins that `start` is in; -1 where there is none.
	#objectAround(start: number): number {
		// Before a place that is in no object nothing opens one.
		const least = Math.max(this.#ends.get("no object") ?? 0, start - LONGEST_LOOK_BACK);
		let depth = 1;
		for (let open = start - 1; open >= least; open--) {
			if (this.#text[open] === "{") depth--;
			else if (this.#text[open] === "}") depth++;
			if (depth === 0) return open;
		}
		this.#ends.set("no object", start);
		return -1;
	}

	// One value that begins at `at`.
	#value(at: number, separator: string): number {
		const text = this.#text;
		OPENING.lastIndex = at;
		const quote = OPENING.exec(text)?.[0];
		if (quote !== undefined) {
			const start = at + quote.length;
			const near = text.indexOf(quote, start);
			if (near < 0) return this.#rest(start);
			// In JSON a backslash keeps a quote from ending the value, in XML it does not.
			this.#ranges.push([start, quote.length === 1 ? endOfString(text, start, quote) : near]);
			// In a malformed document the quote may have ended a value, and not begun one: names behind it count.
			return start;
		}
		const first = text[at];
		if (first === "{" || first === "[") {
			if (this.#isDone("brackets", at)) return at;
			const end = endOfBrackets(text, at);
			this.#ends.set("brackets", end);
			this.#ranges.push([at, end]);
			return at;
		}
		if (this.#isDone(separator, at)) return at;
		const ends = ENDS.get(separator) as RegExp;
		ends.lastIndex = at;
		const end = ends.exec(text)?.index ?? text.length;
		this.#ends.set(separator, end);
		this.#ranges.push([at, end]);
		return at;
	}

	// All attribute values between two places.
	#tagValues(from: number, to: number): void {
		for (const { index, 0: all, 1: double, 2: single, 3: bare } of this.#text.slice(from, to).matchAll(QUOTED)) {
			const value = double ?? single ?? bare ?? "";
			const start = from + index + all.length - value.length - (bare === undefined ? 1 : 0);
			this.#ranges.push([start, start + value.length]);
		}
	}

	// What never ends goes on to the end of the document.
	#rest(from: number): number {
		this.#ranges.push([from, this.#text.length]);
		return this.#text.length;
	}
}

/** Behind the ">" of a start tag; one in quotes does not end it. -1 where there is none. */
function endOfTag(text: string, at: number): number {
	TAG_MARK.lastIndex = at;
	for (let found = TAG_MARK.exec(text); found !== null; found = TAG_MARK.exec(text)) {
		if (found[0] === ">") return TAG_MARK.lastIndex;
		const close = text.indexOf(found[0], TAG_MARK.lastIndex);
		if (close < 0) return -1;
		TAG_MARK.lastIndex = close + 1;
	}
	return -1;
}

/** Where the end tag of the element begins whose content begins at `at`; the end of the text where there is none. */
function endOfContent(text: string, name: string, at: number): number {
	const tags = new RegExp(`${SKIPPED}|<(/?)(?:[\\w.-]+:)?${literally(name)}(?=[\\s/>]|$)`, "gi");
	tags.lastIndex = at;
	let depth = 1;
	for (let found = tags.exec(text); found !== null; found = tags.exec(text)) {
		if (found[1] === undefined) continue;
		if (found[1] === "/") depth--;
		else {
			const end = endOfTag(text, tags.lastIndex);
			if (end < 0) return text.length;
			if (text[end - 2] !== "/") depth++;
			tags.lastIndex = end;
		}
		if (depth === 0) return found.index;
	}
	return text.length;
}

function endOfString(text: string, at: number, quote: string): number {
	while (at < text.length && text[at] !== quote) at += text[at] === "\\" ? 2 : 1;
	return Math.min(at, text.length);
}

function endOfBrackets(text: string, at: number): number {
	let depth = 0;
	for (; at < text.length; at++) {
		const character = text[at] as string;
		if (character === '"' || character === "'") at = endOfString(text, at + 1, character);
		else if (character === "{" || character === "[") depth++;
		else if ((character === "}" || character === "]") && --depth === 0) return at + 1;
	}
	return text.length;
}

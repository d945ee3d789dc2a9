// Reads the root element of a document without building a tree: enough to route `<say room="lobby" id="c1">hi</say>` and to
// take its text, or to pass its content on as it is. The tag is checked; the code that uses the content checks it, with
// `text()` or `checkContent()`, and only then it is certain that the document is this one element.

import { type AttributeEntries, findAttribute, readAttributes, ScannedTag, scanAttributes } from "./attribute-scan.ts";
import { decodeEntities } from "./entities.ts";
import { DEFAULT_PARSE_LIMITS, type ParseLimits, type Refusal } from "./limits.ts";
import { nameAt, sameName } from "./names.ts";
import { isSpace, startsWithWord } from "./scan.ts";
import { judgeContent } from "./well-formed.ts";

/** The root element of a text, see {@link readRoot}. */
export class RootElement {
	/** The text that it was read from. */
	readonly source: string;
	/** The element's name, as written. */
	readonly name: string;
	/** Where the content begins in {@link source}. */
	readonly contentStart: number;
	/** Where the content ends; equal to the start for an empty element. */
	readonly contentEnd: number;
	readonly #attributesStart: number;
	readonly #attributesEnd: number;

	/** @internal Use {@link readRoot}. */
	constructor(
		source: string,
		name: string,
		attributesStart: number,
		attributesEnd: number,
		contentStart: number,
		contentEnd: number,
	) {
		this.source = source;
		this.name = name;
		this.#attributesStart = attributesStart;
		this.#attributesEnd = attributesEnd;
		this.contentStart = contentStart;
		this.contentEnd = contentEnd;
	}

	/** The value of an attribute, decoded, or undefined. Of a repeated attribute the first counts. */
	attribute(name: string): string | undefined {
		return findAttribute(this.source, this.#attributesStart, this.#attributesEnd, name);
	}

	/** All attributes, decoded, in the order of the source. */
	attributes(): Map<string, string> {
		const all = new Map<string, string>();
		const list: AttributeEntries = { names: [], values: [] };
		readAttributes(this.source, this.#attributesStart, this.#attributesEnd, list);
		for (const [at, name] of list.names.entries()) all.set(name, list.values[at] as string);
		return all;
	}

	/** The content exactly as it was written, unchecked. */
	get content(): string {
		return this.source.slice(this.contentStart, this.contentEnd);
	}

	/**
	 * The text of an element that holds only text, CDATA sections and comments, decoded; undefined where it holds anything
	 * else or does not end where it seemed to.
	 */
	text(): string | undefined {
		const source = this.source;
		let text = "";
		let at = this.contentStart;
		while (at < this.contentEnd) {
			if (source.charCodeAt(at) !== 60) {
				const found = source.indexOf("<", at);
				const end = found === -1 || found > this.contentEnd ? this.contentEnd : found;
				text += decodeEntities(source.slice(at, end));
				at = end;
				continue;
			}
			const comment = source.startsWith("<!--", at);
			if (!comment && !startsWithWord(source, at, "<![cdata[")) return undefined;
			const end = source.indexOf(comment ? "-->" : "]]>", at + (comment ? 4 : 9));
			if (end === -1 || end + 3 > this.contentEnd) return undefined;
			if (!comment) text += source.slice(at + 9, end);
			at = end + 3;
		}
		return text;
	}

	/**
	 * Judges the content strictly, as XML 1.0 and within limits, so that {@link content} can be put into another document
	 * unchanged. Undefined means that it is good.
	 */
	checkContent(limits: Partial<ParseLimits> = DEFAULT_PARSE_LIMITS): Refusal | undefined {
		return checkFragment(this.source, this.contentStart, this.contentEnd, limits);
	}
}

/**
 * Reads the root element of a text that is one element, perhaps with white space around it and a byte order mark, XML
 * declarations or comments before it. Undefined for everything else; {@link parseBounded} says what is wrong with such a text.
 *
 * The rules are the player's; the tag keeps within `maxAttributes` and `maxNameLength`.
 *
 * @example
 * ```ts
 * const root = readRoot('<say room="lobby" id="c1">a &lt; b</say>');
 * root?.name; // "say"
 * root?.attribute("room"); // "lobby"
 * root?.text(); // "a < b"
 * ```
 */
export function readRoot(text: string, limits: Partial<ParseLimits> = DEFAULT_PARSE_LIMITS): RootElement | undefined {
	const start = startOfRoot(text);
	if (start === -1) return undefined;
	let stop = start;
	let unit = text.charCodeAt(stop);
	while (unit !== 62 && !isSpace(unit)) {
		if (Number.isNaN(unit)) return undefined;
		unit = text.charCodeAt(++stop);
	}
	let empty = unit === 62 && text.charCodeAt(stop - 1) === 47;
	const nameEnd = empty ? stop - 1 : stop;
	let tagEnd = stop;
	if (unit !== 62) {
		const seen = new ScannedTag();
		tagEnd = scanAttributes(text, stop, seen);
		if (tagEnd < 0) return undefined;
		if (seen.count > (limits.maxAttributes ?? DEFAULT_PARSE_LIMITS.maxAttributes)) return undefined;
		if (seen.longestName > (limits.maxNameLength ?? DEFAULT_PARSE_LIMITS.maxNameLength)) return undefined;
		empty = text.charCodeAt(tagEnd) === 47;
	}
	if (nameEnd === start || nameEnd - start > (limits.maxNameLength ?? DEFAULT_PARSE_LIMITS.maxNameLength))
		return undefined;
	const contentStart = unit !== 62 && empty ? tagEnd + 2 : tagEnd + 1;
	let end = text.length;
	while (isSpace(text.charCodeAt(end - 1))) end--;
	const name = nameAt(text, start, nameEnd);
	if (empty) {
		return end === contentStart ? new RootElement(text, name, stop, tagEnd, contentStart, contentStart) : undefined;
	}
	const contentEnd = text.lastIndexOf("</", end - 1);
	if (contentEnd < contentStart || !isEndTag(text, contentEnd + 2, end, name)) return undefined;
	return new RootElement(text, name, stop, tagEnd, contentStart, contentEnd);
}

/**
 * Judges the part of `text` between `start` and `end` as content that can be put into any XML document unchanged: strictly
 * XML 1.0, properly nested, within limits, and without declarations, processing instructions or DOCTYPE. Undefined means
 * that it is good.
 */
export function checkFragment(
	text: string,
	start = 0,
	end: number = text.length,
	limits: Partial<ParseLimits> = DEFAULT_PARSE_LIMITS,
): Refusal | undefined {
	const all = limits === DEFAULT_PARSE_LIMITS ? DEFAULT_PARSE_LIMITS : { ...DEFAULT_PARSE_LIMITS, ...limits };
	return judgeContent(text, start, end, all);
}

// The index behind the "<" of the root's tag, or -1.
function startOfRoot(text: string): number {
	// Some XML writers put a byte order mark before each document, also on a socket.
	let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
	for (;;) {
		while (isSpace(text.charCodeAt(at))) at++;
		if (text.charCodeAt(at) !== 60) return -1;
		const unit = text.charCodeAt(at + 1);
		if (unit !== 33 && unit !== 63) return unit === 47 ? -1 : at + 1;
		const comment = text.startsWith("<!--", at);
		if (!comment && !startsWithWord(text, at, "<?xml")) return -1;
		const end = text.indexOf(comment ? "-->" : "?>", at + (comment ? 4 : 5));
		if (end === -1) return -1;
		at = end + (comment ? 3 : 2);
	}
}

// Whether the end tag of `name` begins at `start` and ends exactly at `end`.
function isEndTag(text: string, start: number, end: number, name: string): boolean {
	if (text.indexOf(">", start) !== end - 1) return false;
	let stop = start;
	while (stop < end - 1 && !isSpace(text.charCodeAt(stop))) stop++;
	if (stop === end - 1 && text.charCodeAt(stop - 1) === 47) stop--;
	return sameName(name, text.slice(start, stop));
}

// The strict judge: whether a text is well-formed XML 1.0, without building anything. Where the player's parser is content
// with nearly any name and any "&", this accepts only what every reader of XML understands alike, so that a piece of a
// document which it has passed can be put into another document unchanged. One pass, no recursion.
// Implements the grammar of XML 1.0 (fifth edition) for content and for documents with an inert document type declaration.

import { characterLength, isCharacter, nameEnd } from "./characters.ts";
import { digitValue } from "./entities.ts";
import { type ParseLimits, type Refusal, type RefusalCode, refusalAt, refuse } from "./limits.ts";
import { endOfDocType, isSpace } from "./scan.ts";
import { TagNames } from "./tag-names.ts";

/** A limit for each that no text can pass. */
export const NO_LIMITS: ParseLimits = {
	maxDepth: Number.POSITIVE_INFINITY,
	maxNodes: Number.POSITIVE_INFINITY,
	maxAttributes: Number.POSITIVE_INFINITY,
	maxNameLength: Number.POSITIVE_INFINITY,
};

/**
 * Judges the part of `source` between `start` and `end` as the content of an element: texts, elements, CDATA sections and
 * comments, properly nested. Processing instructions and declarations do not belong there: players read them otherwise.
 */
export function judgeContent(source: string, start: number, end: number, limits: ParseLimits): Refusal | undefined {
	return new Judge(source, start, end, limits, false).content();
}

/** Judges all of `source` as a document with one root element. */
export function judgeDocument(source: string): Refusal | undefined {
	return new Judge(source, 0, source.length, NO_LIMITS, true).document();
}

class Judge {
	readonly #source: string;
	readonly #end: number;
	readonly #limits: ParseLimits;
	readonly #whole: boolean;
	// Where the names of the open elements begin and end, in pairs.
	readonly #open: number[] = [];
	readonly #names: TagNames;
	#at: number;
	#nodes = 0;
	#hasDocType = false;
	#refusal: Refusal | undefined;

	constructor(source: string, start: number, end: number, limits: ParseLimits, whole: boolean) {
		this.#source = source;
		this.#at = start;
		this.#end = end;
		this.#limits = limits;
		this.#whole = whole;
		this.#names = new TagNames(source, end);
	}

	content(): Refusal | undefined {
		while (this.#at < this.#end && this.#refusal === undefined) this.#piece();
		return this.#refusal ?? this.#stillOpen();
	}

	document(): Refusal | undefined {
		if (this.#source.charCodeAt(0) === 0xfeff) this.#at++;
		if (this.#sees("<?xml") && isSpace(this.#source.charCodeAt(this.#at + 5)))
			this.#past("?>", 5, "The XML declaration");
		let roots = 0;
		while (this.#at < this.#end && this.#refusal === undefined) {
			if (this.#open.length > 0) {
				this.#piece();
			} else if (isSpace(this.#source.charCodeAt(this.#at))) {
				this.#at++;
			} else if (this.#sees("<!--") || this.#sees("<?")) {
				this.#piece();
			} else if (this.#sees("<!DOCTYPE")) {
				if (roots > 0 || this.#hasDocType) this.#fail("The DOCTYPE does not stand before the root element");
				else this.#docType();
			} else if (this.#source.charCodeAt(this.#at) !== 60 || this.#sees("<![CDATA[")) {
				this.#fail("There is text outside the root element");
			} else if (roots > 0) {
				this.#fail("There is a second root element");
			} else {
				roots++;
				this.#piece();
			}
		}
		if (this.#refusal === undefined && roots === 0) this.#fail("There is no root element");
		return this.#refusal ?? this.#stillOpen();
	}

	// Each of the following reads one thing at the cursor and says whether the judging goes on.
	#piece(): boolean {
		if (this.#source.charCodeAt(this.#at) !== 60) return this.#text();
		const unit = this.#unitAt(this.#at + 1);
		if (unit !== 47 && unit !== 33 && unit !== 63) return this.#startTag();
		if (unit === 47) return this.#endTag();
		if (this.#sees("<!--")) return this.#comment();
		if (this.#sees("<![CDATA[")) return this.#cdata();
		if (this.#sees("<?")) return this.#instruction();
		if (this.#sees("<!DOCTYPE")) return this.#fail("A DOCTYPE is inside an element", "XMLSOCKET_DOCTYPE_REFUSED");
		return this.#startTag();
	}

	#text(): boolean {
		if (!this.#count()) return false;
		const source = this.#source;
		const end = this.#end;
		while (this.#at < end) {
			const unit = source.charCodeAt(this.#at);
			if (unit > 93 ? unit < 0xd800 : unit >= 32 && unit !== 60 && unit !== 38 && unit !== 93) {
				this.#at++;
				continue;
			}
			if (unit === 60) break;
			if (unit === 93 && this.#sees("]]>")) return this.#fail('"]]>" is in text');
			if (!(unit === 38 ? this.#reference() : this.#character())) return false;
		}
		return true;
	}

	#startTag(): boolean {
		const tag = this.#at++;
		const start = this.#at;
		if (!this.#name("an element") || !this.#count()) return false;
		const end = this.#at;
		this.#names.begin(tag);
		for (;;) {
			const before = this.#at;
			this.#space();
			const unit = this.#unitAt(this.#at);
			if (unit === 47 && this.#unitAt(this.#at + 1) === 62) {
				this.#at += 2;
				return this.#open.length / 2 < this.#limits.maxDepth || this.#pass("XMLSOCKET_TOO_DEEP", tag);
			}
			if (unit === 62) {
				this.#at++;
				if (this.#open.length / 2 >= this.#limits.maxDepth) return this.#pass("XMLSOCKET_TOO_DEEP", tag);
				this.#open.push(start, end);
				return true;
			}
			if (before === this.#at) return this.#fail("White space or the end of the tag is missing");
			if (!this.#attribute()) return false;
		}
	}

	#attribute(): boolean {
		const start = this.#at;
		if (!this.#name("an attribute")) return false;
		const end = this.#at;
		const names = this.#names;
		const before = names.count;
		if (!names.add(start, end))
			return this.#fail(`The ${this.#attributeAt(start, end)} is there twice`, undefined, start);
		if (before >= this.#limits.maxAttributes) return this.#pass("XMLSOCKET_TOO_MANY_ATTRIBUTES", start);
		this.#space();
		if (this.#unitAt(this.#at) !== 61) return this.#fail(`The ${this.#attributeAt(start, end)} has no value`);
		this.#at++;
		this.#space();
		const quote = this.#unitAt(this.#at);
		if (quote === 34 || quote === 39) return this.#value(start, end, quote);
		return this.#fail(`The value of the ${this.#attributeAt(start, end)} has no quotes`);
	}

	// Reads a value from its opening quote on; the name is in the source between `start` and `end`.
	#value(start: number, end: number, quote: number): boolean {
		const source = this.#source;
		const opening = this.#at++;
		while (this.#at < this.#end) {
			const unit = source.charCodeAt(this.#at);
			if (unit === quote) {
				this.#at++;
				return true;
			}
			if (unit > 60 ? unit < 0xd800 : unit >= 32 && unit !== 60 && unit !== 38) {
				this.#at++;
				continue;
			}
			if (unit === 60) return this.#fail(`"<" is in the value of the ${this.#attributeAt(start, end)}`);
			if (!(unit === 38 ? this.#reference() : this.#character())) return false;
		}
		return this.#fail(`The value of the ${this.#attributeAt(start, end)} has no closing quote`, undefined, opening);
	}

	#attributeAt(start: number, end: number): string {
		return `attribute "${this.#source.slice(start, end)}"`;
	}

	#endTag(): boolean {
		const source = this.#source;
		const tag = this.#at;
		const end = this.#open.pop();
		const start = this.#open.pop();
		if (start === undefined || end === undefined) return this.#fail("An end tag closes no open element");
		this.#at = tag + 2;
		for (let at = start; at < end; at++, this.#at++) {
			if (this.#at < this.#end && source.charCodeAt(this.#at) === source.charCodeAt(at)) continue;
			return this.#fail(`The element "${source.slice(start, end)}" is not closed first`, undefined, tag);
		}
		this.#space();
		if (this.#unitAt(this.#at) !== 62) {
			return this.#fail(`The end tag is not that of the element "${source.slice(start, end)}"`, undefined, tag);
		}
		this.#at++;
		return true;
	}

	#comment(): boolean {
		const close = this.#source.indexOf("--", this.#at + 4);
		if (close !== -1 && close + 2 < this.#end && this.#source.charCodeAt(close + 2) !== 62) {
			return this.#fail('"--" is in a comment', undefined, close);
		}
		return this.#past("-->", 4, "The comment");
	}

	#cdata(): boolean {
		return this.#count() && this.#past("]]>", 9, "The CDATA section");
	}

	#instruction(): boolean {
		if (!this.#whole) return this.#fail("A processing instruction or declaration is inside");
		const start = this.#at;
		this.#at += 2;
		const target = this.#at;
		if (!this.#name("a processing instruction")) return false;
		const name = this.#source.slice(target, this.#at);
		if (name.toLowerCase() === "xml") return this.#fail("An XML declaration is not at the beginning", undefined, start);
		if (!this.#sees("?>") && !isSpace(this.#source.charCodeAt(this.#at))) {
			return this.#fail("A processing instruction has a malformed name", undefined, start);
		}
		return this.#past("?>", 0, "The processing instruction");
	}

	#docType(): boolean {
		const end = endOfDocType(this.#source, this.#at);
		if (end === -1) return this.#fail("The DOCTYPE is not closed");
		this.#hasDocType = true;
		this.#at = end;
		return true;
	}

	// Goes behind the next `terminator`, and looks at every character before it.
	#past(terminator: string, skip: number, what: string): boolean {
		const start = this.#at;
		const stop = this.#source.indexOf(terminator, start + skip);
		if (stop === -1 || stop + terminator.length > this.#end) return this.#fail(`${what} is not closed`);
		while (this.#at < stop) {
			const unit = this.#source.charCodeAt(this.#at);
			if (unit >= 32 && unit < 0xd800) this.#at++;
			else if (!this.#character()) return false;
		}
		this.#at = stop + terminator.length;
		return true;
	}

	#name(of: string): boolean {
		const start = this.#at;
		this.#at = nameEnd(this.#source, start, this.#end);
		if (this.#at === start) return this.#fail(`The name of ${of} is missing or malformed`);
		return this.#at - start <= this.#limits.maxNameLength || this.#pass("XMLSOCKET_NAME_TOO_LONG", start);
	}

	#reference(): boolean {
		const source = this.#source;
		const start = this.#at;
		let at = start + 1;
		if (source.charCodeAt(at) === 35) {
			const radix = source.charCodeAt(++at) === 120 ? 16 : 10;
			if (radix === 16) at++;
			let code = 0;
			const first = at;
			for (; at < this.#end && code <= 0x10ffff; at++) {
				const digit = digitValue(source.charCodeAt(at), radix === 16);
				if (digit === -1) break;
				code = code * radix + digit;
			}
			if (at === first || at >= this.#end || source.charCodeAt(at) !== 59 || !isCharacter(code)) {
				return this.#fail("A character reference is malformed or represents no character of XML");
			}
		} else {
			const first = at;
			at = nameEnd(source, at, this.#end);
			if (at === first || at >= this.#end || source.charCodeAt(at) !== 59) {
				return this.#fail('"&" begins no reference; write &amp;');
			}
			// A document type declaration can declare names; they are not looked up.
			if (!this.#hasDocType && !KNOWN_ENTITIES.has(source.slice(first, at))) {
				return this.#fail(`The entity "${source.slice(first, at)}" is not one of XML's five`);
			}
		}
		this.#at = at + 1;
		return true;
	}

	#character(): boolean {
		const length = characterLength(this.#source, this.#at);
		if (length === 0 || this.#at + length > this.#end) {
			const code = this.#source.charCodeAt(this.#at).toString(16).toUpperCase().padStart(4, "0");
			return this.#fail(`U+${code} is not allowed in XML`);
		}
		this.#at += length;
		return true;
	}

	#space(): void {
		while (this.#at < this.#end && isSpace(this.#source.charCodeAt(this.#at))) this.#at++;
	}

	// The unit at `at`, or 0 behind the end.
	#unitAt(at: number): number {
		return at < this.#end ? this.#source.charCodeAt(at) : 0;
	}

	#sees(text: string): boolean {
		return this.#at + text.length <= this.#end && this.#source.startsWith(text, this.#at);
	}

	#count(): boolean {
		return ++this.#nodes <= this.#limits.maxNodes || this.#pass("XMLSOCKET_TOO_MANY_NODES", this.#at);
	}

	#stillOpen(): Refusal | undefined {
		const end = this.#open.pop();
		const start = this.#open.pop();
		if (start !== undefined) {
			this.#fail(`The element "${this.#source.slice(start, end)}" is not closed`, undefined, start - 1);
		}
		return this.#refusal;
	}

	#pass(code: RefusalCode, offset: number): false {
		this.#refusal ??= refuse(code, this.#limits, offset);
		return false;
	}

	#fail(what: string, code: RefusalCode = "XMLSOCKET_NOT_WELL_FORMED", offset: number = this.#at): false {
		this.#refusal ??= refusalAt(code, what, offset);
		return false;
	}
}

const KNOWN_ENTITIES: ReadonlySet<string> = new Set(["amp", "lt", "gt", "quot", "apos"]);

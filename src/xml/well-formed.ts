// The strict judge: whether a text is well-formed XML 1.0, without building anything. Where the player's parser is content
// with nearly any name and any "&", this accepts only what every reader of XML understands alike, so that a piece of a
// document which it has passed can be put into another document unchanged. One pass, no recursion.
// Implements the grammar of XML 1.0 (fifth edition) for content and for documents with an inert document type declaration.

import { characterLength, isCharacter, nameEnd } from "./characters.ts";
import { type ParseLimits, type Refusal, type RefusalCode, refuse } from "./limits.ts";
import { endOfDocType, isSpace } from "./scan.ts";

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
	}

	content(): Refusal | undefined {
		while (this.#at < this.#end && this.#refusal === undefined) this.#piece();
		return this.#refusal ?? this.#stillOpen();
	}

	document(): Refusal | undefined {
		if (this.#sees("<?xml") && isSpace(this.#source.charCodeAt(this.#at + 5))) this.#past("?>", 5, "The XML declaration");
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
			} else if (this.#source.charCodeAt(this.#at) !== 60) {
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

	#piece(): void {
		if (this.#source.charCodeAt(this.#at) !== 60) this.#text();
		else if (this.#sees("</")) this.#endTag();
		else if (this.#sees("<!--")) this.#comment();
		else if (this.#sees("<![CDATA[")) this.#cdata();
		else if (this.#sees("<?")) this.#instruction();
		else if (this.#sees("<!DOCTYPE")) this.#fail("A DOCTYPE stands inside", "XMLSOCKET_DOCTYPE_REFUSED");
		else this.#startTag();
	}

	#text(): void {
		if (!this.#count()) return;
		while (this.#at < this.#end) {
			const unit = this.#source.charCodeAt(this.#at);
			if (unit === 60) return;
			if (unit === 93 && this.#sees("]]>")) return this.#fail('"]]>" stands in text');
			if (!(unit === 38 ? this.#reference() : this.#character())) return;
		}
	}

	#startTag(): void {
		const start = this.#at + 1;
		const end = this.#name(start, "An element");
		if (end === start || !this.#count()) return;
		const names: string[] = [];
		this.#at = end;
		for (;;) {
			const before = this.#at;
			this.#space();
			const unit = this.#at < this.#end ? this.#source.charCodeAt(this.#at) : Number.NaN;
			if (unit === 62 || (unit === 47 && this.#sees("/>"))) {
				if (this.#open.length / 2 >= this.#limits.maxDepth) return this.#pass("XMLSOCKET_TOO_DEEP");
				this.#at += unit === 62 ? 1 : 2;
				if (unit === 62) this.#open.push(start, end);
				return;
			}
			if (before === this.#at) return this.#fail("White space or the end of the tag is missing");
			if (!this.#attribute(names)) return;
		}
	}

	#attribute(names: string[]): boolean {
		const start = this.#at;
		const end = this.#name(start, "An attribute");
		if (end === start) return false;
		const name = this.#source.slice(start, end);
		if (names.length >= this.#limits.maxAttributes) return this.#pass("XMLSOCKET_TOO_MANY_ATTRIBUTES") ?? false;
		this.#at = end;
		this.#space();
		if (!this.#sees("=")) return this.#fail(`The attribute "${name}" has no value`) ?? false;
		this.#at++;
		this.#space();
		const quote = this.#source.charCodeAt(this.#at);
		if (this.#at >= this.#end || (quote !== 34 && quote !== 39)) {
			return this.#fail(`The value of the attribute "${name}" has no quotes`) ?? false;
		}
		const opening = this.#at++;
		while (this.#at < this.#end) {
			const unit = this.#source.charCodeAt(this.#at);
			if (unit === quote) {
				this.#at++;
				names.push(name);
				return true;
			}
			if (unit === 60) return this.#fail(`"<" stands in the value of the attribute "${name}"`) ?? false;
			if (!(unit === 38 ? this.#reference() : this.#character())) return false;
		}
		this.#at = opening;
		return this.#fail(`The value of the attribute "${name}" has no closing quote`) ?? false;
	}
}

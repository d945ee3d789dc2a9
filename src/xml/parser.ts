// The one parser: a single pass from left to right that builds the tree as it goes and stops at the first error with the
// player's status. It checks the grammar of attributes and remembers where they and the text stand; both are read later,
// when someone asks. No recursion, no regular expressions, nothing that a document can make it do twice.
// Implements docs/xml.md, "Parser".

import { ScannedTag, scanAttributes } from "./attribute-scan.ts";
import type { ParseLimits, RefusalCode } from "./limits.ts";
import { nameAt, sameName } from "./names.ts";
import { endOfDocType, isSpace, isWhite, startsWithWord } from "./scan.ts";
import { addElement, addText, nameOf, parentOf, type TreeNode } from "./tree-node.ts";

/** What the parser tells a document about things that are no nodes. */
export interface ParseHooks {
	/**
	 * An element with an attribute `id` has just been added, with its attributes and without children. The id stands in
	 * `source` between `start` and `end`, not decoded yet.
	 */
	noteId(root: TreeNode, source: string, start: number, end: number, element: TreeNode): void;
	/** An XML declaration, verbatim. */
	xmlDecl(root: TreeNode, text: string): void;
	/** A document type declaration, verbatim. */
	docType(root: TreeNode, text: string): void;
}

/** The player's status codes. -7, out of memory, has never been seen. */
export const Status = {
	OK: 0,
	CDATA_UNFINISHED: -2,
	XML_DECL_UNFINISHED: -3,
	DOCTYPE_UNFINISHED: -4,
	COMMENT_UNFINISHED: -5,
	TAG_MALFORMED: -6,
	VALUE_UNFINISHED: -8,
	NOT_CLOSED: -9,
	NOT_OPENED: -10,
} as const;

/** One run over one source. */
export class Parser {
	/** Where the parse stands, and where it stopped. */
	at = 0;
	/** The limit that was passed, where limits were given; the status then has no meaning. */
	refused: RefusalCode | null = null;
	readonly #root: TreeNode;
	readonly #source: string;
	readonly #ignoreWhite: boolean;
	readonly #hooks: ParseHooks;
	readonly #limits: ParseLimits | null;
	readonly #seen = new ScannedTag();
	#open: TreeNode;
	#depth = 0;
	#nodes = 0;

	constructor(root: TreeNode, source: string, ignoreWhite: boolean, hooks: ParseHooks, limits: ParseLimits | null) {
		this.#root = root;
		this.#source = source;
		this.#ignoreWhite = ignoreWhite;
		this.#hooks = hooks;
		this.#limits = limits;
		this.#open = root;
	}

	/** Parses all of the source into the root, which has no children yet, and returns the status. */
	run(): number {
		const source = this.#source;
		let status: number = Status.OK;
		while (this.at < source.length && status === Status.OK && this.refused === null) {
			if (source.charCodeAt(this.at) !== 60) {
				this.#text();
				continue;
			}
			const unit = source.charCodeAt(this.at + 1);
			if (unit === 47) status = this.#closingTag();
			else if (unit === 33) status = this.#exclamation();
			else if (unit === 63 && startsWithWord(source, this.at + 2, "xml")) status = this.#xmlDecl();
			else status = this.#openingTag();
		}
		return status === Status.OK && this.#open !== this.#root ? Status.NOT_CLOSED : status;
	}

	#text(): void {
		const source = this.#source;
		const start = this.at;
		const found = source.indexOf("<", start);
		const end = found === -1 ? source.length : found;
		if (!(this.#ignoreWhite && isWhite(source, start, end))) {
			if (!this.#mayAdd()) return;
			addText(this.#open, source, start, end);
		}
		this.at = end;
	}

	#openingTag(): number {
		const source = this.#source;
		const start = this.at + 1;
		let stop = start;
		let unit = source.charCodeAt(stop);
		while (unit !== 62 && !isSpace(unit)) {
			// Only what lies past the end is not equal to itself.
			if (Number.isNaN(unit)) return Status.TAG_MALFORMED;
			unit = source.charCodeAt(++stop);
		}
		let nameEnd = stop;
		let empty = false;
		if (unit === 62) {
			empty = source.charCodeAt(stop - 1) === 47;
			if (empty) nameEnd--;
		}
		if (nameEnd === start) return Status.TAG_MALFORMED;
		const seen = this.#seen;
		seen.count = 0;
		if (unit !== 62) {
			const end = scanAttributes(source, stop, seen);
			if (end < 0) return end;
			empty = source.charCodeAt(end) === 47;
			nameEnd = stop;
			stop = end;
		}
		if (this.#limits !== null && !this.#withinLimits(this.#limits, nameEnd - start)) return Status.OK;
		const name = nameAt(source, start, nameEnd);
		this.at = !empty || unit === 62 ? stop + 1 : stop + 2;
		if (seen.count === 0) {
			const element = addElement(this.#open, name, null, 0, 0);
			if (!empty) this.#enter(element);
			return Status.OK;
		}
		const element = addElement(this.#open, name, source, nameEnd, stop);
		if (seen.idStart !== -1) this.#hooks.noteId(this.#root, source, seen.idStart, seen.idEnd, element);
		if (!empty) this.#enter(element);
		return Status.OK;
	}

	#closingTag(): number {
		const source = this.#source;
		const open = this.#open;
		const name = nameOf(open);
		const start = this.at + 2;
		// The usual end tag is told by comparing in place. A name that ends in "/" cannot be closed that way: `</a/>` closes `a`.
		if (
			open !== this.#root &&
			name !== null &&
			source.startsWith(name, start) &&
			source.charCodeAt(start + name.length) === 62 &&
			source.charCodeAt(start + name.length - 1) !== 47
		) {
			this.at = start + name.length + 1;
			this.#leave();
			return Status.OK;
		}
		return this.#otherClosingTag(start);
	}

	#otherClosingTag(start: number): number {
		const source = this.#source;
		let stop = start;
		let unit = source.charCodeAt(stop);
		while (unit !== 62 && !isSpace(unit)) {
			if (Number.isNaN(unit)) return Status.TAG_MALFORMED;
			unit = source.charCodeAt(++stop);
		}
		const nameEnd = unit === 62 && source.charCodeAt(stop - 1) === 47 && stop > start ? stop - 1 : stop;
		if (nameEnd === start) return Status.TAG_MALFORMED;
		const end = source.indexOf(">", stop);
		if (end === -1) return Status.TAG_MALFORMED;
		const name = source.slice(start, nameEnd);
		let node: TreeNode | null = this.#open;
		if (node !== this.#root && sameName(nameOf(node), name)) {
			this.at = end + 1;
			this.#leave();
			return Status.OK;
		}
		for (; node !== null && node !== this.#root; node = parentOf(node)) {
			if (sameName(nameOf(node), name)) return Status.NOT_CLOSED;
		}
		return Status.NOT_OPENED;
	}

	#exclamation(): number {
		const source = this.#source;
		const start = this.at + 2;
		if (source.startsWith("--", start)) {
			const end = source.indexOf("-->", start + 2);
			if (end === -1) return Status.COMMENT_UNFINISHED;
			this.at = end + 3;
			return Status.OK;
		}
		if (startsWithWord(source, start, "[cdata[")) {
			const end = source.indexOf("]]>", start + 7);
			if (end === -1) return Status.CDATA_UNFINISHED;
			if (!this.#mayAdd()) return Status.OK;
			addText(this.#open, source.slice(start + 7, end), -1, 0);
			this.at = end + 3;
			return Status.OK;
		}
		if (startsWithWord(source, start, "doctype")) {
			if (this.#limits !== null) {
				this.refused = "XMLSOCKET_DOCTYPE_REFUSED";
				return Status.OK;
			}
			const end = endOfDocType(source, this.at);
			if (end === -1) return Status.DOCTYPE_UNFINISHED;
			this.#hooks.docType(this.#root, source.slice(this.at, end));
			this.at = end;
			return Status.OK;
		}
		return this.#openingTag();
	}

	#xmlDecl(): number {
		const end = this.#source.indexOf("?>", this.at + 5);
		if (end === -1) return Status.XML_DECL_UNFINISHED;
		this.#hooks.xmlDecl(this.#root, this.#source.slice(this.at, end + 2));
		this.at = end + 2;
		return Status.OK;
	}

	#enter(element: TreeNode): void {
		this.#open = element;
		this.#depth++;
	}

	#leave(): void {
		// A setter of the script's `idMap` can have moved the open element: then the parse goes on at the top.
		this.#open = parentOf(this.#open) ?? this.#root;
		this.#depth--;
	}

	#mayAdd(): boolean {
		if (this.#limits === null || ++this.#nodes <= this.#limits.maxNodes) return true;
		this.refused = "XMLSOCKET_TOO_MANY_NODES";
		return false;
	}

	#withinLimits(limits: ParseLimits, nameLength: number): boolean {
		const seen = this.#seen;
		if (seen.count > limits.maxAttributes) this.refused = "XMLSOCKET_TOO_MANY_ATTRIBUTES";
		else if (nameLength > limits.maxNameLength || (seen.count > 0 && seen.longestName > limits.maxNameLength)) {
			this.refused = "XMLSOCKET_NAME_TOO_LONG";
		} else if (this.#depth >= limits.maxDepth) this.refused = "XMLSOCKET_TOO_DEEP";
		else return this.#mayAdd();
		return false;
	}
}

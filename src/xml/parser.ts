// The one parser: a single pass from left to right that builds the tree as it goes and stops at the first error with the
// player's status. It checks the grammar of attributes and remembers where they and the text stand; both are read later,
// when someone asks. No recursion, no regular expressions, nothing that a document can make it do twice.
// Implements docs/xml.md, "Parser".

import { ScannedTag, scanAttributes, TAG_MALFORMED } from "./attribute-scan.ts";
import type { DocumentNode } from "./document-node.ts";
import type { ParseLimits, RefusalCode } from "./limits.ts";
import { nameAt, sameName } from "./names.ts";
import { endOfDocType, isSpace, isWhite, startsWithWord } from "./scan.ts";
import { addElement, addText, nameOf, openElement, parentOf, type TreeNode } from "./tree-node.ts";

/** What the parser tells a document about things that are no nodes. */
export interface ParseHooks {
	/**
	 * An element with an attribute `id` has just been added, with its attributes and without children. The id is in
	 * `source` between `start` and `end`, not decoded yet.
	 */
	noteId(root: DocumentNode, source: string, start: number, end: number, element: TreeNode): void;
	/** An XML declaration, verbatim. */
	xmlDecl(root: DocumentNode, text: string): void;
	/** A document type declaration, verbatim. */
	docType(root: DocumentNode, text: string): void;
}

/** A parse within limits: what they are, what has been used of them, and how it ended. */
export class Bounds {
	readonly limits: ParseLimits;
	/** Whether the parse only judges the text: the document stays empty. */
	readonly judges: boolean;
	nodes = 0;
	depth = 0;
	/** The limit that was passed; the status has no meaning then. */
	refused: RefusalCode | null = null;
	/** Where the parse stopped. */
	offset = 0;

	constructor(limits: ParseLimits, judges: boolean) {
		this.limits = limits;
		this.judges = judges;
	}
}

// The player's status codes; -7, out of memory, has never been seen.
const CDATA_UNFINISHED = -2;
const XML_DECL_UNFINISHED = -3;
const DOCTYPE_UNFINISHED = -4;
const COMMENT_UNFINISHED = -5;
const NOT_CLOSED = -9;
const NOT_OPENED = -10;
// Not the player's: a limit was passed.
const REFUSED = -100;

// Names of texts longer than this, in UTF-16 units, are shared: cutting a name is faster than looking it up, but a tree with
// thousands of names costs the garbage collector more than that.
const LONG = 4096;

// Filled and read between two calls to anything that could parse again.
const seen = new ScannedTag();
// The element that the last start tag has opened; null where it closed itself.
let entered: TreeNode | null = null;

/**
 * Parses all of `source` into `root`, which has no children yet, and returns the status. With `bounds` a passed limit ends
 * the parse too, and is entered there.
 */
export function parseInto(
	root: DocumentNode,
	source: string,
	ignoreWhite: boolean,
	hooks: ParseHooks,
	bounds: Bounds | null,
): number {
	const length = source.length;
	let open: TreeNode = root;
	let at = 0;
	while (at < length) {
		if (source.charCodeAt(at) !== 60) {
			let end = source.indexOf("<", at);
			if (end === -1) end = length;
			if (!(ignoreWhite && isWhite(source, at, end))) {
				if (bounds !== null && passesNodes(bounds)) return stop(bounds, at, REFUSED);
				if (bounds === null || !bounds.judges) addText(open, source, at, end);
			}
			at = end;
			continue;
		}

		// Past the end there is no unit; `| 0` makes that 0, and where it matters the end is looked for.
		const unit = source.charCodeAt(at + 1) | 0;
		if (unit === 47) {
			const end = endTag(source, at + 2, open, root);
			if (end < 0) return stop(bounds, at, end);
			// A setter of a script's `idMap` can have moved the open element; the parse then goes on at the top.
			open = parentOf(open) ?? root;
			if (bounds !== null) bounds.depth--;
			at = end;
			continue;
		}
		if (unit === 33 || unit === 63) {
			const end = notATag(source, at, open, root, hooks, bounds);
			if (end < 0) return stop(bounds, at, end);
			if (end > 0) {
				at = end;
				continue;
			}
		}

		const end = startTag(source, at, unit, open, root, hooks, bounds);
		if (end < 0) return stop(bounds, at, end);
		if (entered !== null) open = entered;
		at = end;
	}
	return stop(bounds, at, open === root ? 0 : NOT_CLOSED);
}

// Reads a start tag, whose name begins with `unit`, adds its element, and returns the index behind it, or a status. The
// element is then `entered` where it has content.
function startTag(
	source: string,
	at: number,
	unit: number,
	open: TreeNode,
	root: DocumentNode,
	hooks: ParseHooks,
	bounds: Bounds | null,
): number {
	const length = source.length;
	const start = at + 1;
	let end = start;
	while (unit > 62 || (unit !== 62 && unit !== 32 && unit !== 10 && unit !== 9 && unit !== 13)) {
		if (unit === 0 && end >= length) return TAG_MALFORMED;
		unit = source.charCodeAt(++end) | 0;
	}
	let nameEnd = end;
	// Behind the tag, while `end` is at the ">" or "/" that ends it.
	let after = end + 1;
	if (unit === 62) {
		seen.count = 0;
		if (source.charCodeAt(end - 1) === 47) {
			unit = 47;
			nameEnd--;
		}
		if (nameEnd === start) return TAG_MALFORMED;
	} else {
		if (end === start) return TAG_MALFORMED;
		end = scanAttributes(source, end, seen);
		if (end < 0) return end;
		unit = source.charCodeAt(end);
		after = unit === 47 ? end + 2 : end + 1;
	}
	if (bounds !== null) {
		if (passesLimit(bounds, nameEnd - start)) return REFUSED;
		if (bounds.judges) {
			// Only the elements that are open are kept, for the end tags to come.
			entered = unit === 62 ? openElement(open, source.slice(start, nameEnd)) : null;
			if (entered !== null) bounds.depth++;
			return after;
		}
	}
	const name = length > LONG ? nameAt(source, start, nameEnd) : source.slice(start, nameEnd);
	const hasAttributes = seen.count !== 0;
	const element = addElement(open, name, hasAttributes ? source : null, nameEnd, end);
	if (hasAttributes && seen.idStart !== -1) hooks.noteId(root, source, seen.idStart, seen.idEnd, element);
	if (unit === 62) {
		entered = element;
		if (bounds !== null) bounds.depth++;
	} else entered = null;
	return after;
}

// Reads an end tag from behind its "</" and returns the index behind it, or a status.
function endTag(source: string, start: number, open: TreeNode, root: TreeNode): number {
	const name = nameOf(open);
	// The usual end tag is told by comparing in place. A name that ends in "/" is not closed that way: `</a/>` closes `a`.
	if (open !== root && name !== null && source.startsWith(name, start)) {
		const end = start + name.length;
		if (source.charCodeAt(end) === 62 && source.charCodeAt(end - 1) !== 47) return end + 1;
	}
	return unusualEndTag(source, start, open, root);
}

function unusualEndTag(source: string, start: number, open: TreeNode, root: TreeNode): number {
	let nameEnd = start;
	while (nameEnd < source.length && source.charCodeAt(nameEnd) !== 62 && !isSpace(source.charCodeAt(nameEnd)))
		nameEnd++;
	const end = source.indexOf(">", nameEnd);
	if (end === -1) return TAG_MALFORMED;
	if (nameEnd === end && nameEnd > start && source.charCodeAt(nameEnd - 1) === 47) nameEnd--;
	if (nameEnd === start) return TAG_MALFORMED;
	const name = source.slice(start, nameEnd);
	let node: TreeNode | null = open;
	if (node !== root && sameName(nameOf(node), name)) return end + 1;
	for (; node !== null && node !== root; node = parentOf(node)) if (sameName(nameOf(node), name)) return NOT_CLOSED;
	return NOT_OPENED;
}

// Reads a comment, a CDATA section or a declaration and returns the index behind it, or a status; 0 means that it is none
// of them and so a tag, whatever its name.
function notATag(
	source: string,
	at: number,
	open: TreeNode,
	root: DocumentNode,
	hooks: ParseHooks,
	bounds: Bounds | null,
): number {
	if (source.startsWith("<!--", at)) {
		const end = source.indexOf("-->", at + 4);
		return end === -1 ? COMMENT_UNFINISHED : end + 3;
	}
	if (startsWithWord(source, at, "<![cdata[")) {
		const end = source.indexOf("]]>", at + 9);
		if (end === -1) return CDATA_UNFINISHED;
		if (bounds !== null && passesNodes(bounds)) return REFUSED;
		if (bounds === null || !bounds.judges) addText(open, source.slice(at + 9, end), -1, 0);
		return end + 3;
	}
	if (startsWithWord(source, at, "<!doctype")) {
		if (bounds !== null) {
			bounds.refused = "XMLSOCKET_DOCTYPE_REFUSED";
			return REFUSED;
		}
		const end = endOfDocType(source, at);
		if (end === -1) return DOCTYPE_UNFINISHED;
		hooks.docType(root, source.slice(at, end));
		return end;
	}
	if (startsWithWord(source, at, "<?xml")) {
		const end = source.indexOf("?>", at + 5);
		if (end === -1) return XML_DECL_UNFINISHED;
		hooks.xmlDecl(root, source.slice(at, end + 2));
		return end + 2;
	}
	return 0;
}

function stop(bounds: Bounds | null, at: number, status: number): number {
	// Nothing of this parse stays alive here.
	entered = null;
	if (bounds !== null) bounds.offset = at;
	return status;
}

function passesNodes(bounds: Bounds): boolean {
	if (++bounds.nodes <= bounds.limits.maxNodes) return false;
	bounds.refused = "XMLSOCKET_TOO_MANY_NODES";
	return true;
}

// Whether the tag at hand passes a limit; its attributes are in `seen`.
function passesLimit(bounds: Bounds, nameLength: number): boolean {
	const { maxDepth, maxAttributes, maxNameLength } = bounds.limits;
	if (seen.count > maxAttributes) bounds.refused = "XMLSOCKET_TOO_MANY_ATTRIBUTES";
	else if (nameLength > maxNameLength || (seen.count > 0 && seen.longestName > maxNameLength)) {
		bounds.refused = "XMLSOCKET_NAME_TOO_LONG";
	} else if (bounds.depth >= maxDepth) bounds.refused = "XMLSOCKET_TOO_DEEP";
	return bounds.refused !== null || passesNodes(bounds);
}

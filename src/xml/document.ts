// XML, the document class that scripts see: parsing, making nodes, and the six properties of a document. Loading over HTTP
// is in `loading.ts`. Nothing here ever throws.
// Implements docs/xml.md, "Classes and members", "Construction", "idMap" and "Document properties".

import { isObject, toStatus, toText } from "./coerce.ts";
import { DocumentNode, idsOf, isDocument, makeDocument, ownStateOf, setIds, stateOf } from "./document-node.ts";
import { decodeEntities } from "./entities.ts";
import { enterId, IdMap, idMapFace, noteIdIn, settleIds } from "./id-map.ts";
import { loadingMembers, type XMLLoading } from "./loading.ts";
import { installMembers, type Members, newElement, newText, standFor, takePrototype, type XMLNode } from "./node.ts";
import { type ParseHooks, parseInto } from "./parser.ts";
import { fetchTransfer } from "./transfer.ts";
import { type TreeNode, unlinkChildren } from "./tree-node.ts";

/**
 * An XML document, with the names and the behaviour of ActionScript. A malformed text is no error: the tree holds what was read so
 * far and {@link XML.status | status} says what was wrong.
 *
 * Source: *Server-Side ActionScript Language Reference*, class XML; `docs/xml.md` says what players really do.
 *
 * @example
 * ```ts
 * const doc = new XML('<say room="lobby">hi</say>');
 * doc.status; // 0
 * doc.firstChild?.attributes.room; // "lobby"
 * String(doc); // <say room="lobby">hi</say>
 * ```
 */
export interface XML extends XMLNode, XMLLoading {
	/**
	 * 0, or the first error of the last parse: -2 CDATA, -3 declaration, -4 DOCTYPE, -5 comment, -6 malformed tag, -8 value
	 * without its closing quote, -9 element not closed, -10 end tag without its element.
	 */
	status: number;
	/** Whether text of white space alone is dropped when parsing. @default false */
	ignoreWhite: boolean;
	/** Undefined before any load, false until its answer is there, true when it was parsed. */
	loaded: boolean | undefined;
	/** The XML declarations, verbatim and joined. */
	xmlDecl: string | undefined;
	/** The last document type declaration, verbatim. It has no effect. */
	docTypeDecl: string | undefined;
	/** The media type of a request's body. @default "application/x-www-form-urlencoded" */
	contentType: string;
	/** Elements by their attribute `id`, once a parse has seen one. */
	idMap?: Record<string, XMLNode>;
	/** Replaces the content by that of `source`. Undefined does nothing. */
	parseXML(source: string): void;
	/** A new element that belongs nowhere. */
	createElement(name: string): XMLNode;
	/** A new text that belongs nowhere. */
	createTextNode(text: string): XMLNode;
}

/** The class of {@link XML}. Called without `new` it returns undefined. */
export interface XMLConstructor {
	new (source?: unknown): XML;
	(source?: unknown): undefined;
	readonly prototype: XML;
}

/** A new, empty document. The first one brings the six properties to `XML.prototype`, as in the player. */
export function newDocument(): DocumentNode {
	if (properties !== null) {
		installMembers(DocumentNode.prototype, properties);
		properties = null;
	}
	return makeDocument();
}

/** What scripts see of a document. */
export function documentFace(document: DocumentNode): XML {
	return document as unknown as XML;
}

/** How the parser enters ids and declarations into the document that it fills. */
export const documentHooks: ParseHooks = {
	noteId,
	xmlDecl(root, text) {
		const state = ownStateOf(root);
		state.xmlDecl = (state.xmlDecl ?? "") + text;
	},
	docType(root, text) {
		ownStateOf(root).docTypeDecl = text;
	},
};

function noteId(root: DocumentNode, source: string, start: number, end: number, element: TreeNode): void {
	const document: { idMap?: unknown } = root as object;
	// The first look answers for nearly every document, and is the cheaper one.
	if ("idMap" in document && Object.hasOwn(document, "idMap")) {
		noteFurtherId(root, source, start, end, element);
		return;
	}
	try {
		const made = new IdMap(source, start, end, element);
		document.idMap = idMapFace(made);
		setIds(root, made);
	} catch {
		// A document that takes no further properties, or a script's setter that throws.
	}
}

function noteFurtherId(root: DocumentNode, source: string, start: number, end: number, element: TreeNode): void {
	try {
		// The map is the script's own as soon as there is another one.
		const map = (root as { idMap?: unknown }).idMap;
		const ids = idsOf(root);
		if (ids !== null && map === idMapFace(ids)) noteIdIn(ids, source, start, end, element);
		else if (isObject(map)) enterId(map, decodeEntities(source.slice(start, end)), element);
	} catch {
		// An `idMap` that throws when it is read takes no ids.
	}
}

function parseDocument(document: DocumentNode, source: string): void {
	unlinkChildren(document);
	const ids = idsOf(document);
	if (ids !== null) settleIds(ids);
	const { ignoreWhite, status, xmlDecl, docTypeDecl } = stateOf(document);
	if (status !== 0 || xmlDecl !== undefined || docTypeDecl !== undefined) {
		const state = ownStateOf(document);
		state.status = 0;
		state.xmlDecl = undefined;
		state.docTypeDecl = undefined;
	}
	const end = parseInto(document, source, ignoreWhite, documentHooks, null);
	if (end !== stateOf(document).status) ownStateOf(document).status = end;
}

const members: Members = {
	parseXML(source: unknown) {
		if (isDocument(this) && source !== undefined) parseDocument(this, toText(source));
	},
	createElement(name: unknown) {
		return name === undefined ? undefined : newElement(toText(name));
	},
	createTextNode(text: unknown) {
		return text === undefined ? undefined : newText(toText(text));
	},
};

let properties: Members | null = {
	get status() {
		return isDocument(this) ? stateOf(this).status : undefined;
	},
	set status(value: unknown) {
		if (isDocument(this) && value !== undefined) ownStateOf(this).status = toStatus(value);
	},
	get ignoreWhite() {
		return isDocument(this) ? stateOf(this).ignoreWhite : undefined;
	},
	set ignoreWhite(value: unknown) {
		if (isDocument(this) && value !== undefined) ownStateOf(this).ignoreWhite = Boolean(value);
	},
	get loaded() {
		return isDocument(this) ? stateOf(this).loaded : undefined;
	},
	set loaded(value: unknown) {
		if (isDocument(this) && value !== undefined) ownStateOf(this).loaded = Boolean(value);
	},
	get xmlDecl() {
		return isDocument(this) ? stateOf(this).xmlDecl : undefined;
	},
	set xmlDecl(value: unknown) {
		if (isDocument(this) && value !== undefined) ownStateOf(this).xmlDecl = toText(value);
	},
	get docTypeDecl() {
		return isDocument(this) ? stateOf(this).docTypeDecl : undefined;
	},
	set docTypeDecl(value: unknown) {
		if (isDocument(this) && value !== undefined) ownStateOf(this).docTypeDecl = toText(value);
	},
	get contentType() {
		return isDocument(this) ? stateOf(this).contentType : undefined;
	},
	set contentType(value: unknown) {
		if (isDocument(this) && value !== undefined) ownStateOf(this).contentType = toText(value);
	},
};

function constructDocument(source?: unknown): object | undefined {
	if (new.target === undefined) return undefined;
	const document = newDocument();
	if (new.target !== (XML as unknown)) takePrototype(document, new.target);
	if (source !== undefined) parseDocument(document, toText(source));
	return document;
}

/**
 * The class of documents. `new XML()` is empty; `new XML(value)` parses the text of `value`, whatever it is, so that
 * `new XML(null)` holds the text `null`.
 */
export const XML: XMLConstructor = constructDocument as unknown as XMLConstructor;

Object.defineProperty(constructDocument, "name", { value: "XML" });
Object.defineProperty(constructDocument, "prototype", { value: DocumentNode.prototype });
Object.defineProperty(DocumentNode.prototype, "constructor", { value: constructDocument });
installMembers(DocumentNode.prototype, members);
installMembers(DocumentNode.prototype, loadingMembers(fetchTransfer));
standFor(DocumentNode.prototype, newElement(""));

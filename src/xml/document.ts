// XML, the document class that scripts see: parsing, making nodes, and the six properties of a document. Loading over HTTP
// is in `loading.ts`. Nothing here ever throws.
// Implements docs/xml.md, "Classes and members", "Construction", "idMap" and "Document properties".

import { isObject, toStatus, toText } from "./coerce.ts";
import { type DefaultedProperty, ignoresWhite, propertyOf, prototypeState } from "./defaults.ts";
import { DocumentNode, idsOf, isDocument, makeDocument, ownStateOf, setIds, stateOf } from "./document-node.ts";
import { decodeEntities } from "./entities.ts";
import { enterId, IdMap, idMapProxy, noteIdIn, settleIds } from "./id-map.ts";
import { loadingMembers, type XMLLoading } from "./loading.ts";
import {
	installMembers,
	type Members,
	newElement,
	newText,
	setPrototypeNode,
	takePrototype,
	type XMLNode,
} from "./node.ts";
import type { DocumentState } from "./node-extras.ts";
import { type ParseHooks, parseInto } from "./parser.ts";
import { fetchTransfer } from "./transfer.ts";
import { type TreeNode, unlinkChildren, wrapperOf } from "./tree-node.ts";
import { documentBehind } from "./unconstructed.ts";

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
		const installed = properties;
		properties = null;
		installProperties(installed);
	}
	return makeDocument();
}

/** What scripts see of a document. */
export function xmlOf(document: DocumentNode): XML {
	return wrapperOf(document) as XML;
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
	const document: { idMap?: unknown } = wrapperOf(root) as object;
	// The first look answers for nearly every document, and is the cheaper one.
	if ("idMap" in document && Object.hasOwn(document, "idMap")) {
		noteFurtherId(root, source, start, end, element);
		return;
	}
	try {
		const made = new IdMap(source, start, end, element);
		document.idMap = idMapProxy(made);
		setIds(root, made);
	} catch {
		// A document that takes no further properties, or a script's setter that throws.
	}
}

function noteFurtherId(root: DocumentNode, source: string, start: number, end: number, element: TreeNode): void {
	try {
		// The map is the script's own as soon as there is another one.
		const map = (wrapperOf(root) as { idMap?: unknown }).idMap;
		const ids = idsOf(root);
		if (ids !== null && map === idMapProxy(ids)) noteIdIn(ids, source, start, end, element);
		else if (isObject(map)) enterId(map, decodeEntities(source.slice(start, end)), element);
	} catch {
		// An `idMap` that throws when it is read takes no ids.
	}
}

function parseDocument(document: DocumentNode, source: string): void {
	unlinkChildren(document);
	const ids = idsOf(document);
	if (ids !== null) settleIds(ids);
	const { status, xmlDecl, docTypeDecl } = stateOf(document);
	if (status !== 0 || xmlDecl !== undefined || docTypeDecl !== undefined) {
		const state = ownStateOf(document);
		state.status = 0;
		state.xmlDecl = undefined;
		state.docTypeDecl = undefined;
	}
	const end = parseInto(document, source, ignoresWhite(document), documentHooks, null);
	if (end !== stateOf(document).status) ownStateOf(document).status = end;
}

/** A document of the text with every node in it, whatever `XML.prototype.ignoreWhite` is: for protocols over XML. */
export function parseVerbatim(source: string): XML {
	const document = newDocument();
	ownStateOf(document).ignoreWhite = false;
	parseDocument(document, source);
	return xmlOf(document);
}

const members: Members = {
	parseXML(source: unknown) {
		const document = documentOf(this);
		if (document !== undefined && source !== undefined) parseDocument(document, toText(source));
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
		const document = documentOf(this);
		return document && stateOf(document).status;
	},
	set status(value: unknown) {
		const document = documentOf(this);
		if (document === undefined || value === undefined) return;
		callToString(value);
		ownStateOf(document).status = toStatus(value);
	},
	get ignoreWhite() {
		const document = documentOf(this);
		return document === undefined ? defaultOf(this, "ignoreWhite") : ignoresWhite(document);
	},
	set ignoreWhite(value: unknown) {
		const state = stateToSet(this, value);
		if (state === undefined) return;
		callToString(value);
		state.ignoreWhite = Boolean(value);
	},
	get loaded() {
		const document = documentOf(this);
		return document && stateOf(document).loaded;
	},
	set loaded(value: unknown) {
		const document = documentOf(this);
		if (document === undefined || value === undefined) return;
		callToString(value);
		ownStateOf(document).loaded = Boolean(value);
	},
	get xmlDecl() {
		const document = documentOf(this);
		return document === undefined ? defaultOf(this, "xmlDecl") : propertyOf(document, "xmlDecl");
	},
	set xmlDecl(value: unknown) {
		const state = stateToSet(this, value);
		if (state !== undefined) state.xmlDecl = toText(value);
	},
	get docTypeDecl() {
		const document = documentOf(this);
		return document === undefined ? defaultOf(this, "docTypeDecl") : propertyOf(document, "docTypeDecl");
	},
	set docTypeDecl(value: unknown) {
		const state = stateToSet(this, value);
		if (state !== undefined) state.docTypeDecl = toText(value);
	},
	get contentType() {
		const document = documentOf(this);
		if (document === undefined) return defaultOf(this, "contentType");
		const value = propertyOf(document, "contentType");
		return value === undefined ? FORM : toText(value);
	},
	set contentType(value: unknown) {
		const state = stateToSet(this, value);
		if (state !== undefined) state.contentType = toText(value);
	},
};

const FORM = "application/x-www-form-urlencoded";

// Flash Player calls `toString` of an object that is assigned to a property of any type, before it converts the value. A script can
// see that; the text itself is not used.
function callToString(value: unknown): void {
	if (isObject(value)) toText(value);
}

// The document that `value` is, or that was made for it.
function documentOf(value: unknown): DocumentNode | undefined {
	return isDocument(value) ? value : documentBehind(value);
}

function defaultOf(value: unknown, name: DefaultedProperty): unknown {
	return value === DocumentNode.prototype ? prototypeState[name] : undefined;
}

function stateToSet(target: unknown, value: unknown): DocumentState | undefined {
	if (value === undefined) return undefined;
	if (target === DocumentNode.prototype) return prototypeState;
	const document = documentOf(target);
	return document && ownStateOf(document);
}

// A script may set a default on the prototype before the first document exists, and with it the properties.
function installProperties(members: Members): void {
	const early = ["ignoreWhite", "contentType", "xmlDecl", "docTypeDecl"].map(
		(name) => [name, Object.getOwnPropertyDescriptor(DocumentNode.prototype, name)?.value] as const,
	);
	installMembers(DocumentNode.prototype, members);
	for (const [name, value] of early) Reflect.set(DocumentNode.prototype, name, value);
}

function constructDocument(this: unknown, source?: unknown): object | undefined {
	if (new.target === undefined) {
		// `XML.call(this, source)`, in the constructor of a class that inherits from this one.
		if (source !== undefined && !isDocument(this)) {
			const document = documentOf(this);
			if (document !== undefined) parseDocument(document, toText(source));
		}
		return undefined;
	}
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
setPrototypeNode(DocumentNode.prototype, newElement(""));

// Compares the parser, the printer and every other way to read a document with a second, plain implementation. The fuzz target `xml`
// runs it over random and mutated documents.

import {
	attribute,
	attributes,
	checkBounded,
	checkFragment,
	checkWellFormed,
	parseBounded,
	pretty,
	readRoot,
	textContent,
	toObject,
	XML,
	type XMLNode,
} from "../../src/xml/index.ts";
import {
	plainLocalName,
	plainNamespace,
	plainNamespaceForPrefix,
	plainPrefix,
	plainPrefixForNamespace,
} from "./plain-namespaces.ts";
import { type PlainDocument, type PlainElement, type PlainNode, plainParse, plainPrint } from "./plain-parser.ts";

function same(what: string, real: unknown, plain: unknown): void {
	if (real !== plain) throw new Error(`${what}: ${JSON.stringify(real)}, and plainly ${JSON.stringify(plain)}`);
}

/** The ways to read the attributes of an element; each is checked on trees that nobody has read before. */
type Way = "object" | "pairs" | "single";

function sameAttributes(real: XMLNode, plain: PlainElement, way: Way): void {
	if (way === "single") {
		for (const [name, value] of plain.attributes) same(`attribute ${name}`, attribute(real, name), value);
		for (const name of ["x", "i", "id&", "xmlns:", "missing"]) {
			const value = plain.attributes.find(([known]) => known === name)?.[1];
			same(`attribute ${name}`, attribute(real, name), value);
		}
		return;
	}
	const names = way === "object" ? Object.keys(real.attributes) : attributes(real).map(([name]) => name);
	const values = way === "object" ? names.map((name) => real.attributes[name]) : attributes(real).map(([, to]) => to);
	same("attribute names", names.join("\n"), plain.attributes.map(([name]) => name).join("\n"));
	same("attribute values", values.join("\n"), plain.attributes.map(([, value]) => value).join("\n"));
	same("count of attributes", names.length, plain.attributes.length);
}

function sameChildren(parent: XMLNode, plain: readonly PlainNode[], way: Way): void {
	let real = parent.firstChild;
	let previous: XMLNode | null = null;
	for (const expected of plain) {
		if (real === null) throw new Error("A child is missing");
		same("parent", real.parentNode, parent);
		same("previous sibling", real.previousSibling, previous);
		if (expected.kind === "text") {
			same("type", real.nodeType, 3);
			same("text", real.nodeValue, expected.text);
			same("name of a text", real.nodeName, null);
		} else {
			same("type", real.nodeType, 1);
			same("name", real.nodeName, expected.name);
			same("value of an element", real.nodeValue, null);
			sameAttributes(real, expected, way);
			sameChildren(real, expected.children, way);
		}
		if (way === "object") same("entry of childNodes", parent.childNodes[plain.indexOf(expected)], real);
		previous = real;
		real = real.nextSibling;
	}
	same("a child too many", real, null);
	same("last child", parent.lastChild, previous);
}

function sameIds(document: XML, plain: PlainDocument): void {
	same("own idMap", Object.hasOwn(document, "idMap"), plain.ids.size > 0);
	if (plain.ids.size === 0) return;
	const real = document.idMap as Record<string, XMLNode>;
	same("ids", Object.keys(real).sort().join("\n"), [...plain.ids.keys()].sort().join("\n"));
	const walk = (parent: XMLNode, children: readonly PlainNode[]): void => {
		let at = parent.firstChild;
		for (const child of children) {
			if (child.kind === "element") {
				for (const [id, element] of plain.ids) if (element === child) same(`element with id ${id}`, real[id], at);
				walk(at as XMLNode, child.children);
			}
			at = (at as XMLNode).nextSibling;
		}
	};
	walk(document, plain.children);
}

function sameNamespaces(parent: XMLNode, children: readonly PlainNode[], above: readonly PlainElement[]): void {
	let real = parent.firstChild as XMLNode;
	for (const child of children) {
		if (child.kind === "element") {
			const chain = [...above, child];
			same("prefix", real.prefix, plainPrefix(child.name));
			same("localName", real.localName, plainLocalName(child.name));
			same("namespaceURI", real.namespaceURI, plainNamespace(chain));
			for (const prefix of ["", "p", "q", ":", "missing"])
				same(`namespace for ${prefix}`, real.getNamespaceForPrefix(prefix), plainNamespaceForPrefix(chain, prefix));
			for (const uri of ["", "urn:p", "1", "missing"])
				same(`prefix for ${uri}`, real.getPrefixForNamespace(uri), plainPrefixForNamespace(chain, uri));
			sameNamespaces(real, child.children, chain);
		}
		real = real.nextSibling as XMLNode;
	}
}

// The bounded parser and the two that read no tree must say of an input what the plain parser's tree says.
function sameElsewhere(input: string, plain: PlainDocument): void {
	const { document, refusal } = parseBounded(input);
	same("refusal without a tree", JSON.stringify(checkBounded(input)), JSON.stringify(refusal));
	if (document !== undefined) {
		same("status of a bounded parse", 0, plain.status);
		same("text of a bounded parse", document.toString(), plainPrint(plain));
		sameIds(document, plain);
	} else if (refusal.code === "XMLSOCKET_NOT_WELL_FORMED") same("status of a refusal", refusal.status, plain.status);
	else if (refusal.code === "XMLSOCKET_DOCTYPE_REFUSED") same("a doctype", /<!doctype/i.test(input), true);
	else same("a refusal of what is big", refusal.code === "XMLSOCKET_TOO_DEEP" && depthOf(plain.children) > 256, true);

	const root = readRoot(input);
	// It passes over a byte order mark, which the parser keeps as text.
	const only = onlyElement(input.startsWith("\ufeff") ? plainParse(input.slice(1), false) : plain);
	const text = root?.text();
	if (root !== undefined && text !== undefined) {
		if (only === undefined) throw new Error("readRoot takes what is not one element");
		same("name of the root", root.name, only.name);
		same("text of the root", text, plainText(only));
		same("attributes of the root", [...root.attributes()].flat().join("\n"), only.attributes.flat().join("\n"));
		for (const [name, value] of only.attributes) same(`attribute ${name} of the root`, root.attribute(name), value);
	}
	if (only !== undefined && isOrdinary(only)) {
		// An end tag that seems to hold another one is left to the parser.
		const ends = input.trimEnd().endsWith(`</${only.name}>`) && !/<\/[^>]*<\/[^>]*>\s*$/.test(input);
		const whole = input.startsWith(`<${only.name}`) && ends;
		if (whole && (plain.xmlDecl ?? plain.docTypeDecl) === undefined)
			same("text of a whole element", text, plainText(only));
		const printed = plainPrint({ ...plain, docTypeDecl: undefined, children: [only] });
		same("text of a printed root", readRoot(printed)?.text(), plainText(only));
	}
	if (root !== undefined && root.checkContent() === undefined) {
		if (only === undefined) throw new Error("A root with good content is not one element");
		same("name of the root", root.name, only.name);
		sameChildren(new XML(root.content), only.children, "pairs");
	}
}

// What the strict judge passes means the same to everyone: status 0, and printed and read again the same tree.
function sameWhenStrict(input: string, plain: PlainDocument): void {
	const fragment = checkFragment(input) === undefined;
	// A processing instruction is no element to the judge, and one to the player.
	if (!fragment && (checkWellFormed(input) !== undefined || /<\?(?!xml\s)/.test(input))) return;
	same("status of a well-formed text", plain.status, 0);
	const again = plainParse(plainPrint(plain), false);
	same("status of its print", again.status, 0);
	same("print of its print", plainPrint(again), plainPrint({ ...plain, children: joined(plain.children) }));
	const document = new XML(input);
	const reread = new XML(document.toString());
	sameChildren(reread, joined(plain.children), "pairs");
	same("text content", textContent(reread), textContent(document));
	if (fragment) same("judgement of the print", checkFragment(document.toString()), undefined);
	const laidOut = parsed(pretty(document), true);
	same("status of the pretty print", laidOut.status, 0);
	same(
		"pretty print, read again",
		laidOut.firstChild?.toString(),
		parsed(document.toString(), true).firstChild?.toString(),
	);
}

// Texts that stand beside each other are one text when they are read again, and an empty one is none.
function joined(children: readonly PlainNode[]): PlainNode[] {
	const result: PlainNode[] = [];
	for (const child of children) {
		const last = result.at(-1);
		if (child.kind === "element") result.push({ ...child, children: joined(child.children) });
		else if (last?.kind === "text") last.text += child.text;
		else if (child.text !== "") result.push({ ...child });
	}
	return result;
}

function onlyElement(plain: PlainDocument): PlainElement | undefined {
	const elements = plain.children.filter((child) => child.kind === "element");
	const white = plain.children.every((child) => child.kind === "element" || /^[ \t\r\n]*$/.test(child.text));
	return plain.status === 0 && white && elements.length === 1 ? elements[0] : undefined;
}

// Whether an element of text alone can be printed and read again: names are printed as they are.
function isOrdinary(element: PlainElement): boolean {
	const names = [element.name, ...element.attributes.map(([name]) => name)];
	return element.children.every((child) => child.kind === "text") && names.every((name) => /^[\w:]+$/.test(name));
}

function plainText(node: PlainNode): string {
	return node.kind === "text" ? node.text : node.children.map(plainText).join("");
}

function depthOf(children: readonly PlainNode[]): number {
	return Math.max(0, ...children.map((child) => (child.kind === "text" ? 0 : 1 + depthOf(child.children))));
}

function parsed(input: string, ignoreWhite: boolean): XML {
	const document = new XML();
	document.ignoreWhite = ignoreWhite;
	document.parseXML(input);
	return document;
}

/** Throws where a reader differs from the plain parser. `turn`, from 0 to 11, selects in which order and in which way nodes are read. */
export function compare(input: string, ignoreWhite: boolean, turn: number): void {
	const plain = plainParse(input, ignoreWhite);
	const printed = plainPrint(plain);
	const real = parsed(input, ignoreWhite);
	const way: Way = turn % 3 === 0 ? "object" : turn % 3 === 1 ? "pairs" : "single";
	// Either printed before anything has been read, or after everything has, or both.
	if (turn % 2 === 0) same("text, unread", real.toString(), printed);
	const early = real.cloneNode(true);
	same("status", real.status, plain.status);
	same("xmlDecl", real.xmlDecl, plain.xmlDecl);
	same("docTypeDecl", real.docTypeDecl, plain.docTypeDecl);
	sameChildren(real, plain.children, way);
	same("text, read", real.toString(), printed);
	sameIds(real, plain);
	sameNamespaces(real, plain.children, []);
	sameChildren(early, plain.children, turn % 2 === 0 ? "pairs" : "object");
	const late = real.cloneNode(true);
	same("text of a copy", (real.xmlDecl ?? "") + (real.docTypeDecl ?? "") + late.toString(), printed);
	if (turn % 4 === 0) same("plain view", JSON.stringify(toObject(late)), JSON.stringify(plainView(plain.children)));
	// A second parse into the same document, of what it printed.
	const again = plainParse(printed, ignoreWhite);
	real.parseXML(printed);
	same("status of the print", real.status, again.status);
	same("print of the print", real.toString(), plainPrint(again));
	sameElsewhere(input, ignoreWhite ? plainParse(input, false) : plain);
	if (!ignoreWhite) sameWhenStrict(input, plain);
}

function plainView(children: readonly PlainNode[]): unknown {
	const view = (node: PlainNode): unknown =>
		node.kind === "text"
			? node.text
			: { name: node.name, attributes: Object.fromEntries(node.attributes), children: node.children.map(view) };
	return { name: null, attributes: {}, children: children.map(view) };
}

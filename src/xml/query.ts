// Plain functions over nodes for programs that would rather not walk along `firstChild` and `nextSibling`. They add nothing to
// the classes, change nothing in a tree, and make no `childNodes` or `attributes` objects where a look suffices.

import { attributeEntries, attributeOf } from "./attributes.ts";
import { toText } from "./coerce.ts";
import { asNode, type XMLNode, xmlNodeOf } from "./node.ts";
import { following } from "./order.ts";
import { isWhite } from "./scan.ts";
import { ELEMENT, firstOf, nameOf, nextOf, TEXT, type TreeNode, textOf, typeOf } from "./tree-node.ts";

/** The children of `node`, elements and texts, in a new array. */
export function children(node: XMLNode): XMLNode[] {
	const found: XMLNode[] = [];
	for (let child = first(node); child !== null; child = nextOf(child)) found.push(xmlNodeOf(child));
	return found;
}

/** The children of `node` that are elements, or those with this name, in a new array. */
export function elements(node: XMLNode, name?: string): XMLNode[] {
	const found: XMLNode[] = [];
	for (let child = first(node); child !== null; child = nextOf(child)) {
		if (isElement(child, name)) found.push(xmlNodeOf(child));
	}
	return found;
}

/**
 * The elements below `node` at any depth, or those with this name, in document order and in a new array.
 *
 * @example
 * ```ts
 * descendants(new XML("<a><b><c/></b><c/></a>"), "c").length; // 2
 * ```
 */
export function descendants(node: XMLNode, name?: string): XMLNode[] {
	const found: XMLNode[] = [];
	const top = asNode(node);
	if (top === undefined) return found;
	for (let at = following(top, top); at !== undefined; at = following(at, top)) {
		if (isElement(at, name)) found.push(xmlNodeOf(at));
	}
	return found;
}

/** The first child of `node` that is an element with this name. */
export function child(node: XMLNode, name: string): XMLNode | undefined {
	for (let at = first(node); at !== null; at = nextOf(at)) if (isElement(at, name)) return xmlNodeOf(at);
	return undefined;
}

/**
 * The root element of a document: its first element. White space, a byte order mark, comments and an XML declaration may come
 * before it; where other text does, there is none.
 *
 * @example
 * ```ts
 * rootElement(new XML('\n<hi id="1"/>\n'))?.nodeName; // "hi"
 * ```
 */
export function rootElement(document: XMLNode): XMLNode | undefined {
	for (let at = first(document); at !== null; at = nextOf(at)) {
		if (isElement(at)) return xmlNodeOf(at);
		// `trim` also removes a byte order mark.
		if (typeOf(at) === TEXT && (textOf(at) ?? "").trim() !== "") return undefined;
	}
	return undefined;
}

/** The value of an attribute as a string; undefined where `node` has none of this name, or a script has set undefined. */
export function attribute(node: XMLNode, name: string): string | undefined {
	const inner = asNode(node);
	const value = inner === undefined ? undefined : attributeOf(inner, name);
	return value === undefined ? undefined : toText(value);
}

/** The attributes of `node` as names and values, in the order in which they print; values as strings. */
export function attributes(node: XMLNode): [name: string, value: string][] {
	const inner = asNode(node);
	const pairs: [string, string][] = [];
	if (inner === undefined) return pairs;
	const { names, values } = attributeEntries(inner);
	for (let at = 0; at < names.length; at++) pairs.push([names[at] as string, toText(values[at])]);
	return pairs;
}

/**
 * All text below `node`, joined; of a text node its value.
 *
 * @example
 * ```ts
 * textContent(new XML("<a>one <b>two</b></a>")); // "one two"
 * ```
 */
export function textContent(node: XMLNode): string {
	const top = asNode(node);
	let text = "";
	for (let at = top; at !== undefined; at = following(at, top as TreeNode)) {
		if (typeOf(at) !== ELEMENT) text += textOf(at) ?? "";
	}
	return text;
}

/** Whether `node` is an element, and of this name where one is given. */
export function isElement(node: TreeNode, name?: string): boolean {
	if (typeOf(node) !== ELEMENT) return false;
	const own = nameOf(node);
	return name === undefined ? own !== null : own === name;
}

/** Whether `node` is a text of white space alone. */
export function isBlank(node: TreeNode): boolean {
	const text = typeOf(node) === TEXT ? textOf(node) : null;
	return text !== null && isWhite(text, 0, text.length);
}

function first(node: XMLNode): TreeNode | null {
	const inner = asNode(node);
	return inner === undefined ? null : firstOf(inner);
}

// Builds an element with its attributes and children in one call. Names are checked, because a name is printed as it is;
// values need no check but for U+0000, because they are escaped.

import { XMLSocketError } from "../errors/index.ts";
import { AttributeBag } from "./attributes.ts";
import { isName } from "./characters.ts";
import { toText } from "./coerce.ts";
import { isNothing, Markup, type MarkupValue, nulInDocument } from "./markup.ts";
import { asNode, newElement, newText, type XMLNode, xmlNodeOf } from "./node.ts";
import { firstOf, isTreeNode, linkLast, setAttributes, type TreeNode, unlink } from "./tree-node.ts";

/**
 * Makes an element. Attributes print in the order given; those with undefined are left out, other values become strings.
 * Children follow the rules of content in a template: `undefined`, `null` and `false` give nothing, templates and arrays
 * nest, anything else is text. A node is moved here from where it was, as `appendChild` does; a document as a whole.
 *
 * @throws XMLSocketError `XMLSOCKET_XML_NAME_INVALID` for a name that XML does not allow.
 * @throws XMLSocketError `XMLSOCKET_NUL_IN_DOCUMENT` for a value or text that holds U+0000.
 *
 * @example
 * ```ts
 * String(element("say", { room: "lobby", id: undefined }, "hi ", element("b", {}, "there")));
 * // <say room="lobby">hi <b>there</b></say>
 * ```
 */
export function element(
	name: string,
	attributes: Readonly<Record<string, unknown>> | null = null,
	...children: readonly MarkupValue[]
): XMLNode {
	const node = newElement(checkedName(name));
	const names: string[] = [];
	const values: string[] = [];
	for (const [key, value] of Object.entries(attributes ?? {})) {
		if (value === undefined) continue;
		names.push(checkedName(key));
		values.push(checkedText(toText(value)));
	}
	if (names.length > 0) setAttributes(node, new AttributeBag(names, values));
	const waiting: { values: readonly unknown[]; at: number }[] = [{ values: children, at: 0 }];
	for (let top = waiting.at(-1); top !== undefined; top = waiting.at(-1)) {
		const child = top.values[top.at++];
		if (Array.isArray(child)) waiting.push({ values: child, at: 0 });
		else if (top.at > top.values.length) waiting.pop();
		else append(node, child);
	}
	return xmlNodeOf(node);
}

function append(parent: TreeNode, child: unknown): void {
	if (isNothing(child)) return;
	const node = asNode(child);
	if (node !== undefined) {
		move(parent, node);
	} else if (child instanceof Markup) {
		const document: unknown = child.toDocument();
		if (!isTreeNode(document)) return;
		for (let node = firstOf(document); node !== null; node = firstOf(document)) move(parent, node);
	} else {
		linkLast(parent, newText(checkedText(toText(child))));
	}
}

function move(parent: TreeNode, node: TreeNode): void {
	unlink(node);
	linkLast(parent, node);
}

function checkedName(name: string): string {
	if (isName(name)) return name;
	throw new XMLSocketError("XMLSOCKET_XML_NAME_INVALID", `${JSON.stringify(name)} is not a name of XML.`, {
		details: { name },
	});
}

function checkedText(text: string): string {
	const at = text.indexOf("\0");
	if (at !== -1) throw nulInDocument(at);
	return text;
}

// Prints a tree as the player prints it. It walks along the links and keeps no stack, so that the depth of a tree costs
// nothing; attributes that nobody has read are taken from the source as they are printed.
// Implements docs/xml.md, "Serializer".

import { printedAttributes } from "./attribute-scan.ts";
import { attributeEntries } from "./attributes.ts";
import { toText } from "./coerce.ts";
import { propertyOf } from "./defaults.ts";
import { isDocument } from "./document-node.ts";
import { escapeText, isPrinted } from "./escape.ts";
import {
	attributesOf,
	ELEMENT,
	endOf,
	firstOf,
	nameOf,
	nextOf,
	parentOf,
	startOf,
	type TreeNode,
	textOf,
	typeOf,
	unreadTextOf,
} from "./tree-node.ts";

/** The text of `node` and everything below it; of a document with its declarations. */
export function printNode(node: TreeNode): string {
	const text = printTree(node, node);
	return isDocument(node) ? declarationsOf(node).join("") + text : text;
}

/** The text of everything below `node`. */
export function printChildren(node: TreeNode): string {
	const first = firstOf(node);
	return first === null ? "" : printTree(first, node);
}

/** The XML declarations and the document type declaration of a document; nothing for other nodes. */
export function declarationsOf(node: TreeNode): string[] {
	if (!isDocument(node)) return [];
	return [propertyOf(node, "xmlDecl"), propertyOf(node, "docTypeDecl")]
		.filter((text) => text !== undefined)
		.map(toText);
}

/** The start tag of an element with a name, up to the `>`. */
export function startTagOf(node: TreeNode): string {
	return `<${nameOf(node)}${attributesOf(node) === null ? "" : printAttributes(node)}`;
}

// Prints from `start` on in document order until `top` is done, which is `start` itself or its parent.
function printTree(start: TreeNode, top: TreeNode): string {
	let out = "";
	let node = start;
	for (;;) {
		if (typeOf(node) === ELEMENT) {
			const name = nameOf(node);
			if (name !== null) out += `<${name}`;
			if (attributesOf(node) !== null) out += printAttributes(node);
			const child = firstOf(node);
			if (child !== null) {
				if (name !== null) out += ">";
				node = child;
				continue;
			}
			if (name !== null) out += " />";
		} else {
			const unread = unreadTextOf(node);
			out += unread !== null && isPrinted(unread) ? unread : escapeText(textOf(node) ?? "");
		}
		for (;;) {
			if (node === top) return out;
			const next = nextOf(node);
			if (next !== null) {
				node = next;
				break;
			}
			const parent = parentOf(node);
			// The text of an attribute's value, a script's own, can have taken the node out of the tree.
			if (parent === null) return out;
			node = parent;
			if (node === top && start !== top) return out;
			const name = nameOf(node);
			if (name !== null) out += `</${name}>`;
		}
	}
}

function printAttributes(node: TreeNode): string {
	const kept = attributesOf(node);
	if (typeof kept === "string") {
		const printed = printedAttributes(kept, startOf(node), endOf(node));
		if (printed !== undefined) return printed;
	}
	let out = "";
	const { names, values } = attributeEntries(node);
	for (let at = 0; at < names.length; at++) out += ` ${names[at]}="${escapeText(toText(values[at]))}"`;
	return out;
}

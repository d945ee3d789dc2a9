// Prints a tree as the player prints it. It walks along the links and keeps no stack, so that the depth of a tree costs
// nothing; attributes and text that nobody has read are taken from the source as they are printed.
// Implements docs/xml.md, "Serializer".

import { bagOf } from "./attributes.ts";
import { toText } from "./coerce.ts";
import { isDocument, stateOf } from "./document-node.ts";
import { escapeText } from "./escape.ts";
import {
	attributesOf,
	ELEMENT,
	firstOf,
	nameOf,
	nextOf,
	parentOf,
	type TreeNode,
	textOf,
	typeOf,
} from "./tree-node.ts";

/** The text of `node` and everything below it. */
export function printNode(node: TreeNode): string {
	const text = printTree(node, node);
	if (!isDocument(node)) return text;
	const { xmlDecl, docTypeDecl } = stateOf(node);
	return (xmlDecl ?? "") + (docTypeDecl ?? "") + text;
}

/** The text of everything below `node`. */
export function printChildren(node: TreeNode): string {
	const first = firstOf(node);
	return first === null ? "" : printTree(first, node);
}

// From `start` on, in document order, until `top` is left.
function printTree(start: TreeNode, top: TreeNode): string {
	let out = "";
	let node = start;
	for (;;) {
		if (typeOf(node) !== ELEMENT) {
			out += escapeText(textOf(node) ?? "");
		} else {
			const name = nameOf(node);
			const child = firstOf(node);
			if (name !== null) out += `<${name}`;
			if (attributesOf(node) !== null) out += printAttributes(node);
			if (child !== null) {
				if (name !== null) out += ">";
				node = child;
				continue;
			}
			if (name !== null) out += " />";
		}
		for (;;) {
			if (node === top) return out;
			const next = nextOf(node);
			if (next !== null) {
				node = next;
				break;
			}
			node = parentOf(node) as TreeNode;
			const name = nameOf(node);
			if (node === top && start !== top) return out;
			if (name !== null) out += `</${name}>`;
		}
	}
}

function printAttributes(node: TreeNode): string {
	let out = "";
	bagOf(node).some((name, value) => {
		out += ` ${name}="${escapeText(toText(value))}"`;
		return false;
	});
	return out;
}

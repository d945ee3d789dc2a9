// The plain view of a tree: objects, arrays and strings, for JSON, logs and comparisons in tests. It is a copy; changing it
// changes no tree.

import type { XML } from "./document.ts";
import { asNode, type XMLNode, xmlNodeOf } from "./node.ts";
import { attributes } from "./query.ts";
import { ELEMENT, firstOf, nameOf, nextOf, parentOf, type TreeNode, textOf, typeOf } from "./tree-node.ts";

/** An element as plain data, see {@link toObject}. */
export interface PlainElement {
	/** The name; null for a document. */
	readonly name: string | null;
	/** The attributes in the order in which they print, as strings. */
	readonly attributes: Record<string, string>;
	/** Elements as objects, texts as strings. */
	readonly children: (PlainElement | string)[];
}

/**
 * `node` and everything below it as plain data; of a text node its text.
 *
 * @example
 * ```ts
 * toObject(new XML('<say room="lobby">hi</say>').firstChild!);
 * // { name: "say", attributes: { room: "lobby" }, children: ["hi"] }
 * ```
 */
export function toObject(document: XML): PlainElement;
export function toObject(node: XMLNode): PlainElement | string;
export function toObject(node: XMLNode): PlainElement | string {
	const top = asNode(node);
	if (top === undefined) return "";
	if (typeOf(top) !== ELEMENT) return textOf(top) ?? "";
	const result = plainElement(top);
	const open = [result];
	let from = firstOf(top);
	let parent = top;
	while (parent !== top || from !== null) {
		if (from === null) {
			open.pop();
			from = nextOf(parent);
			parent = parentOf(parent) as TreeNode;
			continue;
		}
		const into = (open.at(-1) as PlainElement).children;
		if (typeOf(from) !== ELEMENT) {
			into.push(textOf(from) ?? "");
			from = nextOf(from);
			continue;
		}
		const made = plainElement(from);
		into.push(made);
		open.push(made);
		parent = from;
		from = firstOf(from);
	}
	return result;
}

function plainElement(node: TreeNode): PlainElement {
	// `fromEntries` makes properties of its own, also of a name like `__proto__`.
	return { name: nameOf(node), attributes: Object.fromEntries(attributes(xmlNodeOf(node))), children: [] };
}

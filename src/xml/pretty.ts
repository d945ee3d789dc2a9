// Prints a tree for people: an element per line, indented. Text that belongs to the content is never moved: an element with
// text among its children is printed on one line, as the player prints it. No recursion.

import { Markup } from "./markup.ts";
import { asNode, type XMLNode } from "./node.ts";
import { isBlank, isElement } from "./query.ts";
import { declarationsOf, printNode, startTagOf } from "./serializer.ts";
import { ELEMENT, firstOf, nameOf, nextOf, parentOf, type TreeNode, typeOf } from "./tree-node.ts";

/** How {@link pretty} prints. */
export interface PrettyOptions {
	/** What stands before a line for each level, up to the 64th. @default "  " */
	readonly indent?: string;
	/** What ends a line. @default "\n" */
	readonly newline?: string;
}

// A line that is indented by its depth would make the text of a deep tree grow with the square of its size.
const DEEPEST_INDENT = 64;

/**
 * A node, or the result of the `xml` tag, with everything below it on several lines. White space between elements is replaced; everything else keeps its
 * meaning when the text is parsed again with `ignoreWhite`.
 *
 * @example
 * ```ts
 * pretty(new XML("<room><member name='ann'/><topic>hi</topic></room>"));
 * // <room>
 * //   <member name="ann" />
 * //   <topic>hi</topic>
 * // </room>
 * ```
 */
export function pretty(node: XMLNode | Markup, { indent = "  ", newline = "\n" }: PrettyOptions = {}): string {
	const top = asNode(node instanceof Markup ? node.toDocument() : node);
	if (top === undefined) return String(node);
	if (!isBlock(top)) return printNode(top);
	const lines: string[] = declarationsOf(top);
	let at = top;
	let depth = 0;
	const margin = (): string => indent.repeat(Math.min(depth, DEEPEST_INDENT));
	for (;;) {
		if (isBlock(at)) {
			if (nameOf(at) !== null) lines.push(`${margin()}${startTagOf(at)}>`);
			if (nameOf(at) !== null) depth++;
			at = firstOf(at) as TreeNode;
			continue;
		}
		if (!isBlank(at)) lines.push(margin() + printNode(at));
		while (at !== top && nextOf(at) === null) {
			at = parentOf(at) as TreeNode;
			if (nameOf(at) === null) continue;
			depth--;
			lines.push(`${margin()}</${nameOf(at)}>`);
		}
		if (at === top) return lines.join(newline);
		at = nextOf(at) as TreeNode;
	}
}

// Whether the children can stand on lines of their own: elements, with nothing but white space between.
function isBlock(node: TreeNode): boolean {
	if (typeOf(node) !== ELEMENT) return false;
	let elements = 0;
	for (let child = firstOf(node); child !== null; child = nextOf(child)) {
		if (isElement(child)) elements++;
		else if (!isBlank(child)) return false;
	}
	return elements > 0;
}

// Prints a tree for people: an element per line, indented. Text that belongs to the content is never moved: an element with
// text among its children is printed on one line, as the player prints it. No recursion.

import { bagOf } from "./attributes.ts";
import { toText } from "./coerce.ts";
import { escapeText } from "./escape.ts";
import { asNode, type XMLNode } from "./node.ts";
import { isBlank, isElement } from "./query.ts";
import { declarationsOf, printNode } from "./serializer.ts";
import { attributesOf, ELEMENT, firstOf, nameOf, nextOf, parentOf, type TreeNode, typeOf } from "./tree-node.ts";

/** How {@link pretty} prints. */
export interface PrettyOptions {
	/** What stands before a line for each level. @default "  " */
	readonly indent?: string;
	/** What ends a line. @default "\n" */
	readonly newline?: string;
}

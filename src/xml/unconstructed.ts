// Objects of the class XML whose constructor never ran: `function Feed() {}`, `Feed.prototype = new XML()`, `new Feed()`. Such
// an object cannot hold the fields of a node, so it gets a document at its first use, and scripts see the object wherever
// that document is in a tree. Implements docs/xml.md, "Construction".

import { DocumentNode, makeDocument } from "./document-node.ts";
import { ownRestOf, restOf, type TreeNode } from "./tree-node.ts";

const documents = new WeakMap<object, DocumentNode>();
// False in nearly every program, so that `wrapperOf` costs nothing there.
let exists = false;

/** What scripts see of a node: itself, or the object that it was made for. */
export function wrapperOf(node: TreeNode | null): object | null {
	return exists && node !== null ? (restOf(node)?.wrapper ?? node) : node;
}

/**
 * The document of an object that inherits from `XML.prototype` and has no fields of a node: made at the first call, empty.
 * Undefined for everything else. Never throws.
 */
export function documentBehind(value: unknown): DocumentNode | undefined {
	if (typeof value !== "object" || value === null || value === DocumentNode.prototype) return undefined;
	const known = documents.get(value);
	if (known !== undefined) return known;
	try {
		if (!(value instanceof DocumentNode)) return undefined;
	} catch {
		return undefined; // a Proxy that refuses
	}
	const document = makeDocument();
	exists = true;
	documents.set(value, document);
	ownRestOf(document).wrapper = value;
	return document;
}

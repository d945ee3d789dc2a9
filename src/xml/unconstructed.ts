// Objects of the class XML whose constructor never ran: `function Feed() {}`, `Feed.prototype = new XML()`, `new Feed()`. Such
// an object cannot hold the fields of a node, so it gets a document at its first use, and scripts see the object wherever
// that document is in a tree. Implements docs/xml.md, "Construction".

import { DocumentNode, makeDocument } from "./document-node.ts";
import { bindWrapper } from "./tree-node.ts";

const documents = new WeakMap<object, DocumentNode>();
let prepare: (() => void) | undefined;

/** Sets what is done once, before the first such object gets its document. */
export function beforeFirst(run: () => void): void {
	prepare = run;
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
	prepare?.();
	prepare = undefined;
	const document = makeDocument();
	documents.set(value, document);
	bindWrapper(document, value);
	return document;
}

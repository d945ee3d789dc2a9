// The node that is a document, and the way to the state that a document has besides its children. No members for scripts:
// those are in `document.ts`.

import type { IdMap } from "./id-map.ts";
import { type DocumentState, ownState, type Rest, UNTOUCHED } from "./rest.ts";
import { isTreeNode, ownRestOf, restOf, setRest, TreeNode } from "./tree-node.ts";

/** A document in the tree: an element without a name that holds the top-level nodes. Made by {@link makeDocument}. */
export class DocumentNode extends TreeNode {}

/** A new, empty document. */
export function makeDocument(): DocumentNode {
	// Not in a constructor: a class without one is made faster.
	const document = new DocumentNode();
	setRest(document, UNTOUCHED);
	return document;
}

/** Whether `value` is a document; never throws. */
export function isDocument(value: unknown): value is DocumentNode {
	if (!isTreeNode(value)) return false;
	const rest = restOf(value);
	return rest !== null && rest.document !== null;
}

/** The state of a document, to read. */
export function stateOf(document: DocumentNode): Readonly<DocumentState> {
	return (restOf(document) as Rest).document as DocumentState;
}

/** The state of a document, to change. */
export function ownStateOf(document: DocumentNode): DocumentState {
	return ownState(ownRestOf(document));
}

/** The `idMap` that the parser has made; a script can have put another in its place. */
export function idsOf(document: DocumentNode): IdMap | null {
	return (restOf(document) as Rest).ids;
}

export function setIds(document: DocumentNode, ids: IdMap): void {
	ownRestOf(document).ids = ids;
}

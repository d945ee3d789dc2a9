// The node that is a document, and the way to the state that a document has besides its children. No members for scripts:
// those are in `document.ts`.

import type { IdMap } from "./id-map.ts";
import { type DocumentState, type NodeExtras, ownState, UNTOUCHED } from "./node-extras.ts";
import { extrasOf, isTreeNode, ownExtrasOf, setExtras, TreeNode } from "./tree-node.ts";

/** The `idMap` that the parser has made; a script can have put another in its place. */
export let idsOf: (document: DocumentNode) => IdMap | null;
export let setIds: (document: DocumentNode, ids: IdMap) => void;

/** A document in the tree: an element without a name that holds the top-level nodes. Made by {@link makeDocument}. */
export class DocumentNode extends TreeNode {
	#ids: IdMap | null = null;

	static {
		idsOf = (document) => document.#ids;
		setIds = (document, ids) => {
			document.#ids = ids;
		};
	}
}

/** A new, empty document. */
export function makeDocument(): DocumentNode {
	// Not in a constructor: a class without one is made faster.
	const document = new DocumentNode();
	setExtras(document, UNTOUCHED);
	return document;
}

/** Whether `value` is a document; never throws. */
export function isDocument(value: unknown): value is DocumentNode {
	if (!isTreeNode(value)) return false;
	const extras = extrasOf(value);
	return extras !== null && extras.document !== null;
}

/** The state of a document, to read. */
export function stateOf(document: DocumentNode): Readonly<DocumentState> {
	return (extrasOf(document) as NodeExtras).document as DocumentState;
}

/** The state of a document, to change. */
export function ownStateOf(document: DocumentNode): DocumentState {
	return ownState(ownExtrasOf(document));
}

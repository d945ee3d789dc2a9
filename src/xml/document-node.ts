// The node that is a document, and the state a document has besides its children. No members for scripts: those are in
// `document.ts`.

import type { IdMap } from "./id-map.ts";
import { ELEMENT, TreeNode } from "./tree-node.ts";

/** What the six properties of a document read and write. */
export class DocumentState {
	status = 0;
	ignoreWhite = false;
	loaded: boolean | undefined = undefined;
	xmlDecl: string | undefined = undefined;
	docTypeDecl: string | undefined = undefined;
	contentType = "application/x-www-form-urlencoded";
	/** The `idMap` that the parser has made, where a script has not put another in its place. */
	ids: IdMap | null = null;
}

/** Whether `value` is a document; never throws. */
export let isDocument: (value: unknown) => value is DocumentNode;
export let stateOf: (document: DocumentNode) => DocumentState;

/** A document in the tree: an element without a name that holds the top-level nodes. */
export class DocumentNode extends TreeNode {
	readonly #state = new DocumentState();

	constructor() {
		super(ELEMENT, null, null, null, -1, 0, null);
	}

	static {
		isDocument = (value): value is DocumentNode => typeof value === "object" && value !== null && #state in value;
		stateOf = (document) => document.#state;
	}
}

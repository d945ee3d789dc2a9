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
}

/** Whether `value` is a document; never throws. */
export let isDocument: (value: unknown) => value is DocumentNode;
/** The state of a document, to read: one for all documents until {@link ownStateOf} gives a document its own. */
export let stateOf: (document: DocumentNode) => Readonly<DocumentState>;
/** The state of a document, to change. */
export let ownStateOf: (document: DocumentNode) => DocumentState;
/** The `idMap` that the parser has made; a script can have put another in its place. */
export let idsOf: (document: DocumentNode) => IdMap | null;
export let setIds: (document: DocumentNode, ids: IdMap) => void;

// Most documents are received, read and dropped with nothing but these values.
const UNTOUCHED: DocumentState = new DocumentState();

/** A document in the tree: an element without a name that holds the top-level nodes. */
export class DocumentNode extends TreeNode {
	#state: DocumentState = UNTOUCHED;
	#ids: IdMap | null = null;

	constructor() {
		super(ELEMENT, null, null, null, -1, 0, null);
	}

	static {
		isDocument = (value): value is DocumentNode => typeof value === "object" && value !== null && #state in value;
		stateOf = (document) => document.#state;
		ownStateOf = (document) => {
			if (document.#state === UNTOUCHED) document.#state = new DocumentState();
			return document.#state;
		};
		idsOf = (document) => document.#ids;
		setIds = (document, ids) => {
			document.#ids = ids;
		};
	}
}

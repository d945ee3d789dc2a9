// What few nodes have, or have only once a script looks for it. It stands apart from the node, because there every field
// costs 8 bytes in every node of every tree.

import type { AttributeBag } from "./attributes.ts";
import type { ChildList } from "./child-list.ts";
import type { IdMap } from "./id-map.ts";

/** What the six properties of a document read and write; undefined: not set, so that a default counts. */
export class DocumentState {
	status = 0;
	ignoreWhite: boolean | undefined = undefined;
	loaded: boolean | undefined = undefined;
	xmlDecl: string | undefined = undefined;
	docTypeDecl: string | undefined = undefined;
	contentType: string | undefined = undefined;
}

/** The rest of a node. */
export class Rest {
	/** The array that scripts see as `childNodes`. */
	list: ChildList | null = null;
	/** The value that a script has given an element. */
	value: string | null = null;
	/** The attributes of a node that is no element. */
	attributes: AttributeBag | null = null;
	/** The properties of a document; null for every other node. Many share one: see {@link ownState}. */
	document: DocumentState | null;
	/** The `idMap` that the parser has made for a document; a script can have put another in its place. */
	ids: IdMap | null = null;
	/** The object that scripts see instead of this node; see `unconstructed.ts`. */
	wrapper: object | null = null;

	constructor(document: DocumentState | null) {
		this.document = document;
	}
}

// Most documents are received, read and dropped without another value for a property, many without anything of their own.
// They share these two, which are never written to.
const UNSET = new DocumentState();
/** The rest of a document that nobody has touched. */
export const UNTOUCHED: Rest = new Rest(UNSET);

/** The rest of a node to write to, made from the one it has had. */
export function ownRest(kept: Rest | null): Rest {
	if (kept === null) return new Rest(null);
	return kept === UNTOUCHED ? new Rest(UNSET) : kept;
}

/** The properties of a document to write to. */
export function ownState(rest: Rest): DocumentState {
	if (rest.document === UNSET || rest.document === null) rest.document = new DocumentState();
	return rest.document;
}

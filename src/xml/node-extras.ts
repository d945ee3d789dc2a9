// The fields that few nodes have, or have only once a script looks for them. They are kept apart from the node, because a field of
// the node costs 8 bytes in every node of every tree.

import type { AttributeBag } from "./attributes.ts";
import type { ChildList } from "./child-list.ts";

/** What the six properties of a document read and write; undefined: not set, so that a default counts. */
export class DocumentState {
	status = 0;
	ignoreWhite: boolean | undefined = undefined;
	loaded: boolean | undefined = undefined;
	xmlDecl: string | undefined = undefined;
	docTypeDecl: string | undefined = undefined;
	contentType: string | undefined = undefined;
}

/** The additional fields of a node. */
export class NodeExtras {
	/** The array that scripts see as `childNodes`. */
	list: ChildList | null = null;
	/** The value that a script has given an element. */
	value: string | null = null;
	/** The attributes of a node that is no element. */
	attributes: AttributeBag | null = null;
	/** The properties of a document; null for every other node. Many share one: see {@link ownState}. */
	document: DocumentState | null;
	/** The object that scripts see instead of this node; see `unconstructed.ts`. */
	wrapper: object | null = null;

	constructor(document: DocumentState | null) {
		this.document = document;
	}
}

// Most documents are received, read and dropped without another value for a property, many without anything of their own.
// They share these two, which are never written to.
const UNSET = new DocumentState();
/** The fields of a document without values of its own. */
export const UNTOUCHED: NodeExtras = new NodeExtras(UNSET);

/** The fields of a node to write to, made from those that it had. */
export function ownExtras(kept: NodeExtras | null): NodeExtras {
	if (kept === null) return new NodeExtras(null);
	return kept === UNTOUCHED ? new NodeExtras(UNSET) : kept;
}

/** The properties of a document to write to. */
export function ownState(extras: NodeExtras): DocumentState {
	if (extras.document === UNSET || extras.document === null) extras.document = new DocumentState();
	return extras.document;
}

// The values of a document's properties that a script has set on a prototype, as in `XML.prototype.ignoreWhite = true`.
// They count for every document without a value of its own, and are looked up once for each parse, not for each node.
// Implements docs/xml.md, "Document properties".

import { DocumentNode, isDocument, stateOf } from "./document-node.ts";
import { DocumentState } from "./node-extras.ts";
import { wrapperOf } from "./tree-node.ts";
import { documentBehind } from "./unconstructed.ts";

/** The properties with a default. The two others, `status` and `loaded`, are results. */
export type DefaultedProperty = "ignoreWhite" | "contentType" | "xmlDecl" | "docTypeDecl";

const plainPrototype: object = DocumentNode.prototype;

/** The values on `XML.prototype`; undefined: not set. */
export const prototypeState: DocumentState = new DocumentState();

/** The value of a document's property: its own, or the nearest one on its prototypes. Undefined where there is none. */
export function propertyOf(document: DocumentNode, name: DefaultedProperty): unknown {
	const own = stateOf(document)[name];
	if (own !== undefined) return own;
	const seen = wrapperOf(document) as object;
	return Object.getPrototypeOf(seen) === DocumentNode.prototype ? prototypeState[name] : inherited(seen, name);
}

/** Whether a parse of the document drops text of white space. Each parse asks, so the usual cases come first. */
export function ignoresWhite(document: DocumentNode): boolean {
	const own = stateOf(document).ignoreWhite;
	if (own !== undefined) return own;
	const seen = wrapperOf(document) as object;
	if (Object.getPrototypeOf(seen) === plainPrototype) return prototypeState.ignoreWhite === true;
	return Boolean(inherited(seen, "ignoreWhite"));
}

// Of a class that a script has made. Its prototype can be a document, or have a plain property of the name.
function inherited(from: object, name: DefaultedProperty): unknown {
	try {
		for (let at: object | null = from; at !== null; at = Object.getPrototypeOf(at) as object | null) {
			if (at === DocumentNode.prototype) break;
			const plain = Object.getOwnPropertyDescriptor(at, name);
			if (plain !== undefined) return Reflect.get(at, name, from);
			const node = isDocument(at) ? at : documentBehind(at);
			const value = isDocument(node) ? stateOf(node)[name] : undefined;
			if (value !== undefined) return value;
		}
	} catch {
		// A getter of the script, or a Proxy, that throws.
	}
	return prototypeState[name];
}

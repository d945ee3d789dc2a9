// How the answer to a request is recognised without `match`: its root element has the `id` of the question's root. An `<error>`
// with that id is the server's refusal. Jabber streams have rules of their own: iq.ts.

import type { ReceivedDocument } from "../connection/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { attribute, rootElement, XML } from "../xml/index.ts";
import { refusalIn } from "./refusal.ts";

/** The id of a document's root element; undefined where it has none. */
export function idOf(text: string): string | undefined {
	const root = rootElement(new XML(text));
	return (root && attribute(root, "id")) || undefined;
}

/**
 * The `match` for the answer to a document.
 *
 * @throws XMLSOCKET_OPTION_INVALID where the document has no id to know the answer by.
 */
export function answerWithId(text: string): (document: ReceivedDocument) => boolean {
	const id = idOf(text);
	if (id === undefined) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"request() needs an id attribute on the document's root element, which the answer repeats, or the option match.",
		);
	}
	return (document) => {
		const root = document.root;
		return root !== undefined && root.nodeName !== "error" && attribute(root, "id") === id;
	};
}

/** The refusal of the question with this id, where the document is one. */
export function refusalOf(document: ReceivedDocument, id: string | undefined): XMLSocketError | undefined {
	if (id === undefined) return undefined;
	const root = document.root;
	return root?.nodeName === "error" && attribute(root, "id") === id ? refusalIn(root) : undefined;
}

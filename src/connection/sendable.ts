// What may be sent over a connection, and its text. The rules are the same at both ends.

import { XMLSocketError } from "../errors/index.ts";
import type { Markup, XMLNode } from "../xml/index.ts";
import type { ReceivedDocument } from "./received-document.ts";

/** What can be sent: text as it is, a node, the result of the `xml` tag, or a document that was received. */
export type Sendable = string | XMLNode | Markup | ReceivedDocument;

/**
 * The text of what is to be sent.
 *
 * @throws XMLSOCKET_DOCUMENT_INVALID for a value that is not text and has no text form of its own.
 */
export function documentText(document: Sendable): string {
	if (typeof document === "string") return document;
	const given: unknown = document;
	if (typeof given === "object" && given !== null && !Array.isArray(given)) {
		const own: unknown = (given as { toString?: unknown }).toString;
		if (typeof own === "function" && own !== Object.prototype.toString) {
			const text: unknown = own.call(given);
			if (typeof text === "string") return text;
		}
	}
	const kind = given === null ? "null" : Array.isArray(given) ? "an array" : `of type ${typeof given}`;
	throw new XMLSocketError(
		"XMLSOCKET_DOCUMENT_INVALID",
		`A document to be sent must be text, a node or an xml template; this one is ${kind}.`,
	);
}

// How the answer to a Jabber request is told: an iq of type result or error with the same id, from the one who was asked.
// RFC 6120, 8.1.3 and 8.2.3.

import { XMLSocketError } from "../errors/index.ts";
import { attribute, XML } from "../xml/index.ts";
import type { Incoming } from "./incoming.ts";

/**
 * The `match` for the answer to an iq.
 *
 * @throws XMLSOCKET_OPTION_INVALID where the text is no iq that asks for an answer: type get or set, and an id.
 */
export function answerTo(text: string): (document: Incoming) => boolean {
	const question = new XML(text).firstChild;
	const id = question ? attribute(question, "id") : undefined;
	const type = question ? attribute(question, "type") : undefined;
	if (question?.localName !== "iq" || (type !== "get" && type !== "set") || !id) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"request() knows the answer by itself for an iq of type get or set with an id; for anything else the option match must tell it.",
		);
	}
	const to = attribute(question, "to");
	return (document) => {
		if (!document.text.includes("iq")) return false;
		const root = document.xml.firstChild;
		if (root?.localName !== "iq" || attribute(root, "id") !== id) return false;
		const kind = attribute(root, "type");
		if (kind !== "result" && kind !== "error") return false;
		// Only who was asked may answer. Without an addressee that is the own account, which the server names as it likes.
		return to === undefined || attribute(root, "from")?.toLowerCase() === to.toLowerCase();
	};
}

// How the answer to a Jabber request is recognised: an iq of type result or error with the same id, from the address that was
// asked. RFC 6120, 8.1.3 and 8.2.3.

import type { ReceivedDocument } from "../connection/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { attribute, XML } from "../xml/index.ts";

/**
 * The `match` for the answer to an iq.
 *
 * @throws XMLSOCKET_OPTION_INVALID where the text is no iq of type get or set with an id.
 */
export function answerTo(text: string): (document: ReceivedDocument) => boolean {
	const question = new XML(text).firstChild;
	const id = question ? attribute(question, "id") : undefined;
	const type = question ? attribute(question, "type") : undefined;
	if (question?.localName !== "iq" || (type !== "get" && type !== "set") || !id) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"On a stream, request() recognises the answer to an iq of type get or set with an id; for anything else give the option match.",
		);
	}
	const to = attribute(question, "to");
	return (document) => {
		if (!document.text.includes("iq")) return false;
		const root = document.xml.firstChild;
		if (root?.localName !== "iq" || attribute(root, "id") !== id) return false;
		const kind = attribute(root, "type");
		if (kind !== "result" && kind !== "error") return false;
		// Only the address that was asked may answer. Without one that is the own account, which servers name in several ways.
		return to === undefined || attribute(root, "from")?.toLowerCase() === to.toLowerCase();
	};
}

// How the answer to a Jabber request is recognised: an iq of type result or error with the same id, from the address that was
// asked. RFC 6120, 8.1.3 and 8.2.3.

import type { ReceivedDocument } from "../connection/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { attribute, rootElement, XML } from "../xml/index.ts";

/**
 * The `match` for the answer to an iq.
 *
 * @throws XMLSOCKET_OPTION_INVALID where the text is no iq of type get or set with an id.
 */
export function answerTo(text: string): (document: ReceivedDocument) => boolean {
	const question = rootElement(new XML(text));
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
		const root = document.root;
		if (root?.localName !== "iq" || attribute(root, "id") !== id) return false;
		const kind = attribute(root, "type");
		if (kind !== "result" && kind !== "error") return false;
		const from = attribute(root, "from")?.toLowerCase();
		const own = attribute(root, "to")?.toLowerCase();
		// Without `to` the request is for the own account.
		if (to === undefined) return isOwnAccount(from, own);
		const asked = to.toLowerCase();
		// Only the address that was asked may answer. What comes without `from` is the own account's (RFC 6120, 8.1.2.1).
		return from === undefined ? isAccount(asked) && (own === undefined || bare(own) === asked) : from === asked;
	};
}

/**
 * Whether an answer comes from the account of this stream or its server.
 *
 * @param own to whom the answer is addressed: this client's address, once it has one.
 */
function isOwnAccount(from: string | undefined, own: string | undefined): boolean {
	if (from === undefined) return true;
	if (own === undefined) return !/[@/]/.test(from);
	return from === own || from === bare(own) || from === bare(own).replace(/^.*@/s, "");
}

/** Whether an address is that of an account, without a resource. */
function isAccount(address: string): boolean {
	return address.includes("@") && !address.includes("/");
}

/** An address without its resource. */
function bare(address: string): string {
	return address.replace(/\/.*/s, "");
}

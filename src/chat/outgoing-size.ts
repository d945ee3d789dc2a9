// The size of the documents in which a client's text goes out to others. Escaping makes a text up to six times longer than the
// sender wrote it, so the size is checked as it goes out, before anything is stored or sent.

import { XMLSocketError } from "../errors/index.ts";
import type { ChatClient } from "./chat-client.ts";
import type { ChatContext } from "./context.ts";

/** What the element around a text adds at most: names, ids and a room of 64 characters each, escaped, and the numbers. */
const ENVELOPE_BYTES = 4096;
/** `"` becomes `&quot;`. */
const MAX_GROWTH = 6;
/** A UTF-16 code unit takes from one to so many bytes, in any encoding. */
const MAX_UNIT_BYTES = 4;
/** A stored message may be from a time when the limit was higher. */
const STORED_FACTOR = 4;

/**
 * Checks a text that goes out to others.
 *
 * @param kind `text` is escaped, `markup` goes out as it is.
 * @param document the document that contains it; called only for a text that could be too long.
 * @throws XMLSOCKET_DOCUMENT_TOO_LARGE
 */
export function checkOutgoing(
	{ settings }: Pick<ChatContext, "settings">,
	client: ChatClient,
	text: string,
	kind: "text" | "markup",
	document: () => string,
): void {
	const limit = settings.maxDocumentBytes;
	if (text.length * MAX_GROWTH <= limit) return;
	// Writing a text of & alone takes 100 times as long as to read it, so what is surely too long, or short enough, is not written.
	const units = kind === "text" ? escapedLength(text) : text.length;
	if (units * MAX_UNIT_BYTES <= limit) return;
	const bytes = units > limit + ENVELOPE_BYTES ? units : client.peer.encode(document()).length;
	if (bytes <= limit + ENVELOPE_BYTES) return;
	throw new XMLSocketError(
		"XMLSOCKET_DOCUMENT_TOO_LARGE",
		`The text takes at least ${bytes} bytes where it is sent to others, more than the limit of ${limit} bytes. Characters such as & and " are longer when they are escaped.`,
		{ details: { bytes, limitBytes: limit } },
	);
}

/** The UTF-16 code units of a text in which the five characters of markup are written as references. */
function escapedLength(text: string): number {
	let length = text.length;
	for (let at = 0; at < text.length; at++) {
		const unit = text.charCodeAt(at);
		if (unit > 62) continue;
		if (unit === 38) length += "amp;".length;
		else if (unit === 60 || unit === 62) length += "lt;".length;
		else if (unit === 34 || unit === 39) length += "quot;".length;
	}
	return length;
}

/** The longest document that a stored message is shown as, in bytes. A longer one is shown as a gap. */
export function maxShownBytes(maxDocumentBytes: number): number {
	return maxDocumentBytes * STORED_FACTOR + ENVELOPE_BYTES;
}

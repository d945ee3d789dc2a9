// The size of the documents in which a client's text goes out to others. Escaping makes a text up to six times longer than the
// sender wrote it, so the size is checked as it goes out, before anything is stored or sent.

import { XMLSocketError } from "../errors/index.ts";
import type { ChatClient } from "./chat-client.ts";
import type { ChatContext } from "./context.ts";

/** What the element around a text adds at most: names, ids and a room of 64 characters each, escaped, and the numbers. */
const ENVELOPE_BYTES = 4096;
/** `"` becomes `&quot;`; a character has at most four bytes in any encoding. */
const MAX_GROWTH = 6;
/** A stored message may be from a time when the limit was higher. */
const STORED_FACTOR = 4;

/**
 * Checks a text that goes out to others.
 *
 * @param document the document that contains it; called only for a text that could be too long.
 * @throws XMLSOCKET_DOCUMENT_TOO_LARGE
 */
export function checkOutgoing(
	{ settings }: Pick<ChatContext, "settings">,
	client: ChatClient,
	text: string,
	document: () => string,
): void {
	const limit = settings.maxDocumentBytes;
	if (text.length * MAX_GROWTH <= limit) return;
	const bytes = client.peer.encode(document()).length;
	if (bytes <= limit + ENVELOPE_BYTES) return;
	throw new XMLSocketError(
		"XMLSOCKET_DOCUMENT_TOO_LARGE",
		`The text takes ${bytes} bytes where it is sent to others, more than the limit of ${limit} bytes. Characters such as & and " are longer when they are escaped.`,
		{ details: { bytes, limitBytes: limit } },
	);
}

/** The longest document that a stored message is shown as, in bytes. A longer one is shown as a gap. */
export function maxShownBytes(maxDocumentBytes: number): number {
	return maxDocumentBytes * STORED_FACTOR + ENVELOPE_BYTES;
}

// How long a document may be that one client's words make for others. Escaping makes a text up to six times longer than what its
// speaker sent, so the size is judged as it goes out, before anything is stored or sent.

import { XMLSocketError } from "../errors/index.ts";
import type { ChatSession } from "./chat-session.ts";

/** What the element around a text adds at most: names, ids and a room of 64 characters each, escaped, and the numbers. */
const ENVELOPE_BYTES = 4096;
/** `"` becomes `&quot;`; a character takes at most four bytes in any encoding. */
const MAX_GROWTH = 6;
/** A stored message may be from a time when the limit was higher. */
const STORED_FACTOR = 4;

/**
 * Checks a text that goes out to others.
 *
 * @param document the document that carries it; called only for a text that could be too long.
 * @throws XMLSOCKET_DOCUMENT_TOO_LARGE
 */
export function checkOutgoing(session: ChatSession, text: string, document: () => string): void {
	const limit = session.chat.settings.maxDocumentBytes;
	if (text.length * MAX_GROWTH <= limit) return;
	const bytes = session.peer.encode(document()).length;
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

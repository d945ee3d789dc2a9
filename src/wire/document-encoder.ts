// Text in, the bytes of one document with its terminator out. Text that holds the terminator would reach the receiver as
// two documents (frame injection), so it is refused here, on every path that leaves this package but one: the documented
// ActionScript class passes it through, as the player does.

import { XMLSocketError } from "../errors/index.ts";
import type { TextCodec } from "./text-codec.ts";

/**
 * Throws where `text` holds U+0000.
 *
 * @throws XMLSOCKET_NUL_IN_DOCUMENT with the character's position.
 */
export function refuseNul(text: string): void {
	const at = text.indexOf("\0");
	if (at >= 0) {
		throw new XMLSocketError(
			"XMLSOCKET_NUL_IN_DOCUMENT",
			`The text holds U+0000 at character ${at}, which would end the document there.`,
			{ details: { position: at } },
		);
	}
}

/**
 * The bytes of one document: its text in the codec's encoding, then the terminator, which may be empty.
 *
 * @throws XMLSOCKET_NUL_IN_DOCUMENT where the text holds U+0000, or encodes to bytes that hold the terminator.
 */
export function encodeDocument(text: string, codec: TextCodec, terminator: Uint8Array): Uint8Array {
	refuseNul(text);
	if (terminator.length === 1 && terminator[0] === 0) return codec.encode(`${text}\0`);
	const bytes = codec.encode(text);
	if (terminator.length === 0) return bytes;
	const whole = new Uint8Array(bytes.length + terminator.length);
	whole.set(bytes);
	whole.set(terminator, bytes.length);
	if (holdsEarly(whole, terminator)) {
		throw new XMLSocketError(
			"XMLSOCKET_NUL_IN_DOCUMENT",
			"The text holds the document terminator, which would end it early.",
		);
	}
	return whole;
}

function holdsEarly(whole: Uint8Array, terminator: Uint8Array): boolean {
	const last = whole.length - terminator.length;
	for (let at = whole.indexOf(terminator[0]!); at >= 0 && at < last; at = whole.indexOf(terminator[0]!, at + 1)) {
		let matched = 1;
		while (matched < terminator.length && whole[at + matched] === terminator[matched]) matched++;
		if (matched === terminator.length) return true;
	}
	return false;
}

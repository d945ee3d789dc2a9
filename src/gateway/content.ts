// What happens to the bytes on their way through a bridge: nothing, or another encoding, or one document for each WebSocket
// message. It knows no socket; a bridge pushes chunks in and queues what comes out.

import type { XMLSocketError } from "../errors/index.ts";
import { type Transcoder, transcoder } from "../transport/index.ts";
import { DocumentDecoder } from "../wire/index.ts";

/** One direction's way of treating bytes. */
export interface Content {
	/** Takes a chunk and gives what can go on now, in pieces that must not be split. */
	push(chunk: Uint8Array): readonly Uint8Array[];
	/** What is left at the end of the stream. */
	finish(): readonly Uint8Array[];
	/** Characters that the other encoding does not have, or bytes that are none of this one, replaced so far. */
	readonly replaced: number;
	/** What ends the stream, once it cannot be carried on: XMLSOCKET_DOCUMENT_TOO_LARGE. What came before it was given out. */
	readonly error?: XMLSocketError | undefined;
}

/** The two directions of a bridge; undefined where bytes pass unchanged. */
export interface BridgeContent {
	readonly toTarget: Content | undefined;
	readonly toPage: Content | undefined;
}

/**
 * What a target with this encoding needs.
 *
 * @param frames `text`: the page wants one document in each message, without its zero byte.
 * @throws XMLSOCKET_OPTION_INVALID for an unknown encoding.
 */
export function bridgeContent(
	encoding: string | undefined,
	frames: "binary" | "text",
	maxDocumentBytes: number,
): BridgeContent {
	const isUtf8 = encoding === undefined || /^utf[-_ ]?8$/i.test(encoding);
	const toPage = isUtf8 ? undefined : transcoded(transcoder(encoding, "utf-8"));
	return {
		toTarget: isUtf8 ? undefined : transcoded(transcoder("utf-8", encoding)),
		toPage: frames === "text" ? documents(toPage, maxDocumentBytes) : toPage,
	};
}

function transcoded(through: Transcoder): Content {
	return {
		push: (chunk) => [through.push(chunk)],
		finish: () => [through.finish()],
		get replaced() {
			return through.replaced;
		},
	};
}

// A document without its zero byte at the end of the stream is none, and is dropped.
function documents(before: Content | undefined, maxDocumentBytes: number): Content {
	const decoder = new DocumentDecoder({ output: "bytes", maxDocumentBytes, keepEmpty: true });
	let error: XMLSocketError | undefined;
	const cut = (chunks: readonly Uint8Array[]): Uint8Array[] => {
		const whole: Uint8Array[] = [];
		for (const chunk of chunks) error ??= decoder.push(chunk, 0, whole);
		return whole;
	};
	return {
		push: (chunk) => cut(before ? before.push(chunk) : [chunk]),
		finish: () => cut(before ? before.finish() : []),
		get replaced() {
			return before?.replaced ?? 0;
		},
		get error() {
			return error;
		},
	};
}

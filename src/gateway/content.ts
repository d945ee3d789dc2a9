// Converts the bytes that a bridge forwards: to another encoding, or to one WebSocket message for each document. It knows no socket: a
// bridge passes chunks in and queues the results.

import type { XMLSocketError } from "../errors/index.ts";
import { type Transcoder, transcoder } from "../transport/index.ts";
import { DocumentDecoder } from "../wire/index.ts";

/** The conversion of one direction. */
export interface Content {
	/** Converts a chunk. @returns the pieces that can leave now, which must not be split */
	push(chunk: Uint8Array): readonly Uint8Array[];
	/** The rest at the end of the stream. */
	finish(): readonly Uint8Array[];
	/** The number of replacements so far: characters that the other encoding does not have, and invalid bytes. */
	readonly replaced: number;
	/** The error that ends the stream: XMLSOCKET_DOCUMENT_TOO_LARGE. Everything before it was returned. */
	readonly error?: XMLSocketError | undefined;
}

/** The two directions of a bridge; undefined where bytes pass unchanged. */
export interface BridgeContent {
	readonly toTarget: Content | undefined;
	readonly toPage: Content | undefined;
}

/**
 * The conversions for a target with this encoding.
 *
 * @param frames `text`: the page receives one document in each message, without its zero byte.
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

// An unterminated document at the end of the stream is dropped.
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

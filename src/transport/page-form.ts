// The form of documents in which the programs of pages read them: UTF-8 and a zero byte. A server whose other clients use an
// older encoding or another terminator converts what it sends to WebSockets.

import type { TextCodec } from "../wire/index.ts";
import { nodeUtf8 } from "./node-utf8.ts";
import type { Conversion } from "./websocket/websocket-transport.ts";

/**
 * Converts whole documents of this encoding with this terminator into UTF-8 with zero bytes; undefined where they are that already.
 * Broadcasts pass the same array for many sockets in a sequence, so the last result is kept.
 */
export function toPageForm(codec: TextCodec, terminator: Uint8Array): Conversion | undefined {
	const endsWithZero = terminator.length === 1 && terminator[0] === 0;
	if (codec.label === nodeUtf8.label && endsWithZero) return undefined;
	const mark = codec.decode(terminator, 0, terminator.length);
	let lastInput: Uint8Array | undefined;
	let lastOutput: Uint8Array | undefined;
	return (bytes) => {
		if (bytes === lastInput && lastOutput) return lastOutput;
		const text = codec.decode(bytes, 0, bytes.length);
		lastInput = bytes;
		lastOutput = nodeUtf8.encode(endsWithZero ? text : text.replaceAll(mark, "\0"));
		return lastOutput;
	};
}

// UTF-8 by Node's own means: through Buffer, faster than TextDecoder for short texts.

import { isAscii } from "node:buffer";
import type { TextCodec } from "../wire/index.ts";

const SHORT_BYTES = 2048;

/** UTF-8 with U+FFFD for what is invalid. */
export const nodeUtf8: TextCodec = {
	label: "utf-8",
	isUtf8: true,
	decode(bytes, start, end) {
		// Sockets give Buffers: a short text costs half without a view of its part and a look at it.
		if (end - start < SHORT_BYTES && Buffer.isBuffer(bytes)) return bytes.toString("utf8", start, end);
		const buffer = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
		return buffer.toString(isAscii(buffer) ? "latin1" : "utf8");
	},
	encode: (text) => Buffer.from(text, "utf8"),
};

// Encodings by Node's own means: UTF-8 through Buffer, faster than TextDecoder for short texts, and the older encodings of
// Flash content through iconv-lite, of which this is the only importer.

import { isAscii } from "node:buffer";
import iconv from "iconv-lite";
import { XMLSocketError } from "../errors/index.ts";
import { type TextCodec, utf8Codec } from "../wire/index.ts";

const SHORT_BYTES = 2048;

/** UTF-8 with U+FFFD for what is invalid. */
export const nodeUtf8: TextCodec = {
	label: "utf-8",
	decode(bytes, start, end) {
		// Sockets give Buffers: a short text costs half without a view of its part and a look at it.
		if (end - start < SHORT_BYTES && Buffer.isBuffer(bytes)) return bytes.toString("utf8", start, end);
		const buffer = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
		return buffer.toString(isAscii(buffer) ? "latin1" : "utf8");
	},
	encode: (text) => Buffer.from(text, "utf8"),
};

/**
 * The codec of an encoding's name.
 *
 * @param label `utf-8`, or any single-byte or multi-byte encoding that iconv-lite knows and that never uses a zero byte
 * inside a character: `gbk`, `shift_jis`, `latin1`, `windows-1252`, `euc-kr`, `big5`.
 * @param strict whether invalid bytes end the connection (UTF-8 only). Default false: they become U+FFFD.
 * @throws XMLSOCKET_OPTION_INVALID for an unknown encoding, and for those that are no encoding of
 * documents: UTF-16 and UTF-32, whose characters hold zero bytes, UTF-7, `hex`, `base64`, `binary`.
 */
export function textCodec(label: string, strict = false): TextCodec {
	if (/^utf[-_ ]?8$/i.test(label)) return strict ? utf8Codec(true) : nodeUtf8;
	if (!iconv.encodingExists(label) || !keepsMarkup(label)) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`The encoding "${label}" cannot be used: choose utf-8, gbk, shift_jis, latin1, windows-1252, euc-kr, big5 or another one without zero bytes.`,
		);
	}
	return {
		label,
		decode: (bytes, start, end) =>
			iconv.decode(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start), label, { stripBOM: false }),
		encode: (text) => iconv.encode(text, label),
	};
}

// Asked of the encoding itself, not of its name: `UTF_16`, `ucs 2` and many more spellings are understood.
function keepsMarkup(label: string): boolean {
	return (
		iconv.encode(MARKUP, label).equals(Buffer.from(MARKUP, "latin1")) && !iconv.encode("\u0100", label).includes(0)
	);
}

const MARKUP = "\0<aZ n0=\"9\" m='+-'/>&;";

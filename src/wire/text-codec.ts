// How the bytes of one whole document become text and back. The framing never looks at characters, and a codec never sees
// a partial document, so that a character split over two segments cannot be torn (XMLSocket class, wire rule 3).

/**
 * An encoding of document text.
 *
 * `decode` replaces what it cannot read with U+FFFD, or throws where the codec is strict; `encode` turns lone surrogates
 * into U+FFFD. No codec may use 0x00 as part of a character, or framing before decoding would not be safe.
 */
export interface TextCodec {
	/** The encoding's label, for example `utf-8` or `gbk`. */
	readonly label: string;
	/** Whether `encode` gives UTF-8, so that others may encode in its place. Default false. */
	readonly isUtf8?: boolean;
	/** The text of `bytes[start, end)`. A strict codec throws a `TypeError` on bytes that are not of its encoding. */
	decode(bytes: Uint8Array, start: number, end: number): string;
	/** The bytes of `text`. */
	encode(text: string): Uint8Array;
}

/**
 * UTF-8 over the host's own `TextDecoder`; a byte order mark is kept, as framing has no meaning for it.
 *
 * @param strict when true, `decode` throws on invalid bytes instead of putting U+FFFD in their place. Default false.
 */
export function utf8Codec(strict = false): TextCodec {
	const decoder = new TextDecoder("utf-8", { fatal: strict, ignoreBOM: true });
	const encoder = new TextEncoder();
	return {
		label: "utf-8",
		isUtf8: true,
		decode: (bytes, start, end) => decoder.decode(bytes.subarray(start, end)),
		encode: (text) => encoder.encode(text),
	};
}

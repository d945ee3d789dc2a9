// Text of bytes that are not all of the encoding: each strange byte becomes a lone surrogate, U+DC80 to U+DCFF for the bytes 80 to FF, and the rest is
// decoded. No encoding has such characters, so they cannot be taken for others, and the exact byte can still be shown.

/** The text of `bytes`, of which `decode` does not read all. Only UTF-8 is read in part; of other encodings the ASCII characters. */
export function escapedText(bytes: Uint8Array, decode: (bytes: Uint8Array) => string | undefined): string {
	const isUtf8 = decode(Uint8Array.of(0xc3, 0xa9)) === "\u00e9" && decode(Uint8Array.of(0xe2, 0x82)) === undefined;
	let text = "";
	let from = 0;
	let at = 0;
	while (at < bytes.length) {
		const length = isUtf8 ? characterLength(bytes, at) : (bytes[at] as number) < 0x80 ? 1 : 0;
		if (length > 0) {
			at += length;
			continue;
		}
		if (at > from) text += decode(bytes.subarray(from, at)) ?? "";
		text += String.fromCharCode(0xdc00 + (bytes[at] as number));
		from = ++at;
	}
	return from < bytes.length ? text + (decode(bytes.subarray(from)) ?? "") : text;
}

// The length of the UTF-8 character at `at`; 0 where there is none. Neither surrogates nor longer forms than needed are characters.
function characterLength(bytes: Uint8Array, at: number): number {
	const first = bytes[at] as number;
	if (first < 0x80) return 1;
	const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
	for (let next = 1; next < length; next++) if (((bytes[at + next] as number) & 0xc0) !== 0x80) return 0;
	const second = bytes[at + 1] as number;
	if (first === 0xe0 && second < 0xa0) return 0;
	if (first === 0xed && second >= 0xa0) return 0;
	if (first === 0xf0 && second < 0x90) return 0;
	if (first === 0xf4 && second >= 0x90) return 0;
	return length;
}

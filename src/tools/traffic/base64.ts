// Base64 of bytes, for Node and pages: the types here have neither Buffer nor btoa. RFC 4648, section 4.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES: ReadonlyMap<number, number> = new Map(
	Array.from(ALPHABET, (character, value) => [character.charCodeAt(0), value]),
);

/** The base64 of bytes, padded. */
export function toBase64(bytes: Uint8Array): string {
	const pieces: string[] = [];
	for (let at = 0; at < bytes.length; at += 3) {
		const [first = 0, second, third] = bytes.subarray(at, at + 3);
		const bits = (first << 16) | ((second ?? 0) << 8) | (third ?? 0);
		pieces.push(
			ALPHABET.charAt(bits >> 18),
			ALPHABET.charAt((bits >> 12) & 63),
			second === undefined ? "=" : ALPHABET.charAt((bits >> 6) & 63),
			third === undefined ? "=" : ALPHABET.charAt(bits & 63),
		);
	}
	return pieces.join("");
}

/** The bytes of padded base64; undefined where the text is none. */
export function fromBase64(text: string): Uint8Array | undefined {
	if (text.length % 4 !== 0) return undefined;
	const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
	const length = text.length - padding;
	const bytes = new Uint8Array((text.length / 4) * 3 - padding);
	let bits = 0;
	for (let at = 0, to = 0; at < text.length; at++) {
		const value = at < length ? VALUES.get(text.charCodeAt(at)) : 0;
		if (value === undefined) return undefined;
		bits = (bits << 6) | value;
		if (at % 4 !== 3) continue;
		for (let shift = 16; shift >= 0 && to < bytes.length; shift -= 8) bytes[to++] = (bits >> shift) & 255;
		bits = 0;
	}
	return bytes;
}

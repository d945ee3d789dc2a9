// Bytes as short text for reports. What a server sends must not control the reader's terminal, so control characters are escaped.

const MAX_SHOWN_BYTES = 72;
const ESCAPES: Readonly<Record<string, string>> = { "\0": "\\0", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Bytes as quoted text; bytes that are no UTF-8 as hexadecimal. */
export function showBytes(bytes: Uint8Array): string {
	const shown = Buffer.from(bytes.subarray(0, MAX_SHOWN_BYTES));
	const more = bytes.length > MAX_SHOWN_BYTES ? ` … (${bytes.length} bytes)` : "";
	let text: string;
	try {
		// ignoreBOM keeps U+FEFF. `stream` ignores a character that the shortening cut.
		text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(shown, { stream: more !== "" });
	} catch {
		return `${shown.toString("hex").replace(/..(?=.)/g, "$& ")}${more} (hexadecimal)`;
	}
	return `"${escapeControls(text)}"${more}`;
}

/** Text without control, formatting and line characters. */
export function escapeControls(text: string): string {
	return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => {
		const known = ESCAPES[char];
		return known ?? `\\u{${char.codePointAt(0)!.toString(16)}}`;
	});
}

// Decodes the references of XML text and attribute values: five names, `&nbsp;`, and character references. Entities that
// a DTD declares are never expanded, and whatever is not understood stays as it is written.
// Implements docs/xml.md, "Parser", entities. One pass; the cost is linear for any input.

const HASH = 35;

/** `text` with its references replaced. Only one pass: `&amp;lt;` gives `&lt;`. */
export function decodeEntities(text: string): string {
	const at = text.indexOf("&");
	return at === -1 ? text : decodeFrom(text, at);
}

function decodeFrom(text: string, at: number): string {
	let result = "";
	let copied = 0;
	// Where the next ";" stands: found once and kept, or a text of many "&#1" would be searched to its end for each.
	let semicolon = -2;
	while (at !== -1) {
		if (semicolon !== -1 && semicolon < at) semicolon = text.indexOf(";", at + 1);
		if (semicolon === -1) break;
		const decoded =
			text.charCodeAt(at + 1) === HASH ? characterReference(text, at + 2, semicolon) : named(text, at + 1, semicolon);
		if (decoded !== undefined) {
			result += text.slice(copied, at) + decoded;
			copied = semicolon + 1;
			at = text.indexOf("&", copied);
		} else {
			at = text.indexOf("&", at + 1);
		}
	}
	return copied === 0 ? text : result + text.slice(copied);
}

function named(text: string, start: number, end: number): string | undefined {
	switch (end - start) {
		case 2:
			if (text.charCodeAt(start + 1) === 116) {
				if (text.charCodeAt(start) === 108) return "<";
				if (text.charCodeAt(start) === 103) return ">";
			}
			return undefined;
		case 3:
			return text.startsWith("amp", start) ? "&" : undefined;
		case 4:
			if (text.startsWith("quot", start)) return '"';
			if (text.startsWith("apos", start)) return "'";
			return text.startsWith("nbsp", start) ? "\u00a0" : undefined;
		default:
			return undefined;
	}
}

// "&#" digits, then anything up to the ";" ("&#229e2;" is the character 229); "&#x" must be hexadecimal to the end.
function characterReference(text: string, start: number, end: number): string | undefined {
	const hexadecimal = text.charCodeAt(start) === 120;
	let at = hexadecimal ? start + 1 : start;
	const first = at;
	let code = 0;
	for (; at < end; at++) {
		const digit = digitValue(text.charCodeAt(at), hexadecimal);
		if (digit === -1) break;
		if (code <= 0x10ffff) code = code * (hexadecimal ? 16 : 10) + digit;
	}
	if (at === first || (hexadecimal && at !== end)) return undefined;
	if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
	return String.fromCodePoint(code);
}

/** The value of a digit, or -1. */
export function digitValue(unit: number, hexadecimal: boolean): number {
	if (unit >= 48 && unit <= 57) return unit - 48;
	if (!hexadecimal) return -1;
	if (unit >= 97 && unit <= 102) return unit - 87;
	if (unit >= 65 && unit <= 70) return unit - 55;
	return -1;
}

// Shows a document as a list of tokens, from which a terminal makes colours and a page makes spans: indented or on one line. What is shown is what
// was sent; only white space between elements and JSON values is replaced. It knows neither a terminal nor a page.

import type { Decoded } from "./decoded.ts";
import { formatJson } from "./format-json.ts";
import { formatXml } from "./format-xml.ts";
import { type Token, TokenList } from "./token-list.ts";

/** How {@link formatDocument} arranges a document. */
export interface FormatOptions {
	/** What a line begins with for each level. The empty string: everything on one line. @default "  " */
	readonly indent?: string;
	/** Columns: one line is cut to them, with an ellipsis, and a hex dump fits into them. @default no limit for one line, 80 for a hex dump */
	readonly width?: number;
	/** The most characters that are shown; a note says that there are more. @default 65536 */
	readonly maxCharacters?: number;
}

/**
 * The tokens of a document as it is shown: XML and JSON indented, `%xt%` fields apart, bytes that are no text as a hex dump.
 *
 * XML that is not well-formed, and JSON that is not JSON, are shown as they are. Control characters are visible (`␊`, `\x85`), and so are marks of text
 * direction (`\u202e`) and bytes that are not of the encoding (`\xE9`). A line break in a token is always one of the layout.
 */
export function formatDocument(
	decoded: Decoded,
	{ indent = "  ", width, maxCharacters = 65_536 }: FormatOptions = {},
): Token[] {
	const oneLine = indent === "";
	const list = new TokenList(oneLine && width !== undefined ? Math.min(maxCharacters, width * 4 + 64) : maxCharacters);
	addDocument(decoded, list, indent, width);
	if (oneLine && width !== undefined) list.cutTo(width);
	else if (list.isCut) {
		list.note(`${oneLine ? " " : "\n"}\u2026 the first ${maxCharacters} characters of ${decoded.bytes.length} bytes`);
	}
	return list.tokens;
}

function addDocument(decoded: Decoded, list: TokenList, indent: string, width: number | undefined): void {
	const oneLine = indent === "";
	const whole = decoded.text ?? "";
	// Of a long document on one line only the beginning is looked at.
	const text = oneLine && width !== undefined ? whole.slice(0, LONGEST_LINE + width * 4) : whole;
	switch (decoded.form) {
		case "empty":
			list.note("(empty)");
			return;
		case "xml":
			formatXml(text, list, indent);
			return;
		case "xt":
			addFields(text, decoded.name, list);
			return;
		case "json":
			if (formatJson(text, list, indent)) return;
			break;
		case "binary":
			if (oneLine) addHexLine(decoded.bytes, list);
			else addHexDump(decoded.bytes, list, width ?? 80);
			return;
		case "text":
			break;
	}
	if (oneLine) list.add("text", text);
	else list.addLines("text", text, "");
}

const LONGEST_LINE = 16_384;

function addFields(text: string, command: string | undefined, list: TokenList): void {
	let named = false;
	for (const [at, field] of text.split("%").entries()) {
		if (list.isCut) return;
		if (at > 0) list.add("punctuation", "%");
		const isName: boolean = !named && at > 1 && field === command;
		named ||= isName;
		list.add(isName ? "name" : at === 1 ? "punctuation" : "text", field);
	}
}

function addHexLine(bytes: Uint8Array, list: TokenList): void {
	for (const byte of bytes) {
		if (list.isCut) return;
		list.add("value", `${hex(byte, 2)} `);
	}
}

function addHexDump(bytes: Uint8Array, list: TokenList, width: number): void {
	const perRow = width >= 77 ? 16 : width >= 43 ? 8 : 4;
	for (let at = 0; at < bytes.length && !list.isCut; at += perRow) {
		const row = bytes.subarray(at, at + perRow);
		if (at > 0) list.layout("\n");
		list.add("comment", hex(at, 8));
		list.add("value", `  ${Array.from(row, (byte) => hex(byte, 2)).join(" ")}`.padEnd(perRow * 3 + 3));
		const characters = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."));
		list.add("text", `|${characters.join("")}|`);
	}
}

function hex(value: number, digits: number): string {
	return value.toString(16).padStart(digits, "0");
}

// How a document is shown: one line for the list, lines of coloured tokens for the details, a hex dump, plain text to copy. Everything
// becomes text nodes, and characters that hide or reorder text are visible. It decodes with the page's own decoder.

import {
	type Decoded,
	type DocumentEvent,
	decodeDocument,
	type ExactDecode,
	formatDocument,
	type Token,
} from "../src/tools/traffic/index.ts";
import { make } from "./dom.ts";

/** How the details show a document. */
export type Form = "indented" | "text" | "hex";

const PREVIEW_CHARACTERS = 400;
const MAX_CHARACTERS = 262_144;
const HEX_ROW = 16;
const MAX_HEX_BYTES = 65_536;
/** Only the beginning of a long document is decoded for the list. */
const PREVIEW_BYTES = 1024;

/** Shows documents of one encoding. */
export class DocumentView {
	readonly decode: ExactDecode;
	readonly isUtf8: boolean;

	/** @param encoding a label such as `utf-8`; one that the browser does not know is shown as UTF-8. */
	constructor(encoding: string) {
		const decoder = decoderOf(encoding) ?? decoderOf("utf-8")!;
		this.isUtf8 = decoder.encoding === "utf-8";
		this.decode = (bytes) => {
			try {
				return decoder.decode(bytes);
			} catch {
				return undefined;
			}
		};
	}

	/** What the document is. */
	decoded(event: DocumentEvent): Decoded {
		return decodeDocument(event.bytes, this.decode);
	}

	/** One line for the list. @param columns how many characters have a place */
	preview(event: DocumentEvent, columns: number): Token[] {
		const { bytes } = event;
		// A cut inside a character would make the rest of the line strange; the whole document decides then.
		const head = bytes.length > PREVIEW_BYTES ? bytes.subarray(0, endOfCharacter(bytes, PREVIEW_BYTES)) : bytes;
		return formatDocument(decodeDocument(head, this.decode), {
			indent: "",
			width: Math.min(columns, PREVIEW_CHARACTERS),
			maxCharacters: Math.min(columns, PREVIEW_CHARACTERS) + 16,
		});
	}

	/** The lines of a document, each a list of tokens. */
	lines(event: DocumentEvent, form: Form): Token[][] {
		if (form === "hex") return hexLines(event.bytes);
		const decoded = this.decoded(event);
		if (form === "indented") return linesOf(formatDocument(decoded, { maxCharacters: MAX_CHARACTERS }));
		const text = decoded.text;
		if (text === undefined) return hexLines(event.bytes);
		// The text as it was sent, cut only at its own line breaks.
		const whole = { ...textOnly(decoded), text };
		return linesOf(formatDocument(whole, { maxCharacters: MAX_CHARACTERS }));
	}

	/** The exact text; undefined where the bytes are not text of the encoding. */
	exactText(bytes: Uint8Array): string | undefined {
		return this.decode(bytes);
	}
}

/** A line as one element. */
export function lineElement(tokens: readonly Token[], className: string): HTMLElement {
	const line = make("div", className);
	appendTokens(line, tokens);
	return line;
}

/** Adds tokens as spans; text without a colour stays bare. */
export function appendTokens(parent: HTMLElement, tokens: readonly Token[]): void {
	for (const { style, text } of tokens) {
		if (style === "text") parent.append(text);
		else parent.append(make("span", `k-${style}`, text));
	}
}

/** The text of a line. */
export function textOfLine(tokens: readonly Token[]): string {
	return tokens.map((token) => token.text).join("");
}

function textOnly(decoded: Decoded): Decoded {
	return {
		bytes: decoded.bytes,
		form: "text",
		name: undefined,
		text: decoded.text,
		exact: decoded.exact,
		xml: undefined,
		fields: undefined,
	};
}

function linesOf(tokens: readonly Token[]): Token[][] {
	const lines: Token[][] = [[]];
	for (const { style, text } of tokens) {
		for (const [at, part] of text.split("\n").entries()) {
			if (at > 0) lines.push([]);
			if (part !== "") lines.at(-1)!.push({ style, text: part });
		}
	}
	return lines;
}

function hexLines(bytes: Uint8Array): Token[][] {
	const lines: Token[][] = [];
	const shown = bytes.subarray(0, MAX_HEX_BYTES);
	for (let at = 0; at < shown.length; at += HEX_ROW) {
		const row = [...shown.subarray(at, at + HEX_ROW)];
		const pairs = row.map((byte) => byte.toString(16).padStart(2, "0"));
		const characters = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·"));
		lines.push([
			{ style: "comment", text: `${at.toString(16).padStart(6, "0")}  ` },
			{ style: "value", text: pairs.join(" ").padEnd(HEX_ROW * 3 + 1) },
			{ style: "text", text: characters.join("") },
		]);
	}
	if (bytes.length > shown.length)
		lines.push([{ style: "comment", text: `… the first ${MAX_HEX_BYTES} of ${bytes.length} bytes` }]);
	return lines.length > 0 ? lines : [[{ style: "comment", text: "(empty)" }]];
}

function decoderOf(label: string): TextDecoder | undefined {
	try {
		return new TextDecoder(label, { fatal: true, ignoreBOM: true });
	} catch {
		return undefined;
	}
}

function endOfCharacter(bytes: Uint8Array, most: number): number {
	let end = most;
	while (end > most - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
	return end;
}

// A document as something to paste elsewhere: its text, a command that sends it, or a test that does. Names that are masked stay masked in
// each. It copies nothing and knows no element.

import { type CaptureInfo, type DocumentEvent, quoteForShell } from "../src/tools/traffic/index.ts";
import type { DocumentView } from "./shown-document.ts";

/** A text, or why there is none. */
export type Copied =
	| { readonly text: string; readonly problem?: undefined }
	| { readonly problem: string; readonly text?: undefined };

const NO_TEXT: Copied = { problem: "This document is not text: copy it as hex." };

/** The document as it was sent; hex where it is not text. */
export function asText(event: DocumentEvent, view: DocumentView): Copied {
	const text = view.exactText(event.bytes);
	return { text: text ?? asHex(event.bytes) };
}

/** Pairs of hex digits. */
export function asHex(bytes: Uint8Array): string {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** A line for a shell: `xmlsocket send localhost:9000 '<hello/>'`. */
export function asSendCommand(event: DocumentEvent, view: DocumentView, info: CaptureInfo): Copied {
	const text = view.exactText(event.bytes);
	if (text === undefined) return NO_TEXT;
	const address = quoteForShell(info.target ?? "HOST:PORT");
	const flags = [
		...(view.isUtf8 ? [] : ["--encoding", quoteForShell(info.encoding)]),
		...(isNul(info.terminator) ? [] : ["--terminator", asHex(info.terminator).replaceAll(" ", "")]),
	];
	const command = ["xmlsocket", "send", address, ...flags].join(" ");
	// A terminal acts on control characters in what is pasted, and so does a shell on a tab.
	// `send` removes one line break at the end of standard input.
	if (/[^\P{Cc}\n]/u.test(text)) return { text: `printf '%b' ${quoteForShell(`${escaped(text)}\\n`)} | ${command}` };
	return { text: `${command}${text.startsWith("-") ? " --" : ""} ${quoteForShell(text)}` };
}

/** A vitest test that sends the document and expects the answer. @param answer the next document of the server, if there was one */
export function asTest(
	event: DocumentEvent,
	answer: DocumentEvent | undefined,
	view: DocumentView,
	info: CaptureInfo,
): Copied {
	const sent = view.exactText(event.bytes);
	const expected = answer && view.exactText(answer.bytes);
	if (sent === undefined) return NO_TEXT;
	if (!view.isUtf8) return { problem: "A test can be made of UTF-8 documents only." };
	const name = /^<\s*([\w:.-]+)/.exec(sent)?.[1];
	const options = isNul(info.terminator) ? "" : `, { terminator: "${asHex(info.terminator).replaceAll(" ", "")}" }`;
	const lines = [
		`import { expect, it } from "vitest";`,
		`import { connect } from "xmlsocket";`,
		"",
		`it(${quoted(`answers ${name === undefined ? "the document" : `<${name}>`} as it did in the recording`)}, async () => {`,
		`\tconst connection = await connect(${quoted(info.target ?? "HOST:PORT")}${options});`,
		`\tconnection.send(${quoted(sent)});`,
	];
	if (expected !== undefined) {
		lines.push("\tfor await (const document of connection) {", `\t\texpect(document.text).toBe(${quoted(expected)});`);
		lines.push("\t\tbreak;", "\t}");
	}
	lines.push("\tawait connection.close();", "});", "");
	return { text: lines.join("\n") };
}

/** Bytes from pairs of hex digits, with white space between them; undefined where it is something else. */
export function bytesOfHex(text: string): Uint8Array | undefined {
	const digits = text.replace(/\s+/g, "");
	if (!/^(?:[\da-f]{2})*$/i.test(digits)) return undefined;
	return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Base64 of any number of bytes. */
export function base64Of(bytes: Uint8Array): string {
	let binary = "";
	for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
	return btoa(binary);
}

function isNul(terminator: Uint8Array): boolean {
	return terminator.length === 1 && terminator[0] === 0;
}

function quoted(text: string): string {
	// Direction marks would reorder the line in an editor.
	return JSON.stringify(text).replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (character) => {
		return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
	});
}

// The escapes of printf's %b.
function escaped(text: string): string {
	return text
		.replaceAll("\\", "\\\\")
		.replace(/[^\P{Cc}\n]/gu, (character) =>
			[...new TextEncoder().encode(character)].map((byte) => `\\0${byte.toString(8).padStart(3, "0")}`).join(""),
		);
}

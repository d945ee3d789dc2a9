// `--format` of `listen`: a text in which the parts of each document are put.

import { XMLSocketError } from "../errors/index.ts";
import { rootElement, XML } from "../xml/index.ts";

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", 0: "\0", "\\": "\\" };

const PARTS: Readonly<Record<string, (text: string, number: number) => string>> = {
	p: (text) => text,
	l: (text) => String(Buffer.byteLength(text)),
	e: (text) => rootElement(new XML(text))?.nodeName ?? "",
	n: (_, number) => String(number),
	I: () => new Date().toISOString(),
	U: () => (Date.now() / 1000).toFixed(3),
	"%": () => "%",
};

/** Prints a document in a format; undefined where there is none. @throws XMLSOCKET_OPTION_INVALID for a letter that stands for nothing. */
export function documentFormat(format: unknown): ((text: string) => string) | undefined {
	if (typeof format !== "string") return undefined;
	const pieces = format.split(/(%.?|\\.?)/su).map((piece) => {
		const letter = piece.slice(1);
		if (piece.startsWith("%")) {
			if (Object.hasOwn(PARTS, letter)) return PARTS[letter]!;
			throw invalid(`${piece} stands for nothing: there are %${Object.keys(PARTS).join(", %")}`);
		}
		if (!piece.startsWith("\\")) return () => piece;
		if (!Object.hasOwn(ESCAPES, letter)) throw invalid(`${piece} stands for nothing: there are \\n, \\t, \\0 and \\\\`);
		return () => ESCAPES[letter]!;
	});
	let number = 0;
	return (text) => {
		number++;
		return pieces.map((piece) => piece(text, number)).join("");
	};
}

function invalid(why: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_OPTION_INVALID", `--format is wrong: ${why}.`);
}

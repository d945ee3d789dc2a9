// The tokens of JSON text. It is cut as it is written, so that numbers and repeated keys stay as they were sent; only white space is replaced.

import type { TokenList } from "./token-list.ts";

// A deeper level is indented no further.
const DEEPEST_INDENT = 64;

/** Adds the tokens of JSON text; `indent` "" keeps them on one line. False, and nothing is added, where the text is not JSON. */
export function formatJson(text: string, list: TokenList, indent: string): boolean {
	try {
		JSON.parse(text.replace(/^\ufeff/, ""));
	} catch {
		return false;
	}
	let depth = 0;
	const newLine = (): void => {
		if (indent !== "") list.layout(`\n${indent.repeat(Math.min(depth, DEEPEST_INDENT))}`);
	};
	let at = 0;
	while (at < text.length && !list.isCut) {
		const character = text[at] as string;
		const end = endOfPiece(text, at);
		const source = text.slice(at, end);
		at = end;
		if (BLANK.test(character)) continue;
		if (character === '"') {
			const after = nextOf(text, at);
			list.add(text[after] === ":" ? "attribute" : "value", source);
		} else if (character === "{" || character === "[") {
			list.add("punctuation", character);
			const after = nextOf(text, at);
			if (text[after] === "}" || text[after] === "]") {
				list.add("punctuation", text[after] as string);
				at = after + 1;
			} else {
				depth++;
				newLine();
			}
		} else if (character === "}" || character === "]") {
			depth--;
			newLine();
			list.add("punctuation", character);
		} else if (character === ",") {
			list.add("punctuation", ",");
			if (indent === "") list.layout(" ");
			newLine();
		} else if (character === ":") {
			list.add("punctuation", ":");
			list.layout(" ");
		} else list.add("text", source);
	}
	return true;
}

const BLANK = /[\s\ufeff]/;
const WORD = /[^\s{}[\],:"]+/y;

// The text is JSON, so every string ends.
function endOfPiece(text: string, at: number): number {
	if (text[at] === '"') {
		let end = at + 1;
		while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
		return end + 1;
	}
	WORD.lastIndex = at;
	return at + (WORD.exec(text)?.[0].length ?? 1);
}

function nextOf(text: string, at: number): number {
	while (at < text.length && BLANK.test(text[at] as string)) at++;
	return at;
}

// Filters that a user writes, on documents of others: a mistake has a column of the text, and what is read throws nothing. Expressions are compared
// with JavaScript's own.

import {
	type Decoded,
	type DocumentEvent,
	decodeDocument,
	exactDecode,
	parseFilter,
} from "../../../src/tools/traffic/index.ts";
import { utf8Codec } from "../../../src/wire/index.ts";
import type { Random } from "../../xml/random-documents.ts";
import { allow, bytesOf, holds, same, type Target, utf8Of } from "../target.ts";

const decode = exactDecode(utf8Codec());
const DOCUMENTS: readonly Decoded[] = [
	"<msg t='sys'><body action='login' r='0'><nick>ann</nick></body></msg>",
	"<a><a><a b='c'/></a><broken",
	"%xt%s%m#sm%1%hi%",
	'{"a":[1]}',
	"aab\nAb c_1",
	"ab a.\nB",
	"cc_a0",
	"",
	"\0\x01\x02\xff",
].map((text) => decodeDocument(bytesOf(text), decode));

function eventOf({ bytes }: Decoded): DocumentEvent {
	return { kind: "document", connection: 1, time: 0, direction: "client", ending: "terminated", bytes };
}

function run(input: Uint8Array): void {
	const text = utf8Of(input);
	let column: unknown;
	const filter = allow(["XMLSOCKET_FILTER_INVALID"], () => {
		try {
			return parseFilter(text);
		} catch (error) {
			column = (error as { details?: { column?: unknown } }).details?.column;
			throw error;
		}
	});
	if (filter === undefined) {
		holds(`column ${column}`, typeof column === "number" && column >= 1 && column <= text.length + 1);
		return;
	}
	filter.matches({ kind: "close", connection: 1, time: 0 }, undefined);
	const negative = parseFilter(`not (${text})`.slice(0, 4096).length < text.length + 6 ? "xml" : `not (${text})`);
	for (const document of DOCUMENTS) {
		const matches = filter.matches(eventOf(document), document);
		if (negative.text !== "xml") same("the negation", negative.matches(eventOf(document), document), !matches);
	}
	compare(text);
}

/** JavaScript's own expressions can take very long on longer texts. */
const LONGEST_COMPARED = 10;

// A filter that is one expression: the same answer as JavaScript's.
function compare(text: string): void {
	const found = /^\s*\/((?:[^\\/[\]]|\\.){1,24})\/([ims]{0,3})\s*$/u.exec(text);
	if (found === null || ((found[1] as string).match(/[*+{]/g) ?? []).length > 3) return;
	let native: RegExp;
	try {
		native = new RegExp(found[1] as string, `${[...new Set(found[2])].join("")}u`);
	} catch {
		return;
	}
	const filter = parseFilter(text);
	for (const document of DOCUMENTS)
		if (document.text !== undefined && document.text.length <= LONGEST_COMPARED)
			same(
				`${native} in ${JSON.stringify(document.text)}`,
				filter.matches(eventOf(document), document),
				native.test(document.text),
			);
}

const ATOMS = ["a", "b", "A", ".", "\\w", "\\d", "\\s", "\\b", "\\B", "^", "$", "c_", "\\n", "\\x61", "\\."];
const SUFFIXES = ["", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "|"];

function generate(random: Random): Uint8Array {
	let source = "";
	let open = 0;
	for (let count = 1 + random.below(6); count > 0; count--) {
		if (random.below(5) === 0) {
			source += random.below(2) === 0 ? "(" : "(?:";
			open++;
		}
		source += ATOMS[random.below(ATOMS.length)];
		if (open > 0 && random.below(3) === 0) {
			source += ")";
			open--;
		}
		source += SUFFIXES[random.below(SUFFIXES.length)];
	}
	return bytesOf(`/${source}${")".repeat(open)}/${["", "i", "s", "m", "im"][random.below(5)]}`);
}

/** The target. */
export const open = (): Target => ({
	run,
	generate,
	tokens: [
		" and ",
		" or ",
		" not ",
		"(",
		")",
		"//",
		"/",
		"*",
		"[@",
		"]",
		"='x'",
		"!=",
		"~=/",
		"text()",
		"msg",
		"body",
		"xt:",
		"client",
		"bytes>",
		"connection=1",
		"'",
		'"',
		"\\",
		"{2,3}",
		"[^a-z]",
		"(?:",
		"\\u{61}",
		"\\p{L}",
	],
});

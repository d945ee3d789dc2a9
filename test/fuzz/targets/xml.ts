// Every way to read a document, compared with a plain parser.

import { XML } from "../../../src/xml/index.ts";
import { compare } from "../../xml/compare.ts";
import { plainParse, plainPrint } from "../../xml/plain-parser.ts";
import { type Random, randomDocument } from "../../xml/random-documents.ts";
import { same, type Target, utf8Of } from "../target.ts";

/** The target. */
export const open = (): Target => ({
	run: (input, random) => compare(utf8Of(input), random.once(2), random.below(12)),
	product: (input) => void new XML(utf8Of(input)).toString(),
	generate: (random) => new TextEncoder().encode(randomDocument(random)),
	maxBytes: 3000,
	tokens: MARKUP,
});

/** Pieces of markup. */
export const MARKUP: readonly string[] = [
	"<a>",
	"</a>",
	"<a/>",
	"<a b='c'>",
	'<a xmlns:p="urn:p">',
	"<p:a/>",
	"<!--",
	"-->",
	"<![CDATA[",
	"]]>",
	"<?xml version='1.0'?>",
	"<!DOCTYPE a>",
	"&amp;",
	"&#65;",
	"&#x1F600;",
	"&#0;",
	"&",
	";",
	" id='1'",
	"\xef\xbb\xbf",
	"\xc3\xa9",
	"\xed\xa0\x80",
];

/** The target that compares statuses and printed texts alone, which is several times as fast. */
export const openParser = (): Target => ({
	run: parseOnly,
	product: (input) => void new XML(utf8Of(input)).toString(),
	generate: (random: Random) => new TextEncoder().encode(randomDocument(random)),
	maxBytes: 65_000,
	tokens: MARKUP,
});

/** The plain parser is too slow for long inputs. */
const PLAIN_MAX_CHARACTERS = 2000;

function parseOnly(input: Uint8Array): void {
	const text = utf8Of(input);
	const document = new XML(text);
	const printed = document.toString();
	if (text.length > PLAIN_MAX_CHARACTERS) return;
	const plain = plainParse(text, false);
	same("status", document.status, plain.status);
	same("printed text", printed, plainPrint(plain));
}

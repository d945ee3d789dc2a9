// The codecs of other encodings: documents are the same for any segments, and markup and ASCII text survive both directions.

import { textCodec } from "../../../src/transport/index.ts";
import { DocumentDecoder } from "../../../src/wire/index.ts";
import { checkWellFormed, XML } from "../../../src/xml/index.ts";
import type { Random } from "../../xml/random-documents.ts";
import { bytesOf, same, type Target, utf8Of } from "../target.ts";
import { cut } from "./cut.ts";

const CODECS = [
	"utf-8",
	"gbk",
	"gb18030",
	"shift_jis",
	"latin1",
	"windows-1252",
	"windows-1251",
	"euc-kr",
	"euc-jp",
	"big5",
	"koi8-r",
].map((label) => textCodec(label));
const PIECES = [
	"\x81",
	"\xfe",
	"\x8e\xa1",
	"\xb0\xa1",
	"\x81\x30\x81\x30",
	"\x82\xa0",
	"\x5c",
	"A",
	"<a>",
	"\0",
	"\xc3\xa9",
	"\xf0\x9f\x98\x80",
	"&#65;",
	"?",
	"\x7f",
];

function run(input: Uint8Array, random: Random): void {
	const codec = random.pick(CODECS);
	const whole: string[] = [];
	const decoder = () => new DocumentDecoder({ output: "text", maxDocumentBytes: 1 << 20, codec, keepEmpty: true });
	decoder().push(input, 0, whole);
	const pieces: string[] = [];
	const inPieces = decoder();
	for (const segment of cut(input, random)) {
		const lent = segment.slice();
		inPieces.push(lent, 0, pieces);
		lent.fill(0x3f);
	}
	same(`documents in ${codec.label}`, pieces, whole);
	// One after the other, without the fast way for many at once.
	let from = 0;
	for (const document of whole) {
		const to = input.indexOf(0, from);
		same(`a document in ${codec.label}`, document, codec.decode(input, from, to));
		from = to + 1;
	}
	const text = utf8Of(input).replaceAll("\0", "").slice(0, 500);
	const encoded = codec.encode(text);
	const decoded = codec.decode(encoded, 0, encoded.length);
	if (/^[\t\n\r -[\]-}]*$/.test(text)) same(`ASCII in ${codec.label}`, decoded, text);
	if (!/^\s*</.test(text) || /[\ud800-\udfff\ufffd]/.test(text)) return;
	const document = new XML(text);
	if (document.status !== 0 || checkWellFormed(text) !== undefined) return;
	// A character that the encoding lacks is a reference, which says the same wherever references count.
	if (!/<[!?]|<[^>]*[^\0-\x7f]/.test(text))
		same(`markup in ${codec.label}`, new XML(decoded).toString(), document.toString());
}

/** The target. */
export const open = (): Target => ({
	run,
	generate(random) {
		let text = "";
		for (let count = random.below(20); count > 0; count--) text += random.pick(PIECES);
		return bytesOf(text);
	},
	tokens: PIECES,
	maxBytes: 2000,
});

// The decoder of XML streams against a plain reading of the whole stream.

import { StreamDecoder } from "../../../src/wire/index.ts";
import { readPlainly } from "../../wire/plain-stream.ts";
import type { Random } from "../../xml/random-documents.ts";
import { bytesOf, latin1Of, same, type Target } from "../target.ts";
import { cut } from "./cut.ts";

/** The plain reading looks at every prefix again and again. */
const PLAIN_MAX_BYTES = 600;
const TAME = [
	"<a>",
	"</a>",
	"<a/>",
	"<b c='d'>",
	"</b>",
	"<stream:stream>",
	"</stream:stream>",
	"<stream/>",
	"<!--",
	"-->",
	"<![CDATA[",
	"]]>",
	"<?x",
	"?>",
	"\xc3\xa9",
	"\xf0\x9f\x98\x80",
	"\xff",
	"\xef\xbb\xbf",
	"<!DOCTYPE",
	"text",
];
const PIECES = [..."<>/!?='\" -[]&\0", ...TAME];

interface Outcome {
	readonly fragments: string[];
	readonly discarded: number;
	readonly code: string | undefined;
	readonly ended: boolean;
}

interface Limits {
	readonly maxChars: number;
	readonly maxBytes: number;
	readonly discard: boolean;
}

function decode(segments: readonly Uint8Array[], { maxChars, maxBytes, discard }: Limits): Outcome {
	const fragments: string[] = [];
	let discarded = 0;
	const decoder = new StreamDecoder({
		maxUnprocessedChars: maxChars,
		maxDocumentBytes: maxBytes,
		overflow: discard ? "discard" : "close",
		discarded: () => {
			discarded++;
		},
	});
	for (const segment of segments) {
		const lent = segment.slice();
		const error = decoder.push(lent, 0, fragments);
		lent.fill(0x3f);
		if (error) return { fragments, discarded, code: error.code, ended: decoder.ended };
	}
	return { fragments, discarded, code: undefined, ended: decoder.ended };
}

function limitsOf(random: Random): Limits {
	const maxChars = random.pick([1, 3, 8, 20, 4096]);
	return { maxChars, maxBytes: random.pick([4, 15, 40, 100_000]), discard: random.once(2) };
}

function run(input: Uint8Array, random: Random): void {
	const limits = limitsOf(random);
	const outcome = decode(cut(input, random), limits);
	const { code, ...rest } =
		input.length <= PLAIN_MAX_BYTES ? readPlainly(latin1Of(input), limits) : decode([input], limits);
	same("code", outcome.code ?? null, code ?? null);
	const { code: _, ...real } = outcome;
	same("outcome", real, rest);
}

function generate(random: Random): Uint8Array {
	let stream = random.once(2) ? random.pick(["<stream:stream>", "<a>", "<a><b>"]) : "";
	// Mostly whole tags, or hardly any stream would live beyond its first bytes.
	const pieces = random.below(5) < 3 ? TAME : PIECES;
	for (let count = random.below(14); count > 0; count--) stream += random.pick(pieces);
	return bytesOf(stream);
}

/** The target. */
export const open = (): Target => ({
	run,
	product: (input, random) => {
		const limits = limitsOf(random);
		decode(cut(input, random), limits);
	},
	generate,
	maxBytes: 65_000,
	tokens: PIECES,
});

// The document decoder against a plain split of the whole stream, for any terminator, limit, codec and segments.

import { nodeUtf8 } from "../../../src/transport/index.ts";
import { DocumentDecoder, utf8Codec } from "../../../src/wire/index.ts";
import type { Random } from "../../xml/random-documents.ts";
import { same, type Target } from "../target.ts";
import { cut } from "./cut.ts";

const TERMINATORS = [[0], [0], [0], [10], [13, 10], [0x61, 0x61], [0x61, 0x62, 0x61], [1, 2, 3, 4, 5, 6, 7, 8]].map(
	(bytes) => Uint8Array.from(bytes),
);
const LIMITS = [1, 8, 64, 300, 1 << 20];
const CODECS = [utf8Codec(), nodeUtf8, utf8Codec(true)];
const LOOSE = new TextDecoder("utf-8", { ignoreBOM: true });
const STRICT = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

interface Split {
	readonly documents: Uint8Array[];
	/** The texts of `documents`, up to one that is invalid in a strict encoding. */
	readonly texts: string[];
	readonly empty: number;
	readonly code: string | undefined;
	/** Bytes after the last terminator. */
	readonly rest: number;
}

function plainSplit(
	stream: Uint8Array,
	mark: Uint8Array,
	limits: { readonly first: number; readonly further: number },
	options: { readonly keepEmpty: boolean; readonly decoder: TextDecoder | undefined },
): Split {
	const documents: Uint8Array[] = [];
	const texts: string[] = [];
	let empty = 0;
	let start = 0;
	let limit = Math.min(limits.first, limits.further);
	const end = (code: string | undefined): Split => ({ documents, texts, empty, code, rest: stream.length - start });
	for (let at = 0; at + mark.length <= stream.length; ) {
		let matched = 0;
		while (matched < mark.length && stream[at + matched] === mark[matched]) matched++;
		if (matched < mark.length) {
			at++;
			continue;
		}
		const document = stream.subarray(start, at);
		if (document.length > limit) return end("XMLSOCKET_DOCUMENT_TOO_LARGE");
		if (document.length === 0) empty++;
		if (document.length > 0 || options.keepEmpty) {
			try {
				if (options.decoder) texts.push(options.decoder.decode(document));
			} catch {
				return end("XMLSOCKET_INVALID_ENCODING");
			}
			documents.push(stream.subarray(start, at + mark.length));
		}
		if (document.length > 0) limit = limits.further;
		at += mark.length;
		start = at;
	}
	// The end may be a part of a terminator.
	return end(stream.length - start > limit + mark.length - 1 ? "XMLSOCKET_DOCUMENT_TOO_LARGE" : undefined);
}

function run(input: Uint8Array, random: Random): void {
	const mark = random.pick(TERMINATORS);
	const further = random.pick(LIMITS);
	const first = random.once(3) ? random.pick(LIMITS) : further;
	const keepEmpty = random.once(2);
	const isText = !random.once(3);
	const codec = random.pick(CODECS);
	const plainDecoder = isText ? (codec === CODECS[2] ? STRICT : LOOSE) : undefined;
	const expected = plainSplit(input, mark, { first, further }, { keepEmpty, decoder: plainDecoder });
	const limits = { maxDocumentBytes: further, maxFirstDocumentBytes: first, terminator: mark, keepEmpty, codec };
	if (isText) {
		const decoder = new DocumentDecoder({ ...limits, output: "text" });
		const texts: string[] = [];
		const code = push(decoder, input, texts, random);
		same("code", code, expected.code);
		if (!texts.every((text, at) => text === expected.texts[at])) same("texts", texts, expected.texts);
		same("number of texts", texts.length, expected.texts.length);
		if (code === undefined) checkRest(decoder, expected);
	} else {
		const decoder = new DocumentDecoder({ ...limits, output: "bytes" });
		const documents: Uint8Array[] = [];
		const code = push(decoder, input, documents, random);
		same("code", code, expected.code);
		same("documents", documents.length, expected.documents.length);
		for (const [at, document] of documents.entries()) {
			if (Buffer.compare(document, expected.documents[at]!) !== 0)
				same(`document ${at}`, [...document], [...expected.documents[at]!]);
		}
		if (code === undefined) checkRest(decoder, expected);
	}
}

function checkRest(decoder: DocumentDecoder<"text"> | DocumentDecoder<"bytes">, { rest, empty }: Split): void {
	same("pending bytes", decoder.pendingBytes, rest);
	same("empty documents", decoder.emptyDocuments, empty);
	same("time of the pending document", decoder.pendingSinceMs === undefined, rest === 0);
}

function push<Item>(
	decoder: { push(chunk: Uint8Array, nowMs: number, out: Item[]): { readonly code: string } | undefined },
	input: Uint8Array,
	out: Item[],
	random: Random,
): string | undefined {
	const isLent = random.once(4);
	for (const segment of cut(input, random)) {
		// A chunk is the decoder's for the length of the call only.
		const lent = isLent ? segment.slice() : segment;
		const error = decoder.push(lent, 7, out);
		if (isLent) lent.fill(0x3f);
		if (error) return error.code;
	}
	return undefined;
}

/** The decoder alone. */
function decodeOnly(input: Uint8Array, random: Random): void {
	const terminator = random.pick(TERMINATORS);
	const decoder = new DocumentDecoder({ output: "text", maxDocumentBytes: 1 << 20, terminator, keepEmpty: true });
	push(decoder, input, [], random);
}

/** Random segments of the pieces that matter to a framer. */
function generate(random: Random): Uint8Array {
	const bytes: number[] = [];
	for (let count = random.below(8); count > 0; count--) {
		if (random.once(2)) bytes.push(...random.pick(TERMINATORS));
		else if (random.once(3)) bytes.push(...new Uint8Array(random.below(random.once(16) ? 400 : 20)).fill(0x78));
		else
			bytes.push(
				random.below(256),
				...random.pick([[0xc3, 0xa9], [0xf0, 0x9f], [0xef, 0xbb, 0xbf], [0xed, 0xa0, 0x80], [0x61]]),
			);
	}
	return Uint8Array.from(bytes);
}

/** The target. */
export const open = (): Target => ({
	run,
	product: decodeOnly,
	generate,
	maxBytes: 65_000,
	tokens: [
		"\0",
		"\r\n",
		"\n",
		"aa",
		"aba",
		"\x01\x02\x03\x04",
		"<a/>\0",
		"\xc3\xa9",
		"\xf0\x9f\x98\x80",
		"\xef\xbb\xbf",
		"\xed\xa0\x80",
	],
});

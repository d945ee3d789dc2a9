// UTF-8 after framing: what is invalid becomes U+FFFD as TextDecoder has it, a strict codec ends the stream there instead.

import { describe, expect, it } from "vitest";
import { nodeUtf8, textCodec } from "../../src/transport/index.ts";
import { DocumentDecoder, type TextCodec, utf8Codec } from "../../src/wire/index.ts";
import { latin1, segmentations } from "./segments.ts";

const reference = new TextDecoder("utf-8", { ignoreBOM: true });
const codecs: readonly [string, TextCodec][] = [
	["the portable codec", utf8Codec()],
	["Node's codec", nodeUtf8],
];

for (const [name, codec] of codecs) {
	const decode = (segments: readonly Uint8Array[]): string[] => {
		const decoder = new DocumentDecoder({ output: "text", maxDocumentBytes: 1 << 20, keepEmpty: true, codec });
		const documents: string[] = [];
		for (const segment of segments) expect(decoder.push(segment, 0, documents)).toBeUndefined();
		return documents;
	};

	describe(`UTF-8 through ${name}`, () => {
		it("gives for each byte and each pair of bytes what TextDecoder gives, one document at a time", () => {
			for (let a = 1; a < 256; a++) {
				expect(decode([Uint8Array.of(a, 0)])).toEqual([reference.decode(Uint8Array.of(a))]);
				const chunk: number[] = [];
				const expected: string[] = [];
				for (let b = 1; b < 256; b++) {
					chunk.push(a, b, 0);
					expected.push(reference.decode(Uint8Array.of(a, b)));
				}
				// Each in a chunk of its own, and all in one, which is decoded as a whole.
				for (let b = 1; b < 256; b++) {
					expect(codec.decode(Uint8Array.of(0x41, a, b, 0x42), 1, 3)).toBe(expected[b - 1]);
				}
				expect(decode([Uint8Array.from(chunk)])).toEqual(expected);
			}
		});

		it("gives for a broken character of three or four bytes what TextDecoder gives, also between others", () => {
			const broken = [
				"\xe2\x82",
				"\xf0\x9f\x98",
				"\xf0\x9f",
				"\xed\xa0\x80",
				"\xf4\x90\x80\x80",
				"\xf8\x88\x80\x80\x80",
			];
			const filler = "<a>0123456789012345678901234567890123456789</a>";
			const parts = broken.flatMap((bytes) => [bytes, filler, `${filler}${bytes}`, `${bytes}${filler}`, ""]);
			const stream = latin1(parts.map((part) => `${part}\0`).join(""));
			const expected = parts.map((part) => reference.decode(latin1(part)));
			for (const { how, segments } of segmentations(stream)) expect(decode(segments), how).toEqual(expected);
		});

		it("keeps characters whole that are split over segments at any byte", () => {
			const text = "é€😀 ü 漢字 \u{10ffff}";
			const stream = new TextEncoder().encode(`${text}\0`);
			for (const { how, segments } of segmentations(stream)) expect(decode(segments), how).toEqual([text]);
		});

		it("turns the overlong C0 80 into two U+FFFD and never into a zero", () => {
			for (const { how, segments } of segmentations(latin1("a\xc0\x80b\0"))) {
				expect(decode(segments), how).toEqual(["a\ufffd\ufffdb"]);
			}
		});

		it("keeps a byte order mark at the beginning of any document", () => {
			const bom = "\xef\xbb\xbf";
			const documents = decode([latin1(`${bom}a\0${bom}b\0${bom}\0a${bom}\0${bom}${"c".repeat(80)}\0`)]);
			expect(documents).toEqual(["\ufeffa", "\ufeffb", "\ufeff", "a\ufeff", `\ufeff${"c".repeat(80)}`]);
		});

		it("writes lone surrogates as U+FFFD", () => {
			expect(Array.from(codec.encode("a\ud800b\udc00"))).toEqual([0x61, 0xef, 0xbf, 0xbd, 0x62, 0xef, 0xbf, 0xbd]);
		});
	});
}

describe("a strict codec", () => {
	const filler = "<a>0123456789012345678901234567890123456789</a>";
	const streams: readonly [string, string, string[]][] = [
		["alone", "\xff\0after\0", []],
		["first of a long chunk", `\xff\0${filler}\0${filler}\0`, []],
		["behind short documents", "a\0b\0c\xc3\0d\0", ["a", "b"]],
		["behind long documents", `${filler}\0${filler}\0${filler}\0\xe2\x82\0d\0`, [filler, filler, filler]],
		["between long documents", `${filler}\0\0${filler}\0x\xffy\0${filler}\0${filler}\0`, [filler, "", filler]],
		["unfinished in front of a zero byte", `${filler}\0\xf0\x9f\0${filler}\0`, [filler]],
	];

	for (const [where, bytes, before] of streams) {
		it(`delivers what came before the broken document and ends the stream there: ${where}`, () => {
			for (const { how, segments } of segmentations(latin1(bytes))) {
				const decoder = new DocumentDecoder({
					output: "text",
					maxDocumentBytes: 1 << 20,
					keepEmpty: true,
					codec: utf8Codec(true),
				});
				const documents: string[] = [];
				let code: string | undefined;
				for (const segment of segments) {
					code = decoder.push(segment, 0, documents)?.code;
					if (code) break;
				}
				expect(documents, how).toEqual(before);
				expect(code, how).toBe("XMLSOCKET_INVALID_ENCODING");
			}
		});
	}

	it("is not disturbed by what an earlier stream broke off with", () => {
		const shared = textCodec("utf-8", true);
		const push = (bytes: string): [string[], string | undefined] => {
			const decoder = new DocumentDecoder({ output: "text", maxDocumentBytes: 1024, codec: shared });
			const documents: string[] = [];
			return [documents, decoder.push(latin1(bytes), 0, documents)?.code];
		};
		for (const broken of ["\xe2\x82\0", "\xf0\x9f\x98\0", "a\xff\0", "\xc3\0"]) {
			expect(push(broken)).toEqual([[], "XMLSOCKET_INVALID_ENCODING"]);
			expect(push("\xc3\xa9\0")).toEqual([["é"], undefined]);
		}
	});

	it("keeps the byte order mark as well", () => {
		expect(utf8Codec(true).decode(latin1("\xef\xbb\xbfa"), 0, 4)).toBe("\ufeffa");
	});
});

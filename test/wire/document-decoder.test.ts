// What the decoder cuts: every vector whole, byte by byte and at every position, as text and as bytes, with each terminator.

import { describe, expect, it } from "vitest";
import { DocumentDecoder, type DocumentDecoderOptions, terminatorBytes } from "../../src/wire/index.ts";
import { cutAtRandom, joined, latin1, randomFrom, segmentations } from "./segments.ts";

const utf8 = new TextEncoder();
const MAX = 4096;

function texts(segments: readonly Uint8Array[], options: Partial<DocumentDecoderOptions<"text">> = {}): string[] {
	const decoder = new DocumentDecoder({ output: "text", maxDocumentBytes: MAX, keepEmpty: true, ...options });
	const documents: string[] = [];
	for (const segment of segments) expect(decoder.push(segment, 0, documents)).toBeUndefined();
	return documents;
}

function byteDocuments(
	segments: readonly Uint8Array[],
	options: Partial<DocumentDecoderOptions<"bytes">> = {},
): Uint8Array[] {
	const decoder = new DocumentDecoder({ output: "bytes", maxDocumentBytes: MAX, keepEmpty: true, ...options });
	const documents: Uint8Array[] = [];
	for (const segment of segments) expect(decoder.push(segment, 0, documents)).toBeUndefined();
	return documents;
}

interface Vector {
	readonly title: string;
	readonly terminator?: string;
	/** Latin-1: one character for each byte. */
	readonly bytes: string;
	readonly documents: readonly string[];
	/** The bytes of the unfinished rest. */
	readonly rest: number;
}

const LONG = "<say>0123456789012345678901234567890123456789012345678901234567890123456789</say>";

const VECTORS: readonly Vector[] = [
	{
		title: "the stream of the manual's rules",
		bytes: "\0First\0HelloWorld!\0This is a test\0One\0Two\0Three\0\0\0\0AA\0BB\0CCDD\0",
		documents: ["", "First", "HelloWorld!", "This is a test", "One", "Two", "Three", "", "", "", "AA", "BB", "CCDD"],
		rest: 0,
	},
	{ title: "nothing but zero bytes", bytes: "\0\0\0", documents: ["", "", ""], rest: 0 },
	{ title: "an unfinished document alone", bytes: "<never", documents: [], rest: 6 },
	{ title: "an unfinished rest behind whole documents", bytes: "a\0bc\0def", documents: ["a", "bc"], rest: 3 },
	{
		title: "long documents with empty ones between and behind them",
		bytes: `${LONG}\0${LONG}\0\0\0${LONG}\0x\0\0`,
		documents: [LONG, LONG, "", "", LONG, "x", ""],
		rest: 0,
	},
	{
		title: "white space, line ends and a byte order mark as ordinary content",
		bytes: " a \0\n\0\r\nb\r\n\0\xef\xbb\xbf<c/>\0\xef\xbb\xbf\0",
		documents: [" a ", "\n", "\r\nb\r\n", "\ufeff<c/>", "\ufeff"],
		rest: 0,
	},
	{
		title: "characters of two, three and four bytes",
		bytes: "\xc3\xa9\0\xe2\x82\xac\0\xf0\x9f\x98\x80\0a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z\0",
		documents: ["é", "€", "😀", "aé€😀z"],
		rest: 0,
	},
	{
		title: "what is not XML",
		bytes: '%xt%s%m#sm%1%hi%\0{"a":1}\0+connect id=1\0HCabcdef\0',
		documents: ["%xt%s%m#sm%1%hi%", '{"a":1}', "+connect id=1", "HCabcdef"],
		rest: 0,
	},
	{
		title: "lines",
		terminator: "lf",
		bytes: "\none\n\0\ntwo\r\n\nthr",
		documents: ["", "one", "\0", "two\r", ""],
		rest: 3,
	},
	{
		title: "lines that end in CR LF",
		terminator: "crlf",
		bytes: "\r\none\r\ntwo\r\r\n\n\r\n\r\n\r\nx\ry\nz\r\n\r",
		documents: ["", "one", "two\r", "\n", "", "", "x\ry\nz"],
		rest: 1,
	},
	{
		title: "a terminator of three bytes",
		terminator: "0d0a00",
		bytes: "a\r\n\0\r\nb\r\0\r\r\n\0\0\r\n\0\r\n\0",
		documents: ["a", "\r\nb\r\0\r", "\0", ""],
		rest: 0,
	},
	{
		title: "a terminator whose end looks like its beginning",
		terminator: "414241",
		bytes: "xABAyABABABAzABAAB",
		documents: ["x", "y", "B", "z"],
		rest: 2,
	},
	{
		title: "a terminator of one repeated byte",
		terminator: "2424",
		bytes: "a$$$b$$$$$$$c$d",
		documents: ["a", "$b", "", ""],
		rest: 4,
	},
	{
		title: "a terminator of eight bytes",
		terminator: "0102030405060708",
		bytes: "a\x01\x02\x03\x04\x05\x06\x07\x08b\x01\x02\x03\x04\x05\x06\x07\x01\x02\x03\x04\x05\x06\x07\x08",
		documents: ["a", "b\x01\x02\x03\x04\x05\x06\x07"],
		rest: 0,
	},
];

describe("the document decoder", () => {
	for (const vector of VECTORS) {
		const bytes = latin1(vector.bytes);
		const terminator = terminatorBytes(vector.terminator ?? "nul");

		it(`cuts ${vector.title} in the same way for every segmentation, as text`, () => {
			for (const { how, segments } of segmentations(bytes)) {
				expect(texts(segments, { terminator }), how).toEqual(vector.documents);
				expect(texts(segments, { terminator, keepEmpty: false }), how).toEqual(
					vector.documents.filter((document) => document !== ""),
				);
			}
		});

		it(`cuts ${vector.title} in the same way for every segmentation, as bytes with the terminator`, () => {
			const whole = bytes.subarray(0, bytes.length - vector.rest);
			for (const { how, segments } of segmentations(bytes)) {
				const documents = byteDocuments(segments, { terminator });
				expect(joined(documents), how).toEqual(whole);
				expect(documents.length, how).toBe(vector.documents.length);
				for (const document of documents) {
					expect(document.subarray(document.length - terminator.length), how).toEqual(terminator);
				}
			}
		});

		it(`counts the empty documents and the rest of ${vector.title}`, () => {
			for (const { how, segments } of segmentations(bytes)) {
				for (const keepEmpty of [false, true]) {
					const decoder = new DocumentDecoder({ output: "text", maxDocumentBytes: MAX, keepEmpty, terminator });
					for (const segment of segments) decoder.push(segment, 7, []);
					expect(decoder.emptyDocuments, how).toBe(vector.documents.filter((document) => document === "").length);
					expect(decoder.pendingBytes, how).toBe(vector.rest);
					expect(decoder.pendingSinceMs, how).toBe(vector.rest === 0 ? undefined : 7);
				}
			}
		});
	}

	it("keeps nothing of a chunk that is changed after it was pushed", () => {
		const decoder = new DocumentDecoder({ output: "bytes", maxDocumentBytes: MAX });
		const documents: Uint8Array[] = [];
		const chunk = latin1("ab\0cd");
		decoder.push(chunk, 0, documents);
		chunk.fill(0x78);
		decoder.push(latin1("\0"), 0, documents);
		expect(documents).toEqual([latin1("ab\0"), latin1("cd\0")]);
	});

	it("reads a chunk that is a part of a larger buffer", () => {
		const buffer = latin1("xxxone\0two\0thrxxx");
		expect(texts([buffer.subarray(3, 14), latin1("ee\0")])).toEqual(["one", "two", "three"]);
		expect(texts([buffer.subarray(3, 14), latin1("ee\r\n")], { terminator: terminatorBytes("crlf") })).toEqual([
			"one\0two\0three",
		]);
	});

	it("keeps all of 2,000 documents of real dialects cut at random into segments of at most 64 bytes", () => {
		const samples = [
			"<msg t='sys'><body action='verChk' r='0'><ver v='153' /></body></msg>",
			"<msg t='sys'><body action='login' r='0'><login z='w1'><nick><![CDATA[ann ☃]]></nick><pword><![CDATA[]]></pword></login></body></msg>",
			"%xt%s%m#sm%room%text%",
			"<connect nickname='ann'/>",
			"<m r='lobby'>héllo wörld 😀</m>",
			"<ping/>",
			"HCabcdefghijklmnopqrstuvwxyz012345",
			"AAname|1|0|\n",
			'{"id":7,"method":"read","path":"C:\\\\temp\\\\été.txt"}',
		];
		for (const seed of [1, 2, 3]) {
			const random = randomFrom(seed);
			const sent = Array.from({ length: 2000 }, () => samples[Math.floor(random() * samples.length)]!);
			const stream = utf8.encode(`${sent.join("\0")}\0`);
			expect(texts(cutAtRandom(stream, 64, random)), `seed ${seed}`).toEqual(sent);
		}
	});
});

describe("the time of an unfinished document", () => {
	for (const terminator of ["nul", "crlf"]) {
		const end = latin1(terminator === "nul" ? "\0" : "\r\n");

		it(`is that of its first byte, and none while there is no such document (${terminator})`, () => {
			const decoder = new DocumentDecoder({
				output: "text",
				maxDocumentBytes: MAX,
				terminator: terminatorBytes(terminator),
			});
			const at = (nowMs: number, bytes: Uint8Array): number | undefined => {
				decoder.push(bytes, nowMs, []);
				return decoder.pendingSinceMs;
			};
			expect(decoder.pendingSinceMs).toBeUndefined();
			expect(at(1, new Uint8Array(0))).toBeUndefined();
			expect(at(2, latin1("a"))).toBe(2);
			expect(at(3, latin1("b"))).toBe(2);
			expect(at(4, new Uint8Array(0))).toBe(2);
			expect(at(5, joined([latin1("c"), end]))).toBeUndefined();
			expect(at(6, joined([end, end]))).toBeUndefined();
			expect(at(7, joined([latin1("d"), end, latin1("e")]))).toBe(7);
			expect(at(8, joined([end, latin1("f")]))).toBe(8);
			expect(at(9, joined([latin1("g"), end, latin1("h"), end]))).toBeUndefined();
		});
	}
});

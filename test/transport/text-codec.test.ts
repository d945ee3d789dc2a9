// Encodings: UTF-8 by Node's own means, the older ones of Flash content, and the names that cannot be one of documents.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeUtf8, textCodec } from "../../src/transport/index.ts";
import { DocumentDecoder, type TextCodec, utf8Codec } from "../../src/wire/index.ts";

function decodeAll(codec: TextCodec, bytes: readonly number[]): string {
	return codec.decode(Uint8Array.from([0x7a, ...bytes, 0x7a]), 1, bytes.length + 1);
}

describe("nodeUtf8", () => {
	it("decodes and encodes as the portable codec does, for any bytes and any text", () => {
		const portable = utf8Codec();
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 64 }), fc.string({ unit: "binary" }), (bytes, text) => {
				expect(nodeUtf8.decode(bytes, 0, bytes.length)).toBe(portable.decode(bytes, 0, bytes.length));
				expect(Array.from(nodeUtf8.encode(text))).toEqual(Array.from(portable.encode(text)));
			}),
			{ numRuns: 2000 },
		);
	});

	it("is what every spelling of UTF-8 means", () => {
		for (const label of ["utf-8", "utf8", "UTF-8", "utf_8"]) expect(textCodec(label)).toBe(nodeUtf8);
	});
});

describe("textCodec", () => {
	const known: readonly [string, string, readonly number[]][] = [
		["gbk", "<m>汉字</m>", [0x3c, 0x6d, 0x3e, 0xba, 0xba, 0xd7, 0xd6, 0x3c, 0x2f, 0x6d, 0x3e]],
		["shift_jis", "表ソ\\", [0x95, 0x5c, 0x83, 0x5c, 0x5c]],
		["latin1", "é\u00ff", [0xe9, 0xff]],
		["windows-1252", "€", [0x80]],
		["euc-kr", "한", [0xc7, 0xd1]],
		["big5", "中", [0xa4, 0xa4]],
	];
	for (const [label, text, bytes] of known) {
		it(`writes and reads ${label}`, () => {
			const codec = textCodec(label);
			expect(codec.label).toBe(label);
			expect(Array.from(codec.encode(text))).toEqual(bytes);
			expect(decodeAll(codec, bytes)).toBe(text);
		});

		it(`never writes a zero byte in ${label} but for U+0000 itself`, () => {
			const codec = textCodec(label);
			let all = "";
			for (let unit = 1; unit < 0x10000; unit++) all += String.fromCharCode(unit);
			expect(codec.encode(all).includes(0)).toBe(false);
			expect(Array.from(codec.encode("a\0"))).toEqual([0x61, 0]);
		});
	}

	it("writes what it lacks as references, also after more different characters than it remembers", () => {
		const codec = textCodec("windows-1252");
		const some = Array.from({ length: 21_000 }, (_, at) => String.fromCodePoint(0x4e00 - 500 + at)).filter(
			(character) => /\p{L}/u.test(character),
		);
		expect(some.length).toBeGreaterThan(20_000);
		const written = some.map((character) => `&#${character.codePointAt(0)};`).join("");
		for (let round = 0; round < 2; round++)
			expect(Buffer.from(codec.encode(`<m>${some.join("")}é</m>`)).toString("latin1")).toBe(`<m>${written}é</m>`);
	});

	it("ends a broken character at a zero byte and puts U+FFFD in its place", () => {
		for (const label of ["gbk", "shift_jis", "euc-kr", "big5"]) {
			expect(decodeAll(textCodec(label), [0x81, 0, 0x41]), label).toBe("\ufffd\0A");
		}
	});

	it("ends the stream at invalid UTF-8 where it is strict, and keeps the byte order mark", () => {
		const codec = textCodec("utf-8", true);
		expect(decodeAll(codec, [0xef, 0xbb, 0xbf, 0x61])).toBe("\ufeffa");
		const decoder = new DocumentDecoder({ output: "text", maxDocumentBytes: 100, codec });
		expect(decoder.push(Uint8Array.of(0xc0, 0x80, 0), 0, [])?.code).toBe("XMLSOCKET_INVALID_ENCODING");
	});

	for (const label of [
		"utf-16",
		"utf16",
		"UTF_16LE",
		"utf 16 be",
		"ucs2",
		"ucs-2",
		"UCS_2",
		"utf-32",
		"utf_32be",
		"ucs4",
		"utf-7",
		"utf7-imap",
		"hex",
		"base64",
		"binary",
		"klingon",
		"",
		"constructor",
		"__proto__",
	]) {
		it(`refuses ${JSON.stringify(label)}`, () => {
			expect(() => textCodec(label)).toThrow(
				expect.objectContaining({
					code: "XMLSOCKET_OPTION_INVALID",
					message: expect.stringContaining(`"${label}"`),
				}),
			);
		});
	}
});

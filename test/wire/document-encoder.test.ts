// Text to the bytes of one document, the refusal of text that would become two, and the names of terminators.

import { describe, expect, it } from "vitest";
import { XMLSocketError } from "../../src/errors/index.ts";
import { encodeDocument, refuseNul, terminatorBytes, utf8Codec } from "../../src/wire/index.ts";

const codec = utf8Codec();

function errorOf(run: () => unknown): XMLSocketError {
	try {
		run();
	} catch (error) {
		if (error instanceof XMLSocketError) return error;
		throw error;
	}
	throw new Error("nothing was thrown");
}

describe("encodeDocument", () => {
	const cases: readonly [string, string, readonly number[]][] = [
		["nul", "", [0]],
		["nul", "<a/>", [0x3c, 0x61, 0x2f, 0x3e, 0]],
		["nul", "é€😀", [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0]],
		["nul", "\ufeffa\r\n", [0xef, 0xbb, 0xbf, 0x61, 0x0d, 0x0a, 0]],
		["nul", "\ud800", [0xef, 0xbf, 0xbd, 0]],
		["lf", "a\r", [0x61, 0x0d, 0x0a]],
		["crlf", "a", [0x61, 0x0d, 0x0a]],
		["crlf", "a\rb\nc\r", [0x61, 0x0d, 0x62, 0x0a, 0x63, 0x0d, 0x0d, 0x0a]],
		["0d0a00", "a", [0x61, 0x0d, 0x0a, 0x00]],
	];
	for (const [terminator, text, bytes] of cases) {
		it(`writes ${JSON.stringify(text)} and the terminator ${terminator}`, () => {
			expect(Array.from(encodeDocument(text, codec, terminatorBytes(terminator)))).toEqual(bytes);
		});
	}

	for (const [text, position] of [
		["\0", 0],
		["a\0", 1],
		["<a/>\0<b/>", 4],
	] as const) {
		it(`refuses ${JSON.stringify(text)} and names the position ${position}, whatever the terminator`, () => {
			for (const terminator of ["nul", "lf", "0d0a00"]) {
				const error = errorOf(() => encodeDocument(text, codec, terminatorBytes(terminator)));
				expect(error.code).toBe("XMLSOCKET_NUL_IN_DOCUMENT");
				expect(error.details).toEqual({ position });
			}
			expect(errorOf(() => refuseNul(text)).details).toEqual({ position });
		});
	}

	for (const [terminator, text] of [
		["lf", "a\nb"],
		["lf", "\n"],
		["crlf", "a\r\nb"],
		["crlf", "a\r\n"],
		["2424", "a$"],
		["414241", "xAB"],
	] as const) {
		it(`refuses ${JSON.stringify(text)}, which the terminator ${terminator} would end early`, () => {
			const error = errorOf(() => encodeDocument(text, codec, terminatorBytes(terminator)));
			expect(error.code).toBe("XMLSOCKET_NUL_IN_DOCUMENT");
		});
	}
});

describe("terminatorBytes", () => {
	it("knows nul, lf, cr, crlf, escapes, and one to eight bytes in hexadecimal, in either case of the letters", () => {
		expect(Array.from(terminatorBytes("cr"))).toEqual([13]);
		expect(Array.from(terminatorBytes("CRLF"))).toEqual([13, 10]);
		expect(Array.from(terminatorBytes("\\r\\n\\0"))).toEqual([13, 10, 0]);
		expect(Array.from(terminatorBytes("\\x02\\X0a\\t"))).toEqual([2, 10, 9]);
		expect(Array.from(terminatorBytes("0x0d"))).toEqual([13]);
		expect(Array.from(terminatorBytes("nul"))).toEqual([0]);
		expect(Array.from(terminatorBytes("lf"))).toEqual([10]);
		expect(Array.from(terminatorBytes("crlf"))).toEqual([13, 10]);
		expect(Array.from(terminatorBytes("ff"))).toEqual([255]);
		expect(Array.from(terminatorBytes("0d0A00"))).toEqual([13, 10, 0]);
		expect(Array.from(terminatorBytes("0102030405060708"))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
	});

	for (const name of [
		"",
		"0",
		"0d0",
		"0x",
		"zero",
		"0x0",
		"00 00",
		"\\",
		"\\q",
		"\\x1",
		"\\n0a",
		"010203040506070809",
		"0g",
	]) {
		it(`refuses ${JSON.stringify(name)}`, () => {
			const error = errorOf(() => terminatorBytes(name));
			expect(error.code).toBe("XMLSOCKET_OPTION_INVALID");
			expect(error.message).toContain(`"${name}"`);
		});
	}
});

// First-byte recognition: the same answer in every segmentation, and never an answer that later bytes would take back.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPolicyRequest, type Recognised, recognise } from "../../src/wire/index.ts";
import { latin1 } from "./segments.ts";

const TABLE: readonly [string, Recognised][] = [
	// Policy requests.
	["<policy-file-request/>\0", "policy"],
	["<cross-domain-request/>\0", "policy"],
	[" \r\n<policy-file-request/>\0", "policy"],
	["<policy-file-request/>\r\n\0", "policy"],
	["\t<cross-domain-request/> \0", "policy"],
	["<policy-file-request/>\0<a/>\0", "policy"],
	[`${" ".repeat(105)}<policy-file-request/>\0`, "policy"],
	[`${" ".repeat(106)}<policy-file-request/>\0`, "document"],
	["<policy-file-request />\0", "policy"],
	["<cross-domain-request\r\n/>\0", "policy"],
	["<policy-file-request></policy-file-request>\0", "policy"],
	["<policy-file-request ></policy-file-request >\0", "policy"],
	['<?xml version="1.0"?><policy-file-request/>\0', "policy"],
	['\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\n<policy-file-request />\n\0', "policy"],
	["\xef\xbb\xbf<policy-file-request/>\0", "policy"],
	["\0<policy-file-request/>\0", "policy"],
	["\0\0\r\n<policy-file-request/>\0", "policy"],
	["<policy-file-request></cross-domain-request>\0", "document"],
	["<policy-file-request/>\\0\n\0", "policy"],
	["PRI * HTTP/2.0\r\n", "http"],
	["<policy-file-request a='b'/>\0", "document"],
	['<?xml version="1.0"?><stream', "document"],
	['<?xml version="1.0"?>\0', "document"],
	["<?xslt", "document"],
	["<policy-file-request/>x\0", "document"],
	["<Policy-File-Request/>\0", "document"],
	["<policy-file-requests", "document"],
	["<p>", "document"],
	["<cross/>", "document"],
	// TLS: a handshake record.
	["\x16\x03\x01\x02\x00\x01", "tls"],
	["\x16\x03\x03", "tls"],
	["\x16\x02", "document"],
	["\x15\x03\x01", "document"],
	// HTTP.
	["GET / HTTP/1.1\r\n", "http"],
	["HEAD /x HTTP/1.1\r\n", "http"],
	["POST /x HTTP/1.1\r\n", "http"],
	["PUT /", "http"],
	["DELETE /", "http"],
	["PATCH /", "http"],
	["TRACE /", "http"],
	["OPTIONS * HTTP/1.1\r\n", "http"],
	["GET http://example.com/ HTTP/1.1\r\n", "http"],
	["CONNECT example.com:443 HTTP/1.1\r\n", "document"],
	["GETX\0", "document"],
	["GET\0", "document"],
	["GET \0", "document"],
	["GET x\0", "document"],
	["get / HTTP/1.1\r\n", "http"],
	["say /hello all", "document"],
	["x / HTTQ", "document"],
	["x  / HTTP/", "document"],
	["a".repeat(20_000), "http"],
	[`x /${"a".repeat(20_000)}`, "http"],
	["G\0", "document"],
	["POSTMAN /\0", "document"],
	["POSTMAN / HTTP/", "http"],
	// RTMP: of an encoder, of Flash Player 9 and 10, and what only begins like it.
	["\x03\0\0\0\0\0\0\0\0", "rtmp"],
	["\x03\0\x12\x34\x56\x80\0\x07\x02", "rtmp"],
	["\x03\0\x12\x34\x56\x09\0\x7c\x02", "rtmp"],
	["\x03\0\x12\x34\x56\x20\0\0\0", "rtmp"],
	["\x03\0\0\0", "more"],
	["\x03<a/>\0<b/>\0", "document"],
	["\x03hello, world\0", "document"],
	// UTF-16.
	["\xff\xfe<\0", "utf16"],
	["\xfe\xff\0<", "utf16"],
	["<\0p\0", "utf16"],
	["\0<\0p", "utf16"],
	["\xff\xff", "document"],
	["\xfe\xfe", "document"],
	// Documents of all kinds.
	["<msg t='sys'/>\0", "document"],
	["<a/>", "document"],
	["\0First\0", "document"],
	["\0<a/>\0", "document"],
	["HCabcdef\0", "document"],
	["AAname|1\0", "document"],
	["%xt%s%m#sm%1%hi%\0", "document"],
	['{"id":1}\0', "document"],
	["\n{", "document"],
	["\xef\xbb\xbf<a/>\0", "document"],
	["\x80", "document"],
	["   x", "document"],
	[" ".repeat(128), "document"],
];

describe("recognise", () => {
	for (const [text, expected] of TABLE) {
		it(`takes ${JSON.stringify(text)} for ${expected}, and waits for more before it can tell`, () => {
			const bytes = latin1(text);
			expect(recognise(bytes)).toBe(expected);
			let told = false;
			for (let length = 0; length < bytes.length; length++) {
				const answer = recognise(bytes.subarray(0, length));
				if (answer === "more") expect(told, `${length} bytes`).toBe(false);
				else {
					told = true;
					expect(answer, `${length} bytes`).toBe(expected);
				}
			}
		});
	}

	for (const text of [
		"",
		"<",
		"<p",
		"<policy-file-request/>",
		"<policy-file-request/> ",
		"<c",
		" ",
		"\r\n",
		"G",
		"GET",
		"GET ",
		"C",
		"H",
		"OPTIONS ",
		"\x16",
		"\xff",
		"\xfe",
		"\0",
		"\0<",
		"\0\0",
		"\0<p",
		"\xef\xbb",
		"<?xml version='1.0'",
		"<policy-file-request></policy",
	]) {
		it(`asks for more after ${JSON.stringify(text)}`, () => {
			expect(recognise(latin1(text))).toBe("more");
		});
	}

	it("never takes back what it told, and tells within 128 bytes, for any bytes that begin no request line", () => {
		const begun = fc.constantFrom("", ...TABLE.map(([text]) => text).filter(({ length }) => length < 1000));
		const requestLine = /^[\w!#$%&'*+.^`|~-]+(?: (?:[/*h][!-\xff]*(?: [HTP]*)?)?)?$/;
		const rest = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 160 });
		fc.assert(
			fc.property(begun, rest, (beginning, more) => {
				const bytes = Uint8Array.from([...latin1(beginning), ...more]);
				let told: Recognised = "more";
				for (let length = 0; length <= bytes.length; length++) {
					const answer = recognise(bytes.subarray(0, length));
					if (told !== "more") expect(answer).toBe(told);
					told = answer;
					if (length < 128) continue;
					const text = Buffer.from(bytes.subarray(0, length)).toString("latin1");
					if (!requestLine.test(text)) expect(answer).not.toBe("more");
				}
			}),
			{ numRuns: 1000 },
		);
	});
});

describe("isPolicyRequest", () => {
	it("knows both requests in the spellings of XML writers and nothing else", () => {
		for (const text of [
			"<policy-file-request/>",
			"<cross-domain-request/>",
			"\r\n <policy-file-request/>\n",
			"<policy-file-request />",
			"\ufeff<policy-file-request/>",
		]) {
			expect(isPolicyRequest(text), text).toBe(true);
		}
		for (const text of [
			"",
			"<policy-file-request/><a/>",
			"<policy-file-request",
			`${" ".repeat(120)}<policy-file-request/>`,
		]) {
			expect(isPolicyRequest(text), text).toBe(false);
		}
	});
});

import { describe, expect, it } from "vitest";
import { MAX_PROXY_HEADER_BYTES, readProxyHeader } from "../../src/wire/index.ts";

const SIGN = "0d0a0d0a000d0a515549540a";
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const text = (line: string): Buffer => Buffer.from(line, "latin1");

/** Headers, whole, with the address they name. */
const HEADERS: [string, Buffer, string | undefined][] = [
	["version 1, IPv4", text("PROXY TCP4 192.0.2.1 198.51.100.7 51234 9000\r\n"), "192.0.2.1"],
	["version 1, IPv6", text("PROXY TCP6 2001:db8::1 2001:db8::2 51234 9000\r\n"), "2001:db8::1"],
	["version 1, the shortest IPv6", text("PROXY TCP6 :: ::1 51234 9000\r\n"), "::"],
	["version 1, IPv6 without a gap", text("PROXY TCP6 1:2:3:4:5:6:7:8 ::1 51234 9000\r\n"), "1:2:3:4:5:6:7:8"],
	["version 1, IPv4 in IPv6", text("PROXY TCP6 ::ffff:192.0.2.1 ::1 51234 9000\r\n"), "::ffff:192.0.2.1"],
	["version 1, unknown", text("PROXY UNKNOWN\r\n"), undefined],
	["version 1, unknown with addresses", text("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), undefined],
	["version 2, IPv4", bytes(`${SIGN}2111000cc0000201c6336407c8222328`), "192.0.2.1"],
	[
		"version 2, IPv6",
		bytes(`${SIGN}2121002420010db8000000000000000000000001${"00".repeat(16)}c8222328`),
		"2001:db8:0:0:0:0:0:1",
	],
	["version 2, IPv4 with extras", bytes(`${SIGN}21110013c0000201c6336407c8222328030004aabbccdd`), "192.0.2.1"],
	["version 2, local", bytes(`${SIGN}20000000`), undefined],
	["version 2, local with addresses", bytes(`${SIGN}2011000cc0000201c6336407c8222328`), undefined],
	["version 2, unspecified", bytes(`${SIGN}21000000`), undefined],
	["version 2, unix", bytes(`${SIGN}213100d8${"00".repeat(216)}`), undefined],
];

describe("a proxy's header", () => {
	it.each(HEADERS)("%s: is read whole, and asks for more at every split before", (_name, header, address) => {
		const rest = Buffer.from("<a/>\0");
		expect(readProxyHeader(Buffer.concat([header, rest]))).toEqual({ kind: "header", length: header.length, address });
		expect(readProxyHeader(header)).toEqual({ kind: "header", length: header.length, address });
		for (let at = 0; at < header.length; at++)
			expect(readProxyHeader(header.subarray(0, at)).kind, `${at}`).toBe("more");
	});

	it.each([["<policy-file-request/>\0"], ["GET / HTTP/1.1"], ["PROXX"], ["PROPFIND /"], ["\r\n\r\nGET"], ["\0"]])(
		"%j is none",
		(line) => expect(readProxyHeader(text(line))).toEqual({ kind: "none" }),
	);

	it.each([
		["PROXY \r\n"],
		["PROXY TCP4 192.0.2.1\r\n"],
		["PROXY TCP4 192.0.2.1 198.51.100.7 51234 9000\n"],
		["PROXY TCP4 192.0.2.256 198.51.100.7 1 2\r\n"],
		["PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"],
		["PROXY TCP6 192.0.2.1 198.51.100.7 1 2\r\n"],
		["PROXY TCP4 evil\u0007name 198.51.100.7 1 2\r\n"],
		["PROXY TCP4 192.0.2.01 198.51.100.7 1 2\r\n"],
		["PROXY TCP6 ::: ::1 1 2\r\n"],
		["PROXY TCP6 1::2::3 ::1 1 2\r\n"],
		["PROXY TCP6 200db8::1 ::1 1 2\r\n"],
		["PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2\r\n"],
		["PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n"],
		["PROXY TCP6 1:2:3:4:5:6:7::8 ::1 1 2\r\n"],
		["PROXY TCP6 192.0.2.1::1 ::1 1 2\r\n"],
		["PROXY TCP6 ::ffff:192.0.2.01 ::1 1 2\r\n"],
		["PROXY TCP5 192.0.2.1 198.51.100.7 1 2\r\n"],
		[`PROXY ${"x".repeat(101)}`],
		[`PROXY UNKNOWN ${"x".repeat(200)}\r\n`],
	])("%j is broken", (line) => expect(readProxyHeader(text(line))).toEqual({ kind: "invalid" }));

	it.each([
		[`${SIGN}3111000cc0000201c6336407c8222328`],
		[`${SIGN}2211000cc0000201c6336407c8222328`],
		[`${SIGN}2111000bc0000201c6336407c82223`],
		[`${SIGN}21210023${"00".repeat(35)}`],
		[`${SIGN}2111${(MAX_PROXY_HEADER_BYTES - 15).toString(16).padStart(4, "0")}`],
		[`${SIGN}2111ffff`],
	])("%s is broken", (hex) => expect(readProxyHeader(bytes(hex))).toEqual({ kind: "invalid" }));
});

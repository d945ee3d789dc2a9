// The language of filters: what each test means, and where a mistake is.

import { describe, expect, it } from "vitest";
import { XMLSocketError } from "../../../src/errors/index.ts";
import {
	type DocumentEvent,
	decodeDocument,
	exactDecode,
	parseFilter,
	type TrafficEvent,
} from "../../../src/tools/traffic/index.ts";
import { utf8Codec } from "../../../src/wire/index.ts";

const decode = exactDecode(utf8Codec());

function passes(filter: string, text: string, more: Partial<DocumentEvent> = {}): boolean {
	const bytes = new TextEncoder().encode(text);
	const event: DocumentEvent = {
		kind: "document",
		connection: 1,
		time: 0,
		direction: "client",
		ending: "terminated",
		bytes,
		...more,
	};
	return parseFilter(filter).matches(event, decodeDocument(bytes, decode));
}

function mistake(filter: string): XMLSocketError {
	try {
		parseFilter(filter);
	} catch (error) {
		if (error instanceof XMLSocketError) return error;
		throw error;
	}
	throw new Error(`"${filter}" was read without a mistake.`);
}

const LOGIN = "<msg t='sys'><body action='login' r='0'><login z='zone'><nick>ann</nick></login></body></msg>";

describe("a filter", () => {
	it.each([
		["msg", true],
		["body", false],
		["msg/body", true],
		["msg/login", false],
		["msg//nick", true],
		["//nick", true],
		["//body/login", true],
		["*/body", true],
		["*/*/*/nick", true],
		["*/*/nick", false],
		["msg/body[@action='login']", true],
		["msg/body[@action=\"login\"][@r='0']", true],
		["msg/body[@action=login]", true],
		["msg/body[@action!='login']", false],
		["msg/body[@missing!='login']", false],
		["msg/body[@r]", true],
		["msg/body[@missing]", false],
		["msg/body[@action~=/^LOG/i]", true],
		["//nick[text()='ann']", true],
		["//nick[text()~=/^b/]", false],
		["//login[text()]", false],
		["[@t]", true],
		["'msg'/'body'", true],
		["/zone/", true],
		["/ZONE/", false],
		["/ZONE/i", true],
		["/<nick>[a-z]{3}</", true],
		["client", true],
		["server", false],
		["document and xml", true],
		["policy or json or text or binary or empty or xt", false],
		["not server", true],
		["not not msg", true],
		["server or client and msg", true],
		["(server or client) and not msg", false],
		["connection=1 and bytes>50 and bytes <= 1000", true],
		["connection != 1", false],
	])("%s", (filter, expected) => {
		expect(passes(filter, LOGIN)).toBe(expected);
	});

	it("reads %xt% commands with and without the part before the #", () => {
		expect(passes("xt:m#sm", "%xt%s%m#sm%1%hi%")).toBe(true);
		expect(passes("xt:sm", "%xt%s%m#sm%1%hi%")).toBe(true);
		expect(passes("xt:sm", "%xt%sm%1%3%hi%")).toBe(true);
		expect(passes("xt:zo", "%xt%z%zo%1%")).toBe(true);
		expect(passes("xt:e", "%xt%e%-1%101%")).toBe(true);
		expect(passes("xt:jr", "%xt%sm%1%3%hi%")).toBe(false);
		expect(passes("xt", "<xt/>")).toBe(false);
	});

	it("finds an element before the mistake of a document that is malformed", () => {
		expect(passes("msg/body[@r='0']", "<msg><body r='0'><broken")).toBe(true);
		expect(passes("msg/broken", "<msg><body r='0'><broken")).toBe(false);
	});

	it("is false for events that it does not fit, and does not throw", () => {
		const open: TrafficEvent = { kind: "open", connection: 1, time: 0, from: "127.0.0.1:1", to: "127.0.0.1:2" };
		for (const filter of ["msg", "/a/", "client", "bytes>0", "xml", "xt:a", "document"])
			expect(parseFilter(filter).matches(open, undefined)).toBe(false);
		expect(parseFilter("open and not client").matches(open, undefined)).toBe(true);
		expect(passes("msg/body or xml", "\u0000\u0001\u0002")).toBe(false);
	});

	it.each([
		["", 1, "a test"],
		["client or", 10, "a test"],
		["(client", 8, "a ) for an open ("],
		["client)", 7, "a ( before this )"],
		["foo bar", 5, "and, or, or the end"],
		["msg/", 5, "the name of an element"],
		["msg[", 5, "@ and a name"],
		["msg[@]", 6, "the name of an attribute"],
		["msg[@a='x]", 8, "a ' that closes"],
		["msg[@a=]", 8, "a value in quotes"],
		["msg[@a~='x']", 9, "an expression"],
		["msg[@a <'x']", 8, "=, !=, ~= or ]"],
		["/abc", 1, "a / that ends"],
		["/a/gi", 4, "no flags but"],
		["/a(b/", 3, "a ) for the ("],
		["/a[b/", 1, "a / that ends"],
		["/*/", 2, "something before"],
		["/(?=a)/", 2, "a group without lookahead"],
		["/(a)\\1/", 5, "no reference"],
		["/[z-a]/", 2, "a character or a class"],
		["bytes>x", 7, "a whole number"],
		["xt:", 4, "the name of a command"],
		["日本 and", 7, "a test"],
	])("points at the mistake in %j: column %i, %s", (filter, column, expected) => {
		const error = mistake(filter);
		expect(error.code).toBe("XMLSOCKET_FILTER_INVALID");
		expect(error.details.column).toBe(column);
		expect(error.message).toContain(expected);
	});

	it("puts the mark under the column also behind wide and invisible characters", () => {
		expect(mistake("日\u202e x").message.split("\n").slice(1)).toEqual(["  日\\u202e x", "           ^"]);
	});

	it.each(["(a+)+$", "(a|a)*b", "(.*)*x", "a*a*a*a*a*a*b", "(a?){50}a{50}", "^(([a-z])+.)+[A-Z]([a-z])+$"])(
		"matches /%s/ on a text that makes others try every way through it",
		(pattern) => {
			const text = `<m>${"a".repeat(30_000)}!</m>`;
			const own = passes(`/${pattern}/`, text);
			expect(own).toBe(pattern === "(a?){50}a{50}");
		},
	);

	it.each([
		["a|bc|", ["", "a", "x"]],
		["^ab?c$", ["ac", "abc", "abbc", "xac"]],
		["a{2,3}b", ["ab", "aab", "aaab", "aaaab"]],
		["a{2}$", ["a", "aa", "aaa"]],
		["x(?:ab|c)+y", ["xy", "xaby", "xcabcy"]],
		["\\bword\\b", ["a word.", "sword", "words"]],
		["\\Bord", ["word", "ord"]],
		["[^a-c]\\d\\s", ["x1 ", "a1 ", "x1"]],
		["\\u{1f600}.", ["😀x", "😀", "😀😀"]],
		["\\p{Lu}\\.", ["É.", "é."]],
		["[\\]\\-\\/]", ["]", "-", "/", "x"]],
		["\\\"\\'", ["\"'", "x"]],
		[".", ["\n", "a", ""]],
		["a{,3}", ["a{,3}", "aaa"]],
	])("matches /%s/ as JavaScript does", (pattern, texts) => {
		for (const text of texts) {
			const source = pattern.replace(/\\(["'])/g, "$1").replace("{,3}", "\\{,3\\}");
			expect([text, passes(`/${pattern}/`, text)]).toEqual([text, new RegExp(source, "u").test(text)]);
		}
	});
});

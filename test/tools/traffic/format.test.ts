// What documents are and how they are shown: forms, names, tokens, lines for a terminal, and numbers.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { showEvent } from "../../../src/tools/index.ts";
import {
	columnsOf,
	type Decoded,
	type DocumentEvent,
	decodeDocument,
	exactDecode,
	formatDocument,
	TrafficStatistics,
} from "../../../src/tools/traffic/index.ts";
import { textCodec } from "../../../src/transport/index.ts";
import { utf8Codec } from "../../../src/wire/index.ts";

const decode = exactDecode(utf8Codec());
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const decoded = (text: string): Decoded => decodeDocument(new TextEncoder().encode(text), decode);
const shown = (document: Decoded, options?: Parameters<typeof formatDocument>[1]): string =>
	formatDocument(document, options)
		.map(({ text }) => text)
		.join("");

function event(bytes: Uint8Array, more: Partial<DocumentEvent> = {}): DocumentEvent {
	return {
		kind: "document",
		connection: 3,
		time: 1_500_000,
		direction: "client",
		ending: "terminated",
		bytes,
		...more,
	};
}

describe("a document", () => {
	it.each([
		["<msg t='sys'/>", "xml", "msg"],
		["\ufeff \n<?xml version='1.0'?><!-- <x> --><!DOCTYPE a><a:b>", "xml", "a:b"],
		["<unfinished", "xml", "unfinished"],
		["<", "xml", undefined],
		["<!-- never closed", "xml", undefined],
		["%xt%s%m#sm%12%hi%", "xt", "m#sm"],
		["%xt%z%zo%12%", "xt", "zo"],
		["%xt%e%-1%101%", "xt", "e"],
		["%xt%", "xt", undefined],
		[' {"a":1}\n', "json", undefined],
		["[1]", "json", undefined],
		["{half", "text", undefined],
		["HC0123456789", "text", undefined],
		["AAann|1|0|\n", "text", undefined],
		["", "empty", undefined],
		["\u0001\u0002\u0003\u0004", "binary", undefined],
	])("%j is %s with the name %s", (text, form, name) => {
		const { form: own, name: ownName } = decoded(text);
		expect([own, ownName]).toEqual([form, name]);
	});

	it("keeps the exact byte of what is not of the encoding", () => {
		const document = decodeDocument(latin1("<m>caf\xe9 \xc3\xa9</m>"), decode);
		expect(document.exact).toBe(false);
		expect(document.text).toBe("<m>caf\udce9 \u00e9</m>");
		expect(shown(document)).toBe("<m>caf\\xE9 \u00e9</m>");
		expect(document.xml?.firstChild?.nodeName).toBe("m");
	});

	it("reads other encodings where encoding the text gives the same bytes", () => {
		const gbk = exactDecode(textCodec("gbk"));
		const document = decodeDocument(Uint8Array.of(0x3c, 0x61, 0x3e, 0xc4, 0xe3), gbk);
		expect([document.text, document.exact]).toEqual(["<a>\u4f60", true]);
		expect(decodeDocument(Uint8Array.of(0x3c, 0x61, 0x3e, 0xc4), gbk).exact).toBe(false);
	});

	it("has fields where it is %xt%", () => {
		expect(decoded("%xt%s%m#sm%12%a b%").fields).toEqual(["xt", "s", "m#sm", "12", "a b"]);
		expect(decoded("<a/>").fields).toBeUndefined();
	});
});

describe("a shown document", () => {
	it("indents elements, and leaves text and quotes and references as they were sent", () => {
		const text = "<a x='1'> <b>one <i>two</i></b>\n<c><![CDATA[<x>]]></c><d y=\"&lt;\"/><!-- note --></a>";
		expect(shown(decoded(text)).split("\n")).toEqual([
			"<a x='1'>",
			"  <b>one <i>two</i></b>",
			"  <c><![CDATA[<x>]]></c>",
			'  <d y="&lt;"/>',
			"  <!-- note -->",
			"</a>",
		]);
		expect(shown(decoded(text), { indent: "" })).toBe(
			"<a x='1'><b>one <i>two</i></b><c><![CDATA[<x>]]></c><d y=\"&lt;\"/><!-- note --></a>",
		);
	});

	it.each(["<a><b></a>", "<a", "</a>", "<a>\u00a0</a", "<a/>text", "<a x='>", "<![CDATA[x"])(
		"leaves the malformed %j as it is",
		(text) => {
			expect(shown(decoded(text))).toBe(text);
		},
	);

	it("indents JSON and keeps its numbers and repeated keys; what is no JSON stays as it is", () => {
		expect(shown(decoded('{"a":12345678901234567890,"a":[],"b":["x\\"",{}]}')).split("\n")).toEqual([
			"{",
			'  "a": 12345678901234567890,',
			'  "a": [],',
			'  "b": [',
			'    "x\\"",',
			"    {}",
			"  ]",
			"}",
		]);
		expect(shown(decoded("[12:30] hi [you]"))).toBe("[12:30] hi [you]");
	});

	it("dumps bytes that are no text in as many columns as there are", () => {
		const document = decoded("\u0000\u0001\u0002ABCDEFGHIJKLMNOPQ".replace(/A/g, "\u0003\u0004\u0005"));
		expect(shown(document).split("\n")).toEqual([
			"00000000  00 01 02 03 04 05 42 43 44 45 46 47 48 49 4a 4b  |......BCDEFGHIJK|",
			"00000010  4c 4d 4e 4f 50 51                                |LMNOPQ|",
		]);
		for (const width of [40, 60, 80])
			for (const line of shown(document, { width }).split("\n")) expect(columnsOf(line)).toBeLessThanOrEqual(width);
	});

	it("shows controls, marks of direction and invisible characters, and keeps those inside words and emoji", () => {
		expect(shown(decoded("a\u001b[31m\r\n\u0085\u202eb\u200b\u2028\u007f\t"), { indent: "" })).toBe(
			"a\u241b[31m\u240d\u240a\\x85\\u202eb\\u200b\\u2028\u2421\u2409",
		);
		expect(shown(decoded("\u{1f469}\u200d\u{1f467} \u0645\u06cc\u200c\u062e"))).toBe(
			"\u{1f469}\u200d\u{1f467} \u0645\u06cc\u200c\u062e",
		);
	});

	it("has no control character of the document in any token, and no text is lost on one line, for any text", () => {
		fc.assert(
			fc.property(
				fc.string({ unit: "binary", maxLength: 60 }),
				fc.constantFrom("<a>", "<a b='", "{", "", "%xt%"),
				(text, start) => {
					for (const options of [{}, { indent: "" }, { width: 30 }, { indent: "", width: 30 }]) {
						const result = shown(decoded(start + text), options);
						expect(result.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u);
						if (options.indent === "") expect(result).not.toContain("\n");
						if (options.indent === "" && options.width) expect(columnsOf(result)).toBeLessThanOrEqual(30);
					}
				},
			),
			{ numRuns: 300 },
		);
	});

	it("says that a long document goes on", () => {
		expect(shown(decoded(`<a>${"x".repeat(200)}</a>`), { maxCharacters: 50 })).toMatch(
			/x\n\u2026 the first 50 characters of 207 bytes$/,
		);
		expect(shown(decoded("<a>x</a>"), { maxCharacters: 8 })).toBe("<a>x</a>");
		expect(shown(decoded("\u65e5\u672c\u8a9e"), { indent: "", width: 6 })).toBe("\u65e5\u672c\u8a9e");
		expect(shown(decoded("\u65e5\u672c\u8a9e"), { indent: "", width: 5 })).toBe("\u65e5\u672c\u2026");
	});

	it("stays quick for text made of the beginnings of markup", () => {
		for (const piece of ["<", "<!--", "<![CDATA[", "<a ", "<a x='", "<?", '"', "<a>", "</a>", "&", "<!-- -->"])
			expect(shown(decoded(piece.repeat(20_000))).length).toBeGreaterThan(0);
	});
});

describe("an event in a terminal", () => {
	it("is one line with time, connection, direction, bytes and document", () => {
		const document = decoded("<a b='1'><c/></a>");
		expect(showEvent(event(document.bytes), document)).toBe("1.500000 #3 \u2192 17 B <a b='1'><c/></a>");
		expect(showEvent(event(document.bytes, { direction: "server", ending: "cut", masked: true }), document)).toBe(
			"1.500000 #3 \u2190 17 B (no terminator, masked) <a b='1'><c/></a>",
		);
		expect(columnsOf(showEvent(event(document.bytes), document, { width: 30 }))).toBe(30);
	});

	it("is indented below its line where the document has several", () => {
		const document = decoded("<a b='1'><c/></a>");
		expect(showEvent(event(document.bytes), document, { pretty: true }).split("\n")).toEqual([
			"1.500000 #3 \u2192 17 B",
			"    <a b='1'>",
			"      <c/>",
			"    </a>",
		]);
	});

	it("shows what opens, closes and fails, without controls of others", () => {
		expect(showEvent({ kind: "open", connection: 1, time: 0, from: "a", to: "b" }, undefined)).toBe(
			"0.000000 #1 + open a to b",
		);
		expect(showEvent({ kind: "close", connection: 1, time: 0, reason: "1000 \u001b[2J" }, undefined)).toBe(
			"0.000000 #1 - closed: 1000 \u241b[2J",
		);
	});
});

describe("statistics", () => {
	it("count documents and bytes by direction and name, long documents once, and others together", () => {
		const statistics = new TrafficStatistics({ maxNames: 2 });
		const add = (text: string, more: Partial<DocumentEvent> = {}): void => {
			const document = decoded(text);
			statistics.add(event(document.bytes, more), document);
		};
		statistics.add({ kind: "open", connection: 3, time: 500_000, from: "a", to: "b" });
		add("<a>12", { ending: "part" });
		add("345</a>");
		add("<a/>");
		add("<b/>", { direction: "server" });
		add("<c/>");
		add("<d/>");
		const { names, client, largest, connections, documentsPerSecond } = statistics.summary();
		expect({ client, largest, connections, documentsPerSecond }).toEqual({
			client: { documents: 4, bytes: 24 },
			largest: { connection: 3, direction: "client", bytes: 12 },
			connections: 1,
			documentsPerSecond: 5,
		});
		expect(names).toEqual([
			{ direction: "client", form: "xml", name: "a", documents: 2, bytes: 16, largestBytes: 12 },
			{ direction: "client", form: "other", name: undefined, documents: 2, bytes: 8, largestBytes: 4 },
			{ direction: "server", form: "xml", name: "b", documents: 1, bytes: 4, largestBytes: 4 },
		]);
	});
});

describe("a document of a megabyte", () => {
	it("is told by its beginning, and its first line shown", () => {
		const binary = decodeDocument(
			Uint8Array.from({ length: 1 << 20 }, (_, at) => (at * 7) & 255),
			decode,
		);
		expect([binary.form, binary.name]).toEqual(["binary", undefined]);
		const xml = decoded(`<a>${"<b c='\u65e5'/>".repeat(60_000)}</a>`);
		expect(shown(xml, { indent: "", width: 20 })).toBe("<a><b c='\u65e5'/><b c=\u2026");
		const cut = decodeDocument(new TextEncoder().encode(`${"x".repeat(1023)}\u65e5${"y".repeat(5000)}`), decode);
		expect([cut.form, cut.exact]).toEqual(["text", true]);
	});
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inject } from "../../../src/gateway/site/html-injection.ts";

const TAGS = { always: "[C]", withoutRuffle: "[R]" };
const put = (page: string): string | undefined => inject(Buffer.from(page, "latin1"), TAGS)?.body.toString("latin1");

describe("inject", () => {
	it.each([
		[
			"right after <head>",
			"<!DOCTYPE html><html><head><title>t</title>",
			"<!DOCTYPE html><html><head>[C][R]<title>t</title>",
		],
		[
			"after a <head> with attributes, one of which holds a >",
			'<HTML>\n<HEAD profile="a>b">x',
			'<HTML>\n<HEAD profile="a>b">[C][R]x',
		],
		[
			"before the first element where there is no <head>",
			"<!doctype html>\n<html lang=de>\n<body bgcolor=#000>",
			"<!doctype html>\n<html lang=de>\n[C][R]<body bgcolor=#000>",
		],
		[
			"before the first script where there is no <head>",
			"<script>a()</script><embed src=a.swf>",
			"[C][R]<script>a()</script><embed src=a.swf>",
		],
		[
			"before the first words of a page without tags for its parts",
			"Hello <embed src=a.swf>",
			"[C][R]Hello <embed src=a.swf>",
		],
		[
			"after comments, which may hold tags",
			"<!-- <head> --><!DOCTYPE html><!-- > --><html><!--x--><head>y",
			"<!-- <head> --><!DOCTYPE html><!-- > --><html><!--x--><head>[C][R]y",
		],
		[
			"after an XML declaration",
			'<?xml version="1.0"?><!DOCTYPE html><html><head>',
			'<?xml version="1.0"?><!DOCTYPE html><html><head>[C][R]',
		],
		[
			"after conditional comments",
			"<!--[if IE]><html class=ie><![endif]--><![if !IE]><html><![endif]><head>",
			"<!--[if IE]><html class=ie><![endif]--><![if !IE]><html><![endif]><head>[C][R]",
		],
		[
			"before a <frameset>",
			"<html><frameset cols=*><frame src=a.html></frameset></html>",
			"<html>[C][R]<frameset cols=*><frame src=a.html></frameset></html>",
		],
		["after a byte order mark", "\xef\xbb\xbf<html><embed>", "\xef\xbb\xbf<html>[C][R]<embed>"],
		[
			"before an element whose name only begins like head",
			"<header>x</header><head>",
			"[C][R]<header>x</header><head>",
		],
		[
			"once, also where <head> comes twice or too late",
			"<p>x</p><head></head><head>",
			"[C][R]<p>x</p><head></head><head>",
		],
	])("puts the tags %s", (_, page, expected) => {
		expect(put(page)).toBe(expected);
	});

	it.each([
		['<script src="ruffle/ruffle.js"></script>'],
		["<SCRIPT defer SRC = 'https://cdn.example/x/ruffle.js?v=1'></SCRIPT>"],
		["<script src=https://unpkg.com/@ruffle-rs/ruffle></script>"],
		["<p>late</p><script src=/ruffle.min.js></script>"],
	])("adds no ruffle.js to a page that has it: %s", (script) => {
		expect(put(`<head></head>${script}`)).toBe(`<head>[C]</head>${script}`);
	});

	it.each([
		["<!-- <script src=ruffle.js></script> -->"],
		["<script>document.write('<script src=ruffle.js>')</script>"],
		["<script src=my-ruffle.js></script>"],
		["<script data-src=ruffle.js></script>"],
		["<title><script src=ruffle.js></script></title>"],
		["<a href=ruffle.js>"],
	])("ignores what only looks like a tag: %s", (text) => {
		expect(put(`<head>${text}`)).toBe(`<head>[C][R]${text}`);
	});

	it("does not change a text without an element", () => {
		for (const text of ["", "just words", "a < b", "<!-- x -->", "<!doctype html>"]) expect(put(text)).toBeUndefined();
	});

	it("returns the encoding that the page declares, because the tags may move the declaration too far back", () => {
		const charsetOf = (page: string): string | undefined => inject(Buffer.from(page, "latin1"), TAGS)?.charset;
		expect(charsetOf("<head><meta charset=windows-1251>")).toBe("windows-1251");
		expect(charsetOf('<head><meta content="text/html; charset=Shift_JIS" http-equiv="Content-Type">')).toBe(
			"Shift_JIS",
		);
		expect(charsetOf("<head><!-- <meta charset=a> --><meta charset=gbk>")).toBe("gbk");
		expect(charsetOf("<head><meta charset=utf-16>")).toBe("utf-8");
		expect(charsetOf('<head><meta name=a content="charset=koi8-r">')).toBeUndefined();
		expect(charsetOf('<head><meta charset="a\r\nb: c">')).toBeUndefined();
		expect(charsetOf(`<head>${" ".repeat(1024)}<meta charset=koi8-r>`)).toBeUndefined();
		expect(charsetOf("\xef\xbb\xbf<head><meta charset=koi8-r>")).toBeUndefined();
	});

	it("keeps UTF-16 pages in UTF-16, in both byte orders", () => {
		const page = "\ufeff<html><head><title>\u00e9\u4e2d</title>";
		const expected = "\ufeff<html><head>[C][R]<title>\u00e9\u4e2d</title>";
		const little = inject(Buffer.from(page, "utf16le"), TAGS)!;
		expect(little.body.toString("utf16le")).toBe(expected);
		const big = inject(Buffer.from(page, "utf16le").swap16(), TAGS)!;
		expect(big.body.swap16().toString("utf16le")).toBe(expected);
		expect(little.charset).toBeUndefined();
	});

	it("changes no byte of any page", () => {
		const part = fc.oneof(
			fc.constantFrom(
				"<head>",
				"<html>",
				"<!--",
				"-->",
				"<script",
				">",
				'"',
				"'",
				"=",
				"</script>",
				"<!doctype html>",
				"<",
				" ",
			),
			fc.string({ unit: "binary", maxLength: 5 }),
		);
		fc.assert(
			fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
				const page = Buffer.from(parts.join(""), "latin1");
				const tagged = inject(page, TAGS)?.body ?? page;
				const without = tagged.toString("latin1").replace(/\[C\](?:\[R\])?/, "");
				expect(without).toBe(page.toString("latin1"));
			}),
			{ numRuns: 2000 },
		);
	});

	it("reads a long page of unfinished tags in linear time", () => {
		const page = "<a b='".repeat(20_000) + "<script>".repeat(1000);
		expect(put(page)?.startsWith("[C][R]")).toBe(true);
	});
});

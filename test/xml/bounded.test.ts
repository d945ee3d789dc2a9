// Parsing within limits, and reading a root element without a tree.

import { describe, expect, test } from "vitest";
import { checkBounded, checkFragment, DEFAULT_PARSE_LIMITS, parseBounded, readRoot, XML } from "../../src/xml/index.ts";

describe("parseBounded", () => {
	test("gives the same document as XML where nothing is wrong", () => {
		const source = "<?xml x?><a id='x' b='&lt;'> <b/>text<![CDATA[<]]></a>";
		const { document, refusal } = parseBounded(source);
		expect(refusal).toBeUndefined();
		expect(document instanceof XML).toBe(true);
		expect(document?.toString()).toBe(new XML(source).toString());
		expect([document?.status, document?.idMap?.x?.nodeName]).toEqual([0, "a"]);
	});

	test("has the documented limits by default", () => {
		expect(DEFAULT_PARSE_LIMITS).toEqual({ maxDepth: 256, maxNodes: 16_384, maxAttributes: 256, maxNameLength: 1024 });
	});

	const nested = (depth: number): string => "<a>".repeat(depth) + "</a>".repeat(depth);
	const attributes = (count: number): string =>
		`<a ${Array.from({ length: count }, (_, at) => `k${at}=''`).join(" ")}/>`;
	const rows: [what: string, source: string, code: string | undefined, offset?: number][] = [
		["depth 255", nested(255), undefined],
		["depth 256", nested(256), undefined],
		["depth 257", nested(257), "XMLSOCKET_TOO_DEEP", 256 * 3],
		["an empty element at depth 257", `${"<a>".repeat(256)}<b/>`, "XMLSOCKET_TOO_DEEP", 256 * 3],
		["depth 256 again and again", nested(256).repeat(3), undefined],
		["16,384 elements", "<a/>".repeat(16_384), undefined],
		["16,385 elements", "<a/>".repeat(16_385), "XMLSOCKET_TOO_MANY_NODES", 16_384 * 4],
		["16,384 elements and texts", "<a/>x".repeat(8192), undefined],
		["16,385 elements and texts", `${"<a/>x".repeat(8192)}<![CDATA[]]>`, "XMLSOCKET_TOO_MANY_NODES", 8192 * 5],
		["16,385 texts between comments", "x<!---->".repeat(16_385), "XMLSOCKET_TOO_MANY_NODES", 16_384 * 8],
		["256 attributes", attributes(256), undefined],
		["257 attributes", attributes(257), "XMLSOCKET_TOO_MANY_ATTRIBUTES", 0],
		["257 times one attribute", `<a ${"b='' ".repeat(257)}/>`, "XMLSOCKET_TOO_MANY_ATTRIBUTES", 0],
		["a name of 1,024 units", `<${"n".repeat(1024)}/>`, undefined],
		["a name of 1,025 units", `x<${"n".repeat(1025)}/>`, "XMLSOCKET_NAME_TOO_LONG", 1],
		["an attribute's name of 1,024 units", `<a ${"n".repeat(1024)}=''/>`, undefined],
		["an attribute's name of 1,025 units", `<a ${"n".repeat(1025)}=''/>`, "XMLSOCKET_NAME_TOO_LONG", 0],
		["a long name before attributes", `<${"n".repeat(1025)} a=''/>`, "XMLSOCKET_NAME_TOO_LONG", 0],
		["a DOCTYPE", "<!DOCTYPE a><a/>", "XMLSOCKET_DOCTYPE_REFUSED", 0],
		["a DOCTYPE inside, in small letters", "<a><!doctype a></a>", "XMLSOCKET_DOCTYPE_REFUSED", 3],
		["an unfinished DOCTYPE", "<!DOCTYPE a", "XMLSOCKET_DOCTYPE_REFUSED", 0],
		["billion laughs", '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>', "XMLSOCKET_DOCTYPE_REFUSED", 0],
		["nothing", "", undefined],
	];
	test.each(rows)("%s", (_what, source, code, offset) => {
		const { document, refusal } = parseBounded(source);
		expect(refusal?.code).toBe(code);
		expect(document === undefined).toBe(code !== undefined);
		if (offset !== undefined) expect(refusal?.offset).toBe(offset);
		expect(checkBounded(source)).toEqual(refusal);
	});

	test.each([
		["<a", -6, 0],
		["<a b='", -8, 0],
		["x<a>", -9, 4],
		["<a></b>", -10, 3],
		["<a><!--", -5, 3],
		["<![CDATA[", -2, 0],
		["<?xml", -3, 0],
	])("%j carries the player's status %i", (source, status, offset) => {
		const { refusal } = parseBounded(source);
		expect(refusal).toMatchObject({ code: "XMLSOCKET_NOT_WELL_FORMED", status, offset });
		expect(refusal?.message).toMatch(new RegExp(`\\(status ${status}\\), at offset ${offset}\\.$`));
	});

	test("says in words which limit was passed, and where", () => {
		expect(parseBounded("<a><b/></a>", { maxDepth: 1 }).refusal).toEqual({
			code: "XMLSOCKET_TOO_DEEP",
			message: "The document has more than 1 elements inside each other, at offset 3.",
			reason: "The document has more than 1 elements inside each other",
			offset: 3,
		});
		expect(parseBounded("<a b='' c=''/>", { maxAttributes: 1 }).refusal?.message).toMatch(/more than 1 attributes/);
		expect(parseBounded("<a><b/></a>", { maxNodes: 1 }).refusal?.message).toMatch(/more than 1 elements and texts/);
		expect(parseBounded("<ab/>", { maxNameLength: 1 }).refusal?.message).toMatch(/more than 1 UTF-16 units/);
	});

	test("takes a limit of 0 as 0", () => {
		expect(parseBounded("<a/>", { maxDepth: 0 }).refusal?.code).toBe("XMLSOCKET_TOO_DEEP");
		expect(parseBounded("x", { maxNodes: 0 }).refusal?.code).toBe("XMLSOCKET_TOO_MANY_NODES");
		expect(parseBounded("<a b=''/>", { maxAttributes: 0 }).refusal?.code).toBe("XMLSOCKET_TOO_MANY_ATTRIBUTES");
	});
});

describe("readRoot", () => {
	test("reads name, attributes, text and content", () => {
		const root = readRoot('<say room="lobby" id=\'c&amp;1\' room="other">a &lt; <![CDATA[<b>]]><!-- x --> c</say>');
		expect(root?.name).toBe("say");
		expect([root?.attribute("room"), root?.attribute("id"), root?.attribute("none")]).toEqual([
			"lobby",
			"c&1",
			undefined,
		]);
		expect([...(root?.attributes() ?? [])]).toEqual([
			["room", "lobby"],
			["id", "c&1"],
		]);
		expect(root?.text()).toBe("a < <b> c");
		expect(root?.content).toBe("a &lt; <![CDATA[<b>]]><!-- x --> c");
		expect(root?.source.slice(root.contentStart, root.contentEnd)).toBe(root?.content);
	});

	test("finds an attribute by its decoded name, and only by that", () => {
		const root = readRoot("<a &#105;d='1' &x='2' &lt;='3' ab='4'/>");
		expect([root?.attribute("id"), root?.attribute("&x"), root?.attribute("<")]).toEqual(["1", "2", "3"]);
		expect([root?.attribute("&lt;"), root?.attribute("a"), root?.attribute("abc")]).toEqual([
			undefined,
			undefined,
			undefined,
		]);
	});

	const accepted: [source: string, name: string, content: string, text: string | undefined][] = [
		["<a/>", "a", "", ""],
		["<a />", "a", "", ""],
		["<a></a>", "a", "", ""],
		["<a b='c'/>", "a", "", ""],
		["<a b='/>'>x</a>", "a", "x", "x"],
		[" \r\n<a>x</a>\r\n", "a", "x", "x"],
		["<?xml version='1.0'?>\n<a>x</a>", "a", "x", "x"],
		["<!-- c --><?XML?><a>x</a>", "a", "x", "x"],
		["<A>x</a >", "A", "x", "x"],
		["<a>x</a/>", "a", "x", "x"],
		["<a>x</a b='c'>", "a", "x", "x"],
		["<a><b/></a>", "a", "<b/>", undefined],
		["<a>x</a><a>y</a>", "a", "x</a><a>y", undefined],
		["<a><!-- </a>", "a", "<!-- ", undefined],
		["<a><![CDATA[</a>", "a", "<![CDATA[", undefined],
		["<a><![CDATA[</a>]]></a>", "a", "<![CDATA[</a>]]>", "</a>"],
		["<a>&amp;&unknown;</a>", "a", "&amp;&unknown;", "&&unknown;"],
		["<a><?xml?></a>", "a", "<?xml?>", undefined],
	];
	test.each(accepted)("%j", (source, name, content, text) => {
		const root = readRoot(source);
		expect([root?.name, root?.content, root?.text()]).toEqual([name, content, text]);
	});

	test.each([
		"",
		" ",
		"text",
		"x<a/>",
		"<a/>x",
		"<a/><b/>",
		"<a>",
		"<a></b>",
		"<a></a>x",
		"<a></a",
		"</a>",
		"<>",
		"<a b>",
		"<a b=c/>",
		"<a b='c>",
		"<a b='c'",
		"<a",
		"< a/>",
		"<!DOCTYPE a><a/>",
		"<![CDATA[x]]>",
		"<!-- <a/>",
		"<?xml",
		"<?php ?><a/>",
		"<a>x</a></b>",
		"<a/ >",
		"%xt%s%m#sm%room%text%",
		'{"json":true}',
	])("%j is not one element", (source) => {
		expect(readRoot(source)).toBeUndefined();
	});

	test("agrees with the parser about texts of one element", () => {
		for (const source of ["<a b='1'>x&lt;y</a>", "<a>x<!-- y -->z</a>", "<a b='&quot;' c=\"'\"/>"]) {
			const parsed = new XML(source).firstChild;
			const root = readRoot(source);
			expect(root?.name).toBe(parsed?.nodeName);
			expect(root?.text()).toBe(parsed?.childNodes.map((node) => node.nodeValue).join(""));
			for (const name of Object.keys(parsed?.attributes ?? {}))
				expect(root?.attribute(name)).toBe(parsed?.attributes[name]);
		}
	});

	test("keeps within the limits of a tag", () => {
		const many = `<a ${"b='' ".repeat(257)}/>`;
		expect(readRoot(many)).toBeUndefined();
		expect(readRoot(many, { maxAttributes: 257 })?.name).toBe("a");
		expect(readRoot(`<${"n".repeat(1025)}/>`)).toBeUndefined();
		expect(readRoot(`<a ${"n".repeat(1025)}=''/>`)).toBeUndefined();
		expect(readRoot("<ab/>", { maxNameLength: 1 })).toBeUndefined();
	});

	test("hands on content that checkContent has passed, and no other", () => {
		expect(readRoot("<send>a<b c='d'/>&lt;<!-- x --></send>")?.checkContent()).toBeUndefined();
		expect(readRoot("<send></send><send></send>")?.checkContent()?.code).toBe("XMLSOCKET_NOT_WELL_FORMED");
		expect(readRoot("<send><a><b/></a></send>")?.checkContent({ maxDepth: 1 })?.code).toBe("XMLSOCKET_TOO_DEEP");
	});
});

describe("checkFragment", () => {
	const good = [
		"",
		"text",
		" \n\t\r",
		"<a/>",
		"<a></a>",
		"<a ></a >",
		"<a b='c'\n d=\"e\"/>",
		"<a b = 'c'/>",
		"a<b>c</b>d<e/>",
		"<a><b><c/></b></a>",
		"&amp;&lt;&gt;&quot;&apos;",
		"&#65;&#x41;&#9;&#x10FFFF;",
		"<a b='&lt;>\"'/>",
		"<![CDATA[<a>&]] >]]>",
		"<!-- a - b < & -->",
		"<é:ü-1._ x='1'/>",
		"<\u{10000}/>",
		"\u{1f600}",
		"\u00a0\ufffd",
		">",
		"]]",
		"<_/>",
		"<:a/>",
	];
	test.each(good)("%j is good", (text) => {
		expect(checkFragment(text)).toBeUndefined();
		expect(new XML(text).status).toBe(0);
		expect(checkFragment(`<x>${text}</y>`, 3, 3 + text.length)).toBeUndefined();
	});

	const bad: [text: string, reason: RegExp, offset: number][] = [
		["<a>", /"a" is not closed/, 0],
		["x</a>", /closes no open element/, 1],
		["<a></b>", /"a" is not closed first/, 3],
		["<a></A>", /"a" is not closed first/, 3],
		["<a></ab>", /not that of the element "a"/, 3],
		["<a></a b='c'>", /not that of the element "a"/, 3],
		["<a></a", /not that of the element/, 3],
		["<a></a/>", /not that of the element/, 3],
		["<", /name of an element is missing/, 1],
		["< a/>", /name of an element/, 1],
		["<5/>", /name of an element/, 1],
		["<a<b/>", /White space or the end/, 2],
		["<a/ >", /White space or the end|name of an attribute/, 2],
		["<a b/>", /"b" has no value/, 4],
		["<a b=/>", /has no quotes/, 5],
		["<a b=c/>", /has no quotes/, 5],
		["<a b='c/>", /no closing quote|"<"/, 5],
		["<a b='<'/>", /"<" is in the value/, 6],
		["<a b='1'c='2'/>", /White space or the end/, 8],
		["<a b='1' b='2'/>", /"b" is there twice/, 9],
		["<a ='1'/>", /name of an attribute/, 3],
		["&", /begins no reference/, 0],
		["a & b", /begins no reference/, 2],
		["&amp", /begins no reference/, 0],
		["&nbsp;", /entity "nbsp"/, 0],
		["&unknown;", /entity "unknown"/, 0],
		["&#0;", /character reference/, 0],
		["&#xD800;", /character reference/, 0],
		["&#1114112;", /character reference/, 0],
		["&#99999999999999999999;", /character reference/, 0],
		["&#;", /character reference/, 0],
		["&#65", /character reference/, 0],
		["&#65x;", /character reference/, 0],
		["<a b='&'/>", /begins no reference/, 6],
		["\0", /U\+0000/, 0],
		["a\u0001", /U\+0001/, 1],
		["\ud800", /U\+D800/, 0],
		["\udc00x", /U\+DC00/, 0],
		["\ufffe", /U\+FFFE/, 0],
		["<a b='\u0000'/>", /U\+0000/, 6],
		["<!--\0-->", /U\+0000/, 4],
		["<![CDATA[\u0001]]>", /U\+0001/, 9],
		["]]>", /"]]>" is in text/, 0],
		["<!-- a -- b -->", /"--" is in a comment/, 7],
		["<!--", /comment is not closed/, 0],
		["<!-->", /comment is not closed/, 0],
		["<!--->", /comment is not closed/, 0],
		["<![CDATA[", /CDATA section is not closed/, 0],
		["<![cdata[x]]>", /name of an element/, 1],
		["<?pi x?>", /processing instruction or declaration/, 0],
		["<?xml version='1.0'?>", /processing instruction or declaration/, 0],
		["<!DOCTYPE a>", /DOCTYPE/, 0],
		["<!ELEMENT a>", /name of an element/, 1],
	];
	test.each(bad)("%j is bad", (text, reason, offset) => {
		const refusal = checkFragment(text);
		expect(refusal?.reason).toMatch(reason);
		expect(refusal?.offset).toBe(offset);
		expect(checkFragment(`</x>${text}<x>`, 4, 4 + text.length)?.offset).toBe(4 + offset);
	});

	test("looks at nothing outside of its range", () => {
		expect(checkFragment("<a><b></b></a>", 3, 10)).toBeUndefined();
		for (const [text, end] of [
			["<a/>", 3],
			["<a></a>", 6],
			["<a b='c'/>", 6],
			["<!-- -->", 7],
			["<![CDATA[x]]>", 12],
			["&amp;", 4],
			["&#65;", 4],
			["\u{1f600}", 1],
		] as const) {
			expect(checkFragment(text, 0, text.length)).toBeUndefined();
			expect(checkFragment(text, 0, end)?.code).toBe("XMLSOCKET_NOT_WELL_FORMED");
		}
	});

	test("holds the limits", () => {
		const nested = (depth: number): string => "<a>".repeat(depth) + "</a>".repeat(depth);
		expect(checkFragment(nested(256))).toBeUndefined();
		expect(checkFragment(nested(257))).toMatchObject({ code: "XMLSOCKET_TOO_DEEP", offset: 256 * 3 });
		expect(checkFragment(`${"<a>".repeat(256)}<b/>`)?.code).toBe("XMLSOCKET_TOO_DEEP");
		expect(checkFragment("<a/>".repeat(16_384))).toBeUndefined();
		expect(checkFragment("<a/>".repeat(16_385))?.code).toBe("XMLSOCKET_TOO_MANY_NODES");
		const attributes = (count: number): string =>
			`<a ${Array.from({ length: count }, (_, at) => `k${at}=''`).join(" ")}/>`;
		expect(checkFragment(attributes(256))).toBeUndefined();
		expect(checkFragment(attributes(257))?.code).toBe("XMLSOCKET_TOO_MANY_ATTRIBUTES");
		expect(checkFragment(`<${"n".repeat(1025)}/>`)?.code).toBe("XMLSOCKET_NAME_TOO_LONG");
		expect(checkFragment(`<a ${"n".repeat(1025)}=''/>`)?.code).toBe("XMLSOCKET_NAME_TOO_LONG");
		expect(checkFragment("<!DOCTYPE a>")?.code).toBe("XMLSOCKET_DOCTYPE_REFUSED");
	});
});

// The functions over nodes: reading, finding, pretty printing, the plain view, and the well-formedness check.

import { describe, expect, test } from "vitest";
import { XMLSocketError } from "../../src/errors/index.ts";
import {
	attribute,
	attributes,
	checkWellFormed,
	child,
	children,
	descendants,
	elements,
	find,
	findAll,
	pretty,
	textContent,
	toObject,
	XML,
	XMLNode,
	xml,
} from "../../src/xml/index.ts";

const document = new XML(
	`<rooms><room name="lobby" n="1">text<member name="ann"/> <member name="bob" op="yes"/></room><room name="den"/><x/></rooms>`,
);
const rooms = document.firstChild as XMLNode;
const lobby = rooms.firstChild as XMLNode;

const names = (found: readonly XMLNode[]): unknown[] => found.map((node) => node.nodeName ?? node.nodeValue);

describe("reading", () => {
	test("children are all nodes, in an array of the caller's own", () => {
		expect(names(children(lobby))).toEqual(["text", "member", " ", "member"]);
		expect(children(lobby)).not.toBe(children(lobby));
		children(lobby).length = 0;
		expect(lobby.childNodes.length).toBe(4);
	});

	test("elements are those with a name, or with this name", () => {
		expect(names(elements(lobby))).toEqual(["member", "member"]);
		expect(names(elements(rooms, "room"))).toEqual(["room", "room"]);
		expect(elements(rooms, "Room")).toEqual([]);
	});

	test("descendants are the elements at any depth, in document order, without the node itself", () => {
		expect(names(descendants(document))).toEqual(["rooms", "room", "member", "member", "room", "x"]);
		expect(names(descendants(lobby))).toEqual(["member", "member"]);
		expect(descendants(document, "room")).toEqual(elements(rooms, "room"));
		expect(descendants(lobby, "room")).toEqual([]);
		const [ann] = elements(lobby) as [XMLNode];
		expect([descendants(ann), descendants(new XMLNode(3, "x")), descendants({} as XMLNode)]).toEqual([[], [], []]);
	});

	test("child is the first with this name", () => {
		expect(child(rooms, "room")).toBe(lobby);
		expect(child(rooms, "none")).toBeUndefined();
	});

	test("attribute is a string or undefined", () => {
		expect([attribute(lobby, "name"), attribute(lobby, "none"), attribute(document, "x")]).toEqual([
			"lobby",
			undefined,
			undefined,
		]);
		const node = new XMLNode(1, "a");
		expect(attribute(node, "__proto__")).toBeUndefined();
		node.attributes.n = 5;
		expect(attribute(node, "n")).toBe("5");
		node.attributes.u = undefined;
		expect(attribute(node, "u")).toBeUndefined();
		const odd = new XML("<a ab='1' b = '2' &#99;='3' b='4' d='&lt;'/><a ab='1' b = '2' c\n=\t\"'3'\" d='4'/>");
		const [coded, plain] = odd.childNodes as [XMLNode, XMLNode];
		expect(["ab", "b", "c", "d", "a", "abc"].map((name) => attribute(coded, name))).toEqual([
			"1",
			"2",
			"3",
			"<",
			undefined,
			undefined,
		]);
		expect(["ab", "b", "c", "d", "a", "", "d='4'"].map((name) => attribute(plain, name))).toEqual([
			"1",
			"2",
			"'3'",
			"4",
			undefined,
			undefined,
			undefined,
		]);
	});

	test("attributes are names and string values in the order of printing", () => {
		expect(attributes(lobby)).toEqual([
			["name", "lobby"],
			["n", "1"],
		]);
		const node = new XML("<a 5='1' __proto__='2'/>").firstChild as XMLNode;
		node.attributes.n = 3;
		expect(attributes(node)).toEqual([
			["n", "3"],
			["5", "1"],
			["__proto__", "2"],
		]);
		expect([attributes(document), attributes(new XMLNode(3, "x")), attributes({} as XMLNode)]).toEqual([[], [], []]);
	});

	test("textContent is all text below, in order", () => {
		expect(textContent(new XML("a<b>b<c>c</c>&lt;</b><d/><![CDATA[e]]>"))).toBe("abc<e");
		expect(textContent(new XMLNode(3, "x"))).toBe("x");
		expect(textContent(lobby)).toBe("text ");
	});

	test("of something that is no node finds nothing", () => {
		const none = {} as XMLNode;
		expect([
			children(none),
			elements(none),
			child(none, "a"),
			attribute(none, "a"),
			textContent(none),
			toObject(none),
		]).toEqual([[], [], undefined, undefined, "", ""]);
	});
});

describe("find", () => {
	const rows: [path: string, found: (string | undefined)[]][] = [
		["rooms", [undefined]],
		["rooms/room", ["lobby", "den"]],
		["rooms/*", ["lobby", "den", undefined]],
		["rooms/room[@name='den']", ["den"]],
		['rooms/room[@name="den"]', ["den"]],
		["rooms/room[@n]", ["lobby"]],
		["rooms/room[2]", ["den"]],
		["rooms/room[3]", []],
		["rooms/room/member", ["ann", "bob"]],
		["rooms/*/member[2]", ["bob"]],
		["rooms/room/member[@op='yes'][@name='bob']", ["bob"]],
		["rooms/room/member[@op][1]", ["bob"]],
		["rooms/room[@name='']", []],
		["room", []],
		["*/*/*/*", []],
	];
	test.each(rows)("%j", (path, found) => {
		expect(findAll(document, path).map((node) => attribute(node, "name"))).toEqual(found);
		expect(find(document, path)).toBe(findAll(document, path)[0]);
	});

	test("takes values with slashes and brackets", () => {
		expect(find(new XML("<a b='x/y[1]'/>"), "a[@b='x/y[1]']")?.nodeName).toBe("a");
	});

	test("// leads to elements at any depth, each once and in document order", () => {
		const tree = new XML("<a><b n='1'><b n='2'><c n='3'/></b><c n='4'/></b><c n='5'/></a>");
		const numbers = (path: string): unknown[] => findAll(tree, path).map((found) => found.attributes.n);
		expect(numbers("//c")).toEqual(["3", "4", "5"]);
		expect(numbers("a//c")).toEqual(["3", "4", "5"]);
		expect(numbers("a//b//c")).toEqual(["3", "4"]);
		expect(numbers("//b/c")).toEqual(["3", "4"]);
		expect(numbers("//b/c[1]")).toEqual(["3", "4"]);
		expect(numbers("a//c[2]")).toEqual(["4"]);
		expect(numbers("a/b//*")).toEqual(["2", "3", "4"]);
		expect(numbers("//d")).toEqual([]);
	});

	test.each([
		"",
		"/a",
		"a/",
		"a//",
		"a///b",
		"///a",
		"a[",
		"a[x]",
		"a[@]",
		"a[@b=c]",
		"a[@b='c]",
		"a b",
		"a[0x]",
		"[1]",
		"a[-1]",
	])("refuses %j", (path) => {
		expect(() => findAll(document, path)).toThrow(XMLSocketError);
		expect(() => find(document, path)).toThrow(/needs/);
	});
});

describe("pretty", () => {
	const rows: [source: string, lines: string[]][] = [
		["<a/>", ["<a />"]],
		["<a>text</a>", ["<a>text</a>"]],
		["<a><b/><c x='1'>t</c></a>", ["<a>", "  <b />", '  <c x="1">t</c>', "</a>"]],
		["<a>\n\n <b/>\n</a>", ["<a>", "  <b />", "</a>"]],
		["<a><b><c/></b><d/></a>", ["<a>", "  <b>", "    <c />", "  </b>", "  <d />", "</a>"]],
		["<a>mixed <b><c/></b></a>", ["<a>mixed <b><c /></b></a>"]],
		["<?xml x?><!DOCTYPE d><a/><b/>", ["<?xml x?>", "<!DOCTYPE d>", "<a />", "<b />"]],
		["text<a><b/></a>more", ["text<a><b /></a>more"]],
		["<a><b/>\u00a0<c/></a>", ["<a><b />\u00a0<c /></a>"]],
		["<a><b/>\u000b<c/></a>", ["<a><b />\u000b<c /></a>"]],
		["<a> </a>", ["<a> </a>"]],
		["", []],
		["<?xml x?>", ["<?xml x?>"]],
		["<a><b>&lt;</b></a>", ["<a>", "  <b>&lt;</b>", "</a>"]],
	];
	test.each(rows)("%j", (source, lines) => {
		const printed = pretty(new XML(source));
		expect(printed.split("\n").filter((line) => line !== "")).toEqual(lines);
	});

	test("takes another indent and line end", () => {
		expect(pretty(new XML("<a><b/></a>"), { indent: "\t", newline: "\r\n" })).toBe("<a>\r\n\t<b />\r\n</a>");
	});

	test("prints a node in a tree alone", () => {
		expect(pretty(xml`<a><b>${"&"}</b></a>`)).toBe("<a>\n  <b>&amp;</b>\n</a>");
		expect(pretty(new XML("<a><b><c/></b><d/></a>").firstChild?.firstChild as XMLNode)).toBe("<b>\n  <c />\n</b>");
		expect(pretty(new XMLNode(3, " <"))).toBe(" &lt;");
		expect(pretty(new (XMLNode as unknown as new () => XMLNode)())).toBe("[type Object]");
	});
});

describe("toObject", () => {
	test("is plain data in the order of the tree", () => {
		expect(toObject(new XML("<a z='1' b='&lt;'>t<c/><![CDATA[<]]><d><e/></d>u</a>").firstChild as XMLNode)).toEqual({
			name: "a",
			attributes: { z: "1", b: "<" },
			children: [
				"t",
				{ name: "c", attributes: {}, children: [] },
				"<",
				{ name: "d", attributes: {}, children: [{ name: "e", attributes: {}, children: [] }] },
				"u",
			],
		});
	});

	test("of a document has no name, and of a text is its text", () => {
		expect(toObject(new XML("x<a/>"))).toEqual({
			name: null,
			attributes: {},
			children: ["x", { name: "a", attributes: {}, children: [] }],
		});
		expect(toObject(new XMLNode(3, "x"))).toBe("x");
		expect(toObject(new XML(""))).toEqual({ name: null, attributes: {}, children: [] });
	});

	test("has attributes of any name as its own properties", () => {
		const plain = toObject(new XML("<a __proto__='1'/>").firstChild as XMLNode);
		expect(JSON.stringify(plain)).toBe('{"name":"a","attributes":{"__proto__":"1"},"children":[]}');
	});
});

describe("checkWellFormed", () => {
	test.each([
		"<a/>",
		"<?xml version='1.0' encoding='UTF-8'?>\n<!-- c -->\n<!DOCTYPE a [<!ENTITY e 'x'>]>\n<?pi x?>\n<a>&e;<?pi?></a>\n<!-- d -->\n",
		"\ufeff<a/>",
		"<?xml-stylesheet href='x'?><a/>",
		"  <a>\u{1f600}</a>  ",
	])("passes %j", (text) => {
		expect(checkWellFormed(text)).toBeUndefined();
	});

	const rows: [text: string, line: number, column: number, message: RegExp][] = [
		["", 1, 1, /no root element/],
		["\n", 2, 1, /no root element/],
		["<a>\n  <b></a>", 2, 6, /"b" is not closed first/],
		["<a>\r\n<b>\r<c x=1/></b></a>", 3, 6, /has no quotes/],
		["text", 1, 1, /outside the root/],
		["<a/>x", 1, 5, /outside the root/],
		["<a/><b/>", 1, 5, /second root/],
		["<a/><!DOCTYPE a>", 1, 5, /before the root/],
		["<!DOCTYPE a><!DOCTYPE a><a/>", 1, 13, /before the root/],
		["<!DOCTYPE a", 1, 1, /DOCTYPE is not closed/],
		["<a><!DOCTYPE a></a>", 1, 4, /inside an element/],
		["<a>", 1, 1, /"a" is not closed/],
		["</a>", 1, 1, /closes no open element/],
		[" <?xml version='1.0'?><a/>", 1, 2, /XML declaration is not/],
		["<a><?xml?></a>", 1, 4, /XML declaration is not/],
		["<?pi", 1, 1, /processing instruction/],
		["<a>&e;</a>", 1, 4, /entity "e"/],
		["<a>\0</a>", 1, 4, /U\+0000/],
		["<?pi \u0001?><a/>", 1, 6, /U\+0001/],
		["<? x?><a/>", 1, 3, /name of a processing instruction/],
		["<![CDATA[x]]>", 1, 1, /outside the root/],
	];
	test.each(rows)("%j", (text, line, column, message) => {
		const flaw = checkWellFormed(text);
		expect([flaw?.line, flaw?.column]).toEqual([line, column]);
		expect(flaw?.message).toMatch(message);
	});
});

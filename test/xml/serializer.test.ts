// How trees print (docs/xml.md, "Serializer").

import { describe, expect, test } from "vitest";
import { XML, XMLNode } from "../../src/xml/index.ts";

describe("printing", () => {
	const rows: [source: string, printed: string][] = [
		["<a/>", "<a />"],
		["<a></a>", "<a />"],
		["<a b='c'/>", '<a b="c" />'],
		["<a b='c' d=\"e\"></a>", '<a b="c" d="e" />'],
		["<a  b = 'c'\n>x</a>", '<a b="c">x</a>'],
		["<a><![CDATA[]]></a>", "<a></a>"],
		["<a>&amp;&lt;&gt;&quot;&apos;</a>", "<a>&amp;&lt;&gt;&quot;&apos;</a>"],
		["<a>> ' \"</a>", "<a>&gt; &apos; &quot;</a>"],
		["<a b='\"&gt;&lt;&amp;'/>", '<a b="&quot;&gt;&lt;&amp;" />'],
		['<a b="\'"/>', '<a b="&apos;" />'],
		["<a b='&#10;\u00a0\u0001'>\u00a0\u0001&nbsp;</a>", '<a b="\n\u00a0\u0001">\u00a0\u0001\u00a0</a>'],
		["<a &lt;='1'/>", '<a <="1" />'],
		["a&b", "a&amp;b"],
		["<a b='1' b='2' c='3'/>", '<a b="1" c="3" />'],
		["<a b='&unknown;'>&unknown;</a>", '<a b="&amp;unknown;">&amp;unknown;</a>'],
	];
	test.each(rows)("%j gives %j, read or unread", (source, printed) => {
		expect(new XML(source).toString()).toBe(printed);
		const read = new XML(source);
		for (let node = read.firstChild; node !== null; node = node.firstChild) void (node.attributes.b ?? node.nodeValue);
		expect(read.toString()).toBe(printed);
	});

	test("puts the XML declarations and the doctype first, and nothing between", () => {
		const document = new XML("<a/>");
		document.docTypeDecl = "<!DOCTYPE d>";
		document.xmlDecl = "<?xml x?>";
		expect(document.toString()).toBe("<?xml x?><!DOCTYPE d><a />");
	});

	test("of a node takes no declarations from properties that a script gave it", () => {
		const node = Object.assign(new XMLNode(1, "a"), { xmlDecl: "<?xml x?>", docTypeDecl: "<!DOCTYPE d>" });
		expect(node.toString()).toBe("<a />");
	});

	test("of an element with an empty name", () => {
		expect(new XMLNode(1, "").toString()).toBe("< />");
	});

	test("of a document among other nodes gives its children", () => {
		const outer = new XML("<a/>");
		outer.firstChild?.appendChild(new XML("<b/>text"));
		expect(outer.toString()).toBe("<a><b />text</a>");
	});

	test("of a document with attributes writes them, without a tag", () => {
		const document = new XML("<a/>");
		document.attributes.x = "1";
		expect(document.toString()).toBe(' x="1"<a />');
	});

	test.each([2, 3, 4, 7, 0, -1, 255])(
		"of a node of type %i is its escaped value, without attributes and children",
		(type) => {
			const node = new XMLNode(type, "a<b");
			node.attributes.x = "1";
			node.appendChild(new XMLNode(1, "child"));
			expect(node.toString()).toBe("a&lt;b");
		},
	);

	test("makes strings of attribute values of any kind", () => {
		const node = new XMLNode(1, "a");
		Object.assign(node.attributes, { a: 1, b: true, c: null, d: undefined, e: {}, f: [1, 2], g: () => 1 });
		node.attributes.h = {
			toString() {
				throw new Error("no text");
			},
		};
		expect(node.toString()).toBe(
			'<a h="[type Object]" g="[type Function]" f="1,2" e="[object Object]" d="undefined" c="null" b="true" a="1" />',
		);
	});

	test("happens wherever a string is needed", () => {
		const document = new XML("<a/>");
		expect(`${document}`).toBe("<a />");
		expect(String(document.firstChild)).toBe("<a />");
		expect(`${new XML("<a/>x<b/>").childNodes}`).toBe("<a />,x,<b />");
	});

	test("of a document that printed before shows what has changed since", () => {
		const document = new XML('<a x="1">text</a>');
		expect(document.toString()).toBe('<a x="1">text</a>');
		const a = document.firstChild as XMLNode;
		a.attributes.x = 2;
		(a.firstChild as XMLNode).nodeValue = "<";
		expect(document.toString()).toBe('<a x="2">&lt;</a>');
	});
});

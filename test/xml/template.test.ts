// The xml`…` template and element().

import { describe, expect, test } from "vitest";
import { XMLSocketError } from "../../src/errors/index.ts";
import { element, Markup, type MarkupValue, XML, XMLNode, xml } from "../../src/xml/index.ts";

const room = "lobby";
const hostile = `<&>"' ]]> </say><b/>`;
const escaped = "&lt;&amp;&gt;&quot;&apos; ]]&gt; &lt;/say&gt;&lt;b/&gt;";

function codeOf(run: () => unknown): string {
	try {
		run();
	} catch (error) {
		if (error instanceof XMLSocketError) return error.code;
		throw error;
	}
	return "nothing was thrown";
}

describe("xml`…`", () => {
	const rows: [why: string, made: Markup, text: string][] = [
		["without values is the template", xml`<a b="c"/>`, '<a b="c"/>'],
		["escapes text", xml`<say>${hostile}</say>`, `<say>${escaped}</say>`],
		["escapes an attribute in quotes", xml`<a b="${hostile}"/>`, `<a b="${escaped}"/>`],
		["escapes an attribute in single quotes", xml`<a b='${hostile}'/>`, `<a b="${escaped}"/>`],
		["quotes an attribute that is not", xml`<a b=${hostile}/>`, `<a b="${escaped}"/>`],
		["quotes each of several", xml`<a b=${1} c="2" d=${3}>x</a>`, '<a b="1" c="2" d="3">x</a>'],
		["knows white space around =", xml`<a b = ${1}/>`, '<a b="1"/>'],
		["fills parts of a value", xml`<a b="x ${1} y ${hostile}"/>`, `<a b="x 1 y ${escaped}"/>`],
		["fills parts of a value in single quotes", xml`<a b='${1}-${"'"}'/>`, "<a b='1-&apos;'/>"],
		["leaves an attribute out for undefined", xml`<a b=${undefined} c="1"/>`, '<a c="1"/>'],
		["leaves an attribute out for null", xml`<a b="${null}"/>`, "<a/>"],
		["leaves an attribute out for false", xml`<a b='${false}' />`, "<a />"],
		["keeps 0, the empty string and true", xml`<a b=${0} c=${""} d=${true}/>`, '<a b="0" c="" d="true"/>'],
		["fills a part with nothing for undefined", xml`<a b="x${undefined}y${null}"/>`, '<a b="xy"/>'],
		["puts nothing into content for undefined, null and false", xml`<a>${undefined}${null}${false}</a>`, "<a></a>"],
		["puts 0, the empty string and true into content", xml`<a>${0}${""}${true}</a>`, "<a>0true</a>"],
		["takes numbers and bigints", xml`<a b=${1.5}>${10n}${Number.NaN}</a>`, '<a b="1.5">10NaN</a>'],
		["nests templates", xml`<a>${xml`<b>${"<"}</b>`}</a>`, "<a><b>&lt;</b></a>"],
		["nests nodes", xml`<a>${new XML("<b c='d'>&lt;</b>").firstChild}</a>`, '<a><b c="d">&lt;</b></a>'],
		["nests text nodes", xml`<a>${new XMLNode(3, "<")}</a>`, "<a>&lt;</a>"],
		["nests the nodes of a document", xml`<a>${new XML("<?xml x?><!DOCTYPE d><b/>c")}</a>`, "<a><b />c</a>"],
		[
			"nests arrays of all these",
			xml`<a>${["<", 1, [xml`<b/>`, [new XMLNode(1, "c"), null]]]}</a>`,
			"<a>&lt;1<b/><c /></a>",
		],
		["may have several roots and text", xml`one<a/>${"two"}<b/>`, "one<a/>two<b/>"],
		["may be text alone", xml`${"<"}`, "&lt;"],
		["may be empty", xml``, ""],
		[
			"keeps references, comments and CDATA",
			xml`<a b="&lt;">&#65;<!-- < --><![CDATA[<]]></a>`,
			'<a b="&lt;">&#65;<!-- < --><![CDATA[<]]></a>',
		],
		[
			"keeps white space",
			xml`<a
	b=${1}
>
	${2}
</a>`,
			'<a b="1"\n>\n\t2\n</a>',
		],
		["takes a greater-than in text and values", xml`<a b=">">${1}></a>`, '<a b=">">1></a>'],
		["escapes a template in an attribute", xml`<a b=${xml`<c/>`}/>`, '<a b="&lt;c/&gt;"/>'],
		["takes any object by its text", xml`<a>${{ toString: () => "<" } as unknown as MarkupValue}</a>`, "<a>&lt;</a>"],
		[
			"takes a function by the player's text for it",
			xml`<a>${(() => 1) as unknown as MarkupValue}</a>`,
			"<a>[type Function]</a>",
		],
		["puts two values beside each other", xml`<a>${"x"}${"y"}</a>`, "<a>xy</a>"],
		["closes an element that ends behind its value", xml`<say room=${room}/>`, '<say room="lobby"/>'],
	];
	test.each(rows)("%s", (_why, made, text) => {
		expect(made.toString()).toBe(text);
		expect(new XML(text).status).toBe(0);
	});

	test("gives the same result each time a place is passed", () => {
		const say = (text: string, id?: string): string => String(xml`<say id=${id}>${text}</say>`);
		expect([say("a"), say("<", "1"), say("b")]).toEqual(["<say>a</say>", '<say id="1">&lt;</say>', "<say>b</say>"]);
	});

	const invalid: [why: string, make: () => Markup, message: RegExp][] = [
		["a value as a name", () => xml`<${"a"}/>`, /where a name belongs.*value 1/],
		["a value in a name", () => xml`<a${"b"}/>`, /where a name belongs/],
		["a value as an end tag's name", () => xml`<a></${"a"}>`, /in an end tag/],
		["a value as an attribute", () => xml`<a ${"b"}/>`, /where a name belongs/],
		["a value as an attribute's name", () => xml`<a ${"b"}="c"/>`, /where a name belongs/],
		["a value behind an attribute", () => xml`<a b="c"${"d"}/>`, /where a name belongs/],
		["a value that something touches", () => xml`<a b=${"c"}d/>`, /follows a value without quotes/],
		["two values without quotes", () => xml`<a b=${"c"}${"d"}/>`, /follows a value without quotes/],
		["a value in a comment", () => xml`<a/><!-- ${"b"} -->`, /in a comment/],
		["a value in CDATA", () => xml`<![CDATA[${"b"}]]>`, /in a CDATA section/],
		["an element that is not closed", () => xml`<a>${1}`, /"a" is not closed.*<a>/],
		["an end tag of nothing", () => xml`</a>`, /closes no open element/],
		["tags that cross", () => xml`<a><b></a></b>`, /"b" is not closed first/],
		["an attribute without quotes", () => xml`<a b=c/>`, /has no quotes/],
		["an attribute without value", () => xml`<a b/>`, /has no value/],
		["an attribute that is there twice", () => xml`<a b=${1} b="2"/>`, /"b" is there twice/],
		["a lone ampersand", () => xml`<a>Tom & Jerry</a>`, /begins no reference/],
		["an entity that XML does not know", () => xml`<a>&nbsp;</a>`, /entity "nbsp"/],
		["a malformed name", () => xml`<5/>`, /name of an element/],
		["a DOCTYPE", () => xml`<!DOCTYPE a><a/>`, /DOCTYPE/],
		["a declaration", () => xml`<?xml version="1.0"?><a/>`, /processing instruction or declaration/],
		["a tag that does not end", () => xml`<a b=${1} `, /White space|missing/],
		["a quote that does not end", () => xml`<a b="${1}>`, /no closing quote/],
		["U+0000", () => xml`<a>\0</a>`, /U\+0000/],
		["a malformed escape sequence", () => xml`<a>\u{</a>`, /escape sequence/],
	];
	test.each(invalid)("refuses %s, at every use", (_why, make, message) => {
		expect(make).toThrow(message);
		expect(codeOf(make)).toBe("XMLSOCKET_TEMPLATE_INVALID");
		expect(codeOf(make)).toBe("XMLSOCKET_TEMPLATE_INVALID");
	});

	test("refuses U+0000 in a value, wherever it stands", () => {
		for (const make of [
			() => xml`<a>${"x\0"}</a>`,
			() => xml`<a b=${"\0"}/>`,
			() => xml`<a b="x${"\0"}"/>`,
			() => xml`<a>${["\0"]}</a>`,
			() => xml`<a>${new XMLNode(3, "\0")}</a>`,
			() => xml`<a>${new XML("<b>\0</b>")}</a>`,
		]) {
			expect(codeOf(make)).toBe("XMLSOCKET_NUL_IN_DOCUMENT");
		}
	});

	test("needs no care with attributes named like members of objects", () => {
		expect(xml`<a __proto__=${1} constructor=${2}/>`.toString()).toBe('<a __proto__="1" constructor="2"/>');
	});
});

describe("its result", () => {
	test("is text, a document and a node", () => {
		const made = xml`<say room=${room}>${"<"}</say>`;
		expect(made).toBeInstanceOf(Markup);
		expect(`${made}`).toBe('<say room="lobby">&lt;</say>');
		expect(made.xml.firstChild?.attributes.room).toBe("lobby");
		expect(made.xml).toBe(made.xml);
		expect(made.toNode()?.firstChild?.nodeValue).toBe("<");
		expect(made.toNode()).not.toBe(made.toNode());
		expect(made.toNode()?.parentNode).toBe(null);
		expect(xml``.toNode()).toBe(null);
	});

	test("does not change with the document made from it", () => {
		const made = xml`<a/>`;
		(made.xml.firstChild as XMLNode).nodeName = "b";
		expect(made.toString()).toBe("<a/>");
		expect(made.toNode()?.nodeName).toBe("a");
	});
});

describe("element()", () => {
	const rows: [why: string, node: XMLNode, text: string][] = [
		["alone", element("a"), "<a />"],
		["with attributes in their order", element("a", { z: 1, b: "<", m: true }), '<a z="1" b="&lt;" m="true" />'],
		["without those that are undefined", element("a", { b: undefined, c: null, d: false }), '<a c="null" d="false" />'],
		["with text", element("a", null, "<", 1, 10n, true), "<a>&lt;110true</a>"],
		["with nothing for undefined, null and false", element("a", {}, undefined, null, false), "<a />"],
		["with an empty text", element("a", {}, ""), "<a></a>"],
		["with elements", element("a", {}, element("b"), "x", element("c")), "<a><b />x<c /></a>"],
		["with arrays", element("a", {}, [["x", [element("b")]], null], "y"), "<a>x<b />y</a>"],
		["with templates", element("a", {}, xml`x<b c=${1}/><d/>`), '<a>x<b c="1" /><d /></a>'],
		["with a document", element("a", {}, new XML("<b/>c")), "<a><b />c</a>"],
	];
	test.each(rows)("makes an element %s", (_why, node, text) => {
		expect(node.toString()).toBe(text);
		expect(node instanceof XMLNode).toBe(true);
		expect(node.parentNode).toBe(null);
	});

	test("makes nodes like all others", () => {
		const node = element("a", { x: 1 }, "text");
		node.attributes.y = 2;
		node.appendChild(element("b"));
		expect(node.toString()).toBe('<a y="2" x="1">text<b /></a>');
		expect(node.childNodes.map((child) => child.parentNode)).toEqual([node, node]);
	});

	test("moves a node from where it was", () => {
		const document = new XML("<x><y/></x>");
		const made = element("a", {}, document.firstChild?.firstChild);
		expect([made.toString(), document.toString()]).toEqual(["<a><y /></a>", "<x />"]);
	});

	test.each(["", "5", "a b", "a>", "a/", "<a", "a\0", "-a", "a=b"])("refuses %j as a name", (name) => {
		expect(codeOf(() => element(name))).toBe("XMLSOCKET_XML_NAME_INVALID");
		expect(codeOf(() => element("a", { [name]: 1 }))).toBe("XMLSOCKET_XML_NAME_INVALID");
	});

	test.each(["a", "_", "a:b", "a-b.c_5", "é", "\u{10000}", "__proto__"])("takes %j as a name", (name) => {
		const attributes = Object.fromEntries([[name, "1"]]);
		expect(element(name, attributes).toString()).toBe(`<${name} ${name}="1" />`);
	});

	test("refuses U+0000 in values and texts", () => {
		expect(codeOf(() => element("a", { b: "\0" }))).toBe("XMLSOCKET_NUL_IN_DOCUMENT");
		expect(codeOf(() => element("a", {}, "\0"))).toBe("XMLSOCKET_NUL_IN_DOCUMENT");
	});
});

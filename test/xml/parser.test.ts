// What the parser makes of a text: the tree, the status and the declarations, by the tables of the page on ActionScript's
// XML (docs/xml.md, "Parser").

import { describe, expect, test } from "vitest";
import { XML, type XMLNode } from "../../src/xml/index.ts";

/** The tree in one line: elements as name(children), texts in quotes. */
function outline(node: XMLNode): string {
	if (node.nodeType !== 1) return JSON.stringify(node.nodeValue);
	return `${node.nodeName ?? ""}(${node.childNodes.map(outline).join(" ")})`;
}

function ignoringWhite(source: string): XML {
	const document = new XML();
	document.ignoreWhite = true;
	document.parseXML(source);
	return document;
}

describe("a malformed text gives the status of its first error and keeps what was read before", () => {
	const rows: [source: string, printed: string, status: number][] = [
		["<a><b/></a>", "<a><b /></a>", 0],
		["<a><![CDATA[bl</a>.. ]></a>", "<a />", -2],
		["<a/><?xml A", "<a />", -3],
		["<a/><?xml A ?><b/><?xml B", "<?xml A ?><a /><b />", -3],
		["<a/><!DOCTYPE A", "<a />", -4],
		["<a/><!DOCTYPE A><b/><!DOCTYPE B", "<!DOCTYPE A><a /><b />", -4],
		["<a/><!-- <b/>", "<a />", -5],
		["<>a", "", -6],
		["</>a", "", -6],
		["<a", "", -6],
		["<a/", "", -6],
		["</a", "", -6],
		["</a b='c'", "", -6],
		["<a b='c'", "", -6],
		["<a ='b'/>", "", -6],
		["<a A/><b/>", "", -6],
		["<a A=x></a><b/>", "", -6],
		["<", "", -6],
		["</", "", -6],
		["< a>", "", -6],
		["<a ", "", -6],
		["<a b", "", -6],
		["<a b ", "", -6],
		["<a b=", "", -6],
		["<a b= ", "", -6],
		["<a b c='d'/>", "", -6],
		["<a / b='c'/>", "", -6],
		["<a b/>", "", -6],
		["<a A='x></a><b/>", "", -8],
		['<a A="', "", -8],
		["<a A=\"x'></a>", "", -8],
		["<a>", "<a />", -9],
		["<a><b><c/></a>", "<a><b><c /></b></a>", -9],
		["<a><b></a><c/>", "<a><b /></a>", -9],
		["<b><c/></a>", "<b><c /></b>", -10],
		["<a><b></c><d/></b></a>", "<a><b /></a>", -10],
		["</a>", "", -10],
		["<a></b><c/></a>", "<a />", -10],
		["<a></b></a><c/>", "<a />", -10],
		["<a/ ></a/>", "<a/ />", -10],
		["<a/></a>", "<a />", -10],
		["<a>&</a>", "<a>&amp;</a>", 0],
		["<a A='&'/>", '<a A="&amp;" />', 0],
		["<open att='", "", -8],
		["<open att      r='kk'", "", -6],
		["<open>& ' \"<", "<open>&amp; &apos; &quot;</open>", -6],
		['</open><open>node with "</open>', "", -10],
		["<open/><open><!-- lkjsdcölkj<hello>", "<open /><open />", -5],
		["<open><![CDATA[jlkjdc</open>", "<open />", -2],
		["", "", 0],
	];
	test.each(rows)("%j", (source, printed, status) => {
		const document = new XML(source);
		expect([document.toString(), document.status]).toEqual([printed, status]);
	});
});

describe("text", () => {
	const rows: [why: string, source: string, tree: string][] = [
		["is never trimmed", "<X1> t </X1>", '(X1(" t "))'],
		["of white space alone is a node", "<a> </a>", '(a(" "))'],
		[
			"is kept outside of elements, and several roots are",
			"before<a/>between<b/>after",
			'("before" a() "between" b() "after")',
		],
		["is split by a comment", "comment <!-- x -->text", '("comment " "text")'],
		["next to CDATA is a node of its own", "<a>x<![CDATA[y]]>z</a>", '(a("x" "y" "z"))'],
		["may hold > and quotes and ]]>", "<a>> ' \" ]]></a>", '(a("> \' \\" ]]>"))'],
		["alone makes a document", "text", '("text")'],
	];
	test.each(rows)("%s", (_why, source, tree) => {
		expect(outline(new XML(source))).toBe(tree);
	});
});

describe("with ignoreWhite", () => {
	const rows: [why: string, source: string, tree: string][] = [
		["text of space, tab, CR and LF makes no node", "<a> <b/>\t\r\n</a>\n", "(a(b()))"],
		["a no-break space is no white space", "<a>\u00a0</a>", '(a("\u00a0"))'],
		["a written space reference is no white space", "<a>&#32;</a>", '(a(" "))'],
		["other text keeps its blanks", "<a> t </a>", '(a(" t "))'],
		["white CDATA is kept", "<a><![CDATA[ \n]]></a>", '(a(" \\n"))'],
		["an empty CDATA section is an empty text", "<a><![CDATA[]]></a>", '(a(""))'],
	];
	test.each(rows)("%s", (_why, source, tree) => {
		expect(outline(ignoringWhite(source))).toBe(tree);
	});

	test("the flag that counts is the one at the start of the parse", () => {
		const document = new XML();
		const map = {
			set x(_: unknown) {
				document.ignoreWhite = true;
			},
		};
		(document as { idMap: unknown }).idMap = map;
		document.parseXML("<a> <b id='x'/> <c/></a>");
		expect(document.ignoreWhite).toBe(true);
		expect(outline(document)).toBe('(a(" " b() " " c()))');
	});
});

describe("CDATA", () => {
	const rows: [why: string, source: string, tree: string, printed: string][] = [
		["is text without references", "<a><![CDATA[&amp;<b>]]></a>", '(a("&amp;<b>"))', "<a>&amp;amp;&lt;b&gt;</a>"],
		["begins in any letter case", "<![cData[x]]>", '("x")', "x"],
		["ends with the first ]]>", "<a><![CDATA[x]]]]></a>", '(a("x]]"))', "<a>x]]</a>"],
		["gives one ] of ]]]> to its content", "<a><![CDATA[x]]]></a>", '(a("x]"))', "<a>x]</a>"],
		["stands outside of elements too", "<![CDATA[x]]><a/>", '("x" a())', "x<a />"],
		["may be empty", "<a><![CDATA[]]></a>", '(a(""))', "<a></a>"],
	];
	test.each(rows)("%s", (_why, source, tree, printed) => {
		const document = new XML(source);
		expect([outline(document), document.toString()]).toEqual([tree, printed]);
	});
});

describe("declarations", () => {
	const DOCTYPE =
		"<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01 Transitional//EN' 'http://www.w3.org/TR/html4/loose.dtd'>";
	const rows: [source: string, xmlDecl: string | undefined, docTypeDecl: string | undefined, printed: string][] = [
		["<tag/>", undefined, undefined, "<tag />"],
		[`${DOCTYPE}<tag></tag>`, undefined, DOCTYPE, `${DOCTYPE}<tag />`],
		["<!DOcTyPE text><tag></tag>", undefined, "<!DOcTyPE text>", "<!DOcTyPE text><tag />"],
		[
			"<?xMl declaration goes here?><tag/>",
			"<?xMl declaration goes here?>",
			undefined,
			"<?xMl declaration goes here?><tag />",
		],
		["<!doctype d><?xMl x?><tag>content</tag>", "<?xMl x?>", "<!doctype d>", "<?xMl x?><!doctype d><tag>content</tag>"],
		[
			"<tag></tag><!doctype d><?xMl x?><tag>y</tag>",
			"<?xMl x?>",
			"<!doctype d>",
			"<?xMl x?><!doctype d><tag /><tag>y</tag>",
		],
		[
			"<tag></tag><!doctype d><?xMl decl?><!dOcType new><?XMl new?>",
			"<?xMl decl?><?XMl new?>",
			"<!dOcType new>",
			"<?xMl decl?><?XMl new?><!dOcType new><tag />",
		],
		["<?xml-stylesheet href='a'?><a/>", "<?xml-stylesheet href='a'?>", undefined, "<?xml-stylesheet href='a'?><a />"],
		[
			"<!DOCTYPE a [<!ENTITY e 'x>'>]><a/>",
			undefined,
			"<!DOCTYPE a [<!ENTITY e 'x>'>",
			"<!DOCTYPE a [<!ENTITY e 'x>'>]&gt;<a />",
		],
		[
			"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
			undefined,
			"<!DOCTYPE a [<!ENTITY e 'x'>]>",
			"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&amp;e;</a>",
		],
		["<a><?xml in?><!DOCTYPE in></a>", "<?xml in?>", "<!DOCTYPE in>", "<?xml in?><!DOCTYPE in><a />"],
		["<!DOCTYPE a>", undefined, "<!DOCTYPE a>", "<!DOCTYPE a>"],
	];
	test.each(rows)("%j", (source, xmlDecl, docTypeDecl, printed) => {
		const document = new XML(source);
		expect([document.xmlDecl, document.docTypeDecl, document.toString()]).toEqual([xmlDecl, docTypeDecl, printed]);
		expect(document.status).toBe(0);
	});

	test("make no nodes", () => {
		expect(new XML("<?xml x?><!DOCTYPE d>").hasChildNodes()).toBe(false);
	});
});

describe("comments are thrown away", () => {
	const rows: [source: string, tree: string][] = [
		["<!---->", "()"],
		["<!-- <a> -- ' -->", "()"],
		["<a><!-- x --></a>", "(a())"],
		["<!--><a/>-->", "()"],
		["<!--->-->x", '("x")'],
	];
	test.each(rows)("%j", (source, tree) => {
		expect(outline(new XML(source))).toBe(tree);
	});
});

describe("tags", () => {
	const rows: [why: string, source: string, tree: string, status: number][] = [
		["a name may be nearly anything", "<5:=<'\"é>x</5:=<'\"é>", '(5:=<\'"é("x"))', 0],
		["a name ends at white space, whatever kind", "<a\t/><b\n/><c\r/>", "(a() b() c())", 0],
		["other processing instructions are elements", "<?foo?></?foo?>", "(?foo?())", 0],
		["other declarations are elements", "<!ELEMENT></!element>", "(!ELEMENT())", 0],
		["an end tag may have a slash too", "<a></a/>", "(a())", 0],
		["an end tag may have white space", "<a></a \n>", "(a())", 0],
		["attributes of an end tag are ignored", "<a></a b='c' d>", "(a())", 0],
		["a greater-than in an end tag's attribute ends it", "<a></a b='>'>", '(a() "\'>")', 0],
		["an end tag matches in any letter case of ASCII", "<Say></sAY>", "(Say())", 0],
		["an end tag matches from A to Z and no further", "<AZ@[></az@[><`{></@[>", "(AZ@[() `{())", -10],
		["an end tag does not match in other letter cases", "<é></É>", "(é())", -10],
		["a slash before the end of the tag is not part of the name", "<a/><b//>", "(a() b/())", 0],
		["a slash before white space is", "<a/ >", "(a/())", -9],
		["a slash alone is no name", "<//>", "()", -6],
	];
	test.each(rows)("%s", (_why, source, tree, status) => {
		const document = new XML(source);
		expect([outline(document), document.status]).toEqual([tree, status]);
	});
});

describe("attributes", () => {
	const rows: [why: string, tag: string, expected: [string, string][]][] = [
		[
			"keep the order of the source",
			`<a z="1" a="2" m="3"/>`,
			[
				["z", "1"],
				["a", "2"],
				["m", "3"],
			],
		],
		[
			"may be quoted either way",
			`<a b='"' c="'"/>`,
			[
				["b", '"'],
				["c", "'"],
			],
		],
		["may have white space around =", `<a b \n=\t"c"/>`, [["b", "c"]]],
		[
			"need no white space between them",
			`<a b="c"d='e'/>`,
			[
				["b", "c"],
				["d", "e"],
			],
		],
		[
			"count once, and the first counts",
			`<a b="1" c="2" b="3"/>`,
			[
				["b", "1"],
				["c", "2"],
			],
		],
		["have decoded values", `<a b="&lt;&#65;&nbsp;"/>`, [["b", "<A\u00a0"]]],
		[
			"have decoded names",
			`<a &lt;="1" &#98;="2"/>`,
			[
				["<", "1"],
				["b", "2"],
			],
		],
		["count once by their decoded names", `<a b="1" &#98;="2"/>`, [["b", "1"]]],
		["may hold anything but their quote", `<a b="<>&' \n\t/>"/>`, [["b", "<>&' \n\t/>"]]],
		[
			"end at their quote, also behind a backslash",
			`<a b="c\\" d="e"/>`,
			[
				["b", "c\\"],
				["d", "e"],
			],
		],
		["may be empty", `<a b=""/>`, [["b", ""]]],
		["may have a slash in the name", `<a b/c="1"/>`, [["b/c", "1"]]],
		[
			"may be called like members of objects",
			`<a __proto__="1" constructor="2" 5="3" toString="4"/>`,
			[
				["__proto__", "1"],
				["constructor", "2"],
				["5", "3"],
				["toString", "4"],
			],
		],
		["of a start tag with content", `<a b="c" >x</a>`, [["b", "c"]]],
	];
	test.each(rows)("%s", (_why, tag, expected) => {
		const { attributes } = new XML(tag).firstChild as XMLNode;
		expect(Object.keys(attributes).map((name) => [name, attributes[name]])).toEqual(expected);
	});

	test("of an element that is in error do not make an element", () => {
		const document = new XML("<a><b c='1' d></b></a>");
		expect([outline(document), document.status]).toEqual(["(a())", -6]);
	});
});

describe("references", () => {
	const rows: [written: string, meant: string][] = [
		["&amp;&lt;&gt;&quot;&apos;", "&<>\"'"],
		["&nbsp;", "\u00a0"],
		["&amp;lt;", "&lt;"],
		["&amp;amp;amp;", "&amp;amp;"],
		["A & &thing; B", "A & &thing; B"],
		["&&thing;", "&&thing;"],
		["&&amp;", "&&"],
		["&LT;&Amp;", "&LT;&Amp;"],
		["&", "&"],
		["&;", "&;"],
		["&amp", "&amp"],
		["&l;&ltt;&am;&quo;", "&l;&ltt;&am;&quo;"],
		["1: &#229; 2: &#228; 3: &#1025; 4: &#02312; 5: &#0228;", "1: å 2: ä 3: Ё 4: ई 5: ä"],
		["1: &#229e2; 2: &#76e9; 3: &#ee229; 4: &#fee; 5: &#97;", "1: å 2: L 3: &#ee229; 4: &#fee; 5: a"],
		["&#65 and all that;B", "AB"],
		["&#65 &amp;B", "AB"],
		["&#65", "&#65"],
		["&#;", "&#;"],
		["&#x41;&#x1f600;&#x1F600;", "A\u{1f600}\u{1f600}"],
		["&#X41;&#x;&#x41g;&#xg;", "&#X41;&#x;&#x41g;&#xg;"],
		["&#0;&#00;&#x0;", "&#0;&#00;&#x0;"],
		["&#55295;&#55296;&#57343;&#57344;", "\ud7ff&#55296;&#57343;\ue000"],
		["&#xD800;", "&#xD800;"],
		["&#65536;&#1114111;&#1114112;", "\u{10000}\u{10ffff}&#1114112;"],
		["&#9999999;&#99999999999999999999999;", "&#9999999;&#99999999999999999999999;"],
		["&#128512;", "\u{1f600}"],
		["&#1;", "\u0001"],
	];
	test.each(rows)("%j in text and in values", (written, meant) => {
		expect(new XML(`<a>${written}</a>`).firstChild?.firstChild?.nodeValue).toBe(meant);
		expect(new XML(`<a b="${written.replaceAll('"', "")}"/>`).firstChild?.attributes.b).toBe(meant);
	});

	test("are not counted across a thousand unfinished ones", () => {
		const text = "&#1 ".repeat(50_000);
		expect(new XML(`<a>${text}</a>`).firstChild?.firstChild?.nodeValue).toBe(text);
		expect(new XML(`<a>${text};</a>`).firstChild?.firstChild?.nodeValue).toBe("\u0001");
	});
});

describe("parseXML", () => {
	test("replaces the content; the old nodes live on without parent", () => {
		const document = new XML("<?xml x?><!DOCTYPE d><a><b/></a><c/>");
		const [a, c] = document.childNodes as [XMLNode, XMLNode];
		expect(document.parseXML("<d/>")).toBeUndefined();
		expect(document.toString()).toBe("<d />");
		expect([document.xmlDecl, document.docTypeDecl]).toEqual([undefined, undefined]);
		expect([a.parentNode, a.nextSibling, c.parentNode, c.previousSibling]).toEqual([null, null, null, null]);
		expect(a.toString()).toBe("<a><b /></a>");
	});

	test("of undefined, or of nothing, leaves everything as it was", () => {
		const document = new XML("<?xml x?><a>");
		document.parseXML(undefined as unknown as string);
		(document.parseXML as () => void)();
		expect([document.toString(), document.status]).toEqual(["<?xml x?><a />", -9]);
	});

	test("of an empty string empties the document", () => {
		const document = new XML("<a>");
		document.parseXML("");
		expect([document.toString(), document.status, document.hasChildNodes()]).toEqual(["", 0, false]);
	});

	test("takes the text of any value", () => {
		const document = new XML();
		document.parseXML(null as unknown as string);
		expect(document.toString()).toBe("null");
		document.parseXML({ toString: () => "<a/>" } as unknown as string);
		expect(document.toString()).toBe("<a />");
		document.parseXML({} as unknown as string);
		expect(document.toString()).toBe("[object Object]");
	});

	test("can be called again by a setter of the id map, in the middle of a parse", () => {
		const document = new XML();
		let calls = 0;
		(document as { idMap: unknown }).idMap = {
			set x(_: unknown) {
				if (calls++ === 0) document.parseXML("<inner id='x'/>");
			},
		};
		document.parseXML("<outer><b id='x'><c/></b></outer><d/>");
		expect(calls).toBe(2);
		expect(document.childNodes.map((node) => node.nodeName)).toEqual(["inner", "d"]);
	});
});

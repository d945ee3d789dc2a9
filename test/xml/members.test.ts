// What the classes, their prototypes and their instances have, and what not (docs/xml.md, "Classes and members"), and what
// the constructors make ("Construction").

import { describe, expect, test, vi } from "vitest";

// Classes of its own, which no other file has used.
vi.resetModules();
const { XML, XMLNode } = await import("../../src/xml/index.ts");
type XML = InstanceType<typeof XML>;
type XMLNode = InstanceType<typeof XMLNode>;

const METHODS = [
	"appendChild",
	"cloneNode",
	"getNamespaceForPrefix",
	"getPrefixForNamespace",
	"hasChildNodes",
	"insertBefore",
	"removeNode",
	"toString",
];
const ACCESSORS = [
	"attributes",
	"childNodes",
	"firstChild",
	"lastChild",
	"localName",
	"namespaceURI",
	"nextSibling",
	"nodeName",
	"nodeType",
	"nodeValue",
	"parentNode",
	"prefix",
	"previousSibling",
];

describe("XMLNode.prototype", () => {
	test("has exactly the documented members, none of them enumerable", () => {
		expect(Object.getOwnPropertyNames(XMLNode.prototype).sort()).toEqual(
			[...METHODS, ...ACCESSORS, "constructor"].sort(),
		);
		for (const name of [...METHODS, ...ACCESSORS, "constructor"]) {
			expect(Object.getOwnPropertyDescriptor(XMLNode.prototype, name)?.enumerable, name).toBe(false);
		}
		for (const name of METHODS) expect(typeof Reflect.get(XMLNode.prototype, name), name).toBe("function");
		expect(Object.getPrototypeOf(XMLNode.prototype)).toBe(Object.prototype);
		expect(XMLNode.prototype.constructor).toBe(XMLNode);
	});

	test.each(ACCESSORS)("%s, read from the prototype itself, is undefined", (name) => {
		expect(Reflect.get(XMLNode.prototype, name)).toBeUndefined();
		expect(Object.getOwnPropertyDescriptor(XMLNode.prototype, name)?.get).toBeTypeOf("function");
	});
});

describe("XML.prototype", () => {
	test("inherits from XMLNode's and has none of its members itself", () => {
		expect(XML.prototype instanceof XMLNode).toBe(true);
		expect(Object.getPrototypeOf(XML.prototype)).toBe(XMLNode.prototype);
		for (const name of [...METHODS, ...ACCESSORS, "length", "_customHeaders", "_bytesLoaded", "_bytesTotal", "idMap"]) {
			expect(Object.hasOwn(XML.prototype, name), name).toBe(false);
		}
		expect(XML.prototype.constructor).toBe(XML);
	});

	test("is itself a node with an empty name that reads null until it is set", () => {
		const prototype = XML.prototype;
		expect(prototype.nodeType).toBe(1);
		expect(prototype.nodeName).toBe(null);
		expect([prototype.prefix, prototype.localName, prototype.namespaceURI]).toEqual(["", "", ""]);
		expect([prototype.nodeValue, prototype.firstChild, prototype.parentNode]).toEqual([null, null, null]);
		expect(prototype.hasChildNodes()).toBe(false);
		prototype.nodeName = "";
		expect(prototype.nodeName).toBe("");
		expect(new XML().nodeName).toBe(null);
	});

	test("has no enumerable members", () => {
		const names: string[] = [];
		for (const name in new XML("<a/>")) names.push(name);
		expect(names).toEqual([]);
	});
});

describe("the constructors", () => {
	test("called without new return undefined", () => {
		expect((XML as (source: unknown) => unknown)("<a/>")).toBeUndefined();
		expect((XMLNode as (type: number, value: string) => unknown)(1, "a")).toBeUndefined();
	});

	test("have nothing of their own but what every function has", () => {
		for (const maker of [XML, XMLNode]) {
			expect(Object.getOwnPropertyNames(maker).sort()).toEqual(["length", "name", "prototype"]);
			expect(Object.keys(maker)).toEqual([]);
		}
		expect([XML.name, XMLNode.name]).toEqual(["XML", "XMLNode"]);
	});

	test("can be extended by classes and by prototypes", () => {
		class Greeting extends XML {
			get greets(): string {
				return `${this.firstChild?.nodeName}`;
			}
		}
		const greeting = new Greeting("<hello/>");
		expect(greeting.greets).toBe("hello");
		expect(greeting instanceof XML && greeting instanceof XMLNode && greeting instanceof Greeting).toBe(true);
		expect(greeting.toString()).toBe("<hello />");
		greeting.parseXML("<bye/>");
		expect(greeting.status).toBe(0);
		class Named extends XMLNode {
			constructor(name: string) {
				super(1, name);
			}
		}
		expect([new Named("x").nodeName, new Named("x") instanceof Named]).toEqual(["x", true]);
		Reflect.set(XMLNode.prototype, "shout", function (this: XMLNode) {
			return String(this.nodeName).toUpperCase();
		});
		expect(Reflect.get(new XML("<a/>").firstChild as XMLNode, "shout").call({ nodeName: "a" })).toBe("A");
		Reflect.deleteProperty(XMLNode.prototype, "shout");
	});
});

describe("instances", () => {
	test("have no properties of their own", () => {
		const document = new XML("<a x='1'>text</a>");
		void [document.childNodes, document.attributes, document.firstChild?.attributes.x, document.toString()];
		for (const node of [
			new XML(),
			document,
			document.firstChild,
			document.firstChild?.firstChild,
			new XMLNode(1, "a"),
		]) {
			expect(Reflect.ownKeys(node as object)).toEqual([]);
		}
		expect("length" in document).toBe(false);
	});

	test("keep what a script puts on them", () => {
		const document = new XML("<a/>");
		const a = document.firstChild as XMLNode & { extra?: number };
		a.extra = 1;
		expect((document.childNodes[0] as typeof a).extra).toBe(1);
		expect(document.lastChild).toBe(a);
	});

	test("ignore assignments to read-only properties without an exception", () => {
		const document = new XML("<a x='1'><b/></a>");
		const a = document.firstChild as XMLNode;
		for (const name of ACCESSORS.filter((name) => name !== "nodeName" && name !== "nodeValue")) {
			expect(Reflect.set(a, name, 4), name).toBe(true);
		}
		expect(document.toString()).toBe('<a x="1"><b /></a>');
		expect([a.nodeType, a.parentNode, a.prefix, a.localName, a.namespaceURI]).toEqual([1, document, "", "a", ""]);
	});

	test("do not confuse one another when frozen", () => {
		const document = Object.freeze(new XML("<a id='x'/>"));
		document.parseXML("<b id='y'/>");
		expect(document.toString()).toBe('<b id="y" />');
	});
});

describe("new XML", () => {
	test("without argument is an empty document", () => {
		for (const document of [new XML(), new XML(undefined)]) {
			expect(document.toString()).toBe("");
			expect([document.status, document.loaded, document.ignoreWhite]).toEqual([0, undefined, false]);
			expect(document.contentType).toBe("application/x-www-form-urlencoded");
			expect([document.xmlDecl, document.docTypeDecl]).toEqual([undefined, undefined]);
		}
	});

	const rows: [argument: unknown, printed: string][] = [
		[null, "null"],
		[12, "12"],
		[-0, "0"],
		[true, "true"],
		["", ""],
		[{}, "[object Object]"],
		[[1, 2], "1,2"],
		[() => 1, "[type Function]"],
		[Object.create(null), "[type Object]"],
		[{ toString: 5 }, "[type Object]"],
		[{ toString: () => 5 }, "[type Object]"],
		[{ toString: () => "<a/>" }, "<a />"],
	];
	test.each(rows)("of %j parses its text", (argument, printed) => {
		expect(new XML(argument).toString()).toBe(printed);
	});

	test("of a bigint parses its digits", () => {
		expect(new XML(10n).toString()).toBe("10");
	});

	test("of a value whose toString throws is that of an object", () => {
		const argument = {
			toString() {
				throw new Error("no");
			},
		};
		expect(new XML(argument).toString()).toBe("[type Object]");
	});

	test("of a document prints and parses it", () => {
		const original = new XML("<?xml x?><a b='c'>&lt;</a>");
		const copy = new XML(original);
		expect(copy.toString()).toBe('<?xml x?><a b="c">&lt;</a>');
		expect(copy.firstChild).not.toBe(original.firstChild);
	});

	test("takes only the first argument", () => {
		expect(new (XML as unknown as new (...given: unknown[]) => XML)("<a/>", "<b/>").toString()).toBe("<a />");
	});

	test("is a node without name, value and relatives", () => {
		const document = new XML("<a/>");
		const { nodeName, nodeValue, prefix, localName, namespaceURI, parentNode, nextSibling, previousSibling } = document;
		for (const value of [
			nodeName,
			nodeValue,
			prefix,
			localName,
			namespaceURI,
			parentNode,
			nextSibling,
			previousSibling,
		]) {
			expect(value).toBe(null);
		}
		expect(document.nodeType).toBe(1);
		expect(Object.keys(document.attributes)).toEqual([]);
	});
});

describe("new XMLNode", () => {
	const rows: [type: unknown, value: unknown, nodeType: number, nodeName: string | null, nodeValue: string | null][] = [
		[1, "a", 1, "a", null],
		[3, "a", 3, null, "a"],
		[2, "a", 2, null, "a"],
		[0, "a", 0, null, "a"],
		[true, "a", 1, "a", null],
		[false, "a", 0, null, "a"],
		[0.5, "a", 0, null, "a"],
		[1.9, "a", 1, "a", null],
		[Number.NaN, "a", 0, null, "a"],
		["1", "a", 1, "a", null],
		["x", "a", 0, null, "a"],
		[null, "a", 0, null, "a"],
		[-3, "a", -3, null, "a"],
		[{}, "a", 0, null, "a"],
		[{ valueOf: () => 1 }, "a", 1, "a", null],
		[1, null, 1, "null", null],
		[3, 5, 3, null, "5"],
		[3, true, 3, null, "true"],
		[1, {}, 1, "[object Object]", null],
		[1, "", 1, "", null],
		[3, "", 3, null, ""],
	];
	test.each(rows)("(%j, %j)", (type, value, nodeType, nodeName, nodeValue) => {
		const node = new XMLNode(type as number, value as string);
		expect([node.nodeType, node.nodeName, node.nodeValue]).toEqual([nodeType, nodeName, nodeValue]);
		expect([node.parentNode, node.firstChild, node.hasChildNodes()]).toEqual([null, null, false]);
	});

	const missing: [string, unknown[]][] = [
		["no argument", []],
		["a type alone", [1]],
		["undefined as value", [1, undefined]],
		["undefined as type", [undefined, "a"]],
		["twice undefined", [undefined, undefined]],
	];
	test.each(missing)("with %s is no node", (_what, given) => {
		const object = new (XMLNode as unknown as new (...given: unknown[]) => XMLNode)(...given);
		for (const name of ACCESSORS) expect(Reflect.get(object, name), name).toBeUndefined();
		expect(object.toString()).toBe("[type Object]");
		expect(object instanceof XMLNode).toBe(true);
		object.nodeName = "x";
		object.removeNode();
		object.appendChild(new XMLNode(1, "a"));
		expect(object.hasChildNodes()).toBeUndefined();
		expect(object.cloneNode(true)).toBeUndefined();
		const document = new XML("<a/>");
		document.appendChild(object);
		expect(document.toString()).toBe("<a />");
	});
});

describe("createElement and createTextNode", () => {
	const document = new XML("<a/>");

	test("make nodes that belong nowhere", () => {
		const element = document.createElement("b");
		const text = document.createTextNode("c");
		expect([element.nodeType, element.nodeName, element.parentNode]).toEqual([1, "b", null]);
		expect([text.nodeType, text.nodeValue, text.parentNode]).toEqual([3, "c", null]);
		expect(document.toString()).toBe("<a />");
	});

	test("without argument return undefined", () => {
		expect((document.createElement as () => unknown)()).toBeUndefined();
		expect((document.createTextNode as () => unknown)()).toBeUndefined();
		expect(document.createElement(undefined as unknown as string)).toBeUndefined();
	});

	test("take the text of any other value", () => {
		expect(document.createElement(null as unknown as string).toString()).toBe("<null />");
		expect(document.createElement("").toString()).toBe("< />");
		expect(document.createElement(5 as unknown as string).nodeName).toBe("5");
		expect(document.createTextNode("").nodeValue).toBe("");
		expect(document.createTextNode({} as unknown as string).nodeValue).toBe("[object Object]");
		expect((document.createElement as (...given: string[]) => XMLNode)("a", "b").toString()).toBe("<a />");
	});
});

describe("nodeName and nodeValue", () => {
	test("are independent of each other on nodes of every type", () => {
		const text = new XML("text content").firstChild as XMLNode;
		text.nodeName = "foo";
		expect([text.nodeName, text.nodeValue, text.toString()]).toEqual(["foo", "text content", "text content"]);
		text.nodeValue = "bar";
		expect([text.nodeName, text.nodeValue]).toEqual(["foo", "bar"]);
		const element = new XML("<a x='1'>y</a>").firstChild as XMLNode;
		element.nodeValue = 4 as unknown as string;
		expect([element.nodeName, element.nodeValue, element.toString()]).toEqual(["a", "4", '<a x="1">y</a>']);
		element.nodeName = "b";
		expect(element.toString()).toBe('<b x="1">y</b>');
	});

	test("become strings, and undefined is ignored", () => {
		const node = new XMLNode(1, "a");
		node.nodeName = undefined as unknown as null;
		expect(node.nodeName).toBe("a");
		node.nodeName = null;
		expect(node.nodeName).toBe("null");
		node.nodeValue = undefined as unknown as null;
		expect(node.nodeValue).toBe(null);
		node.nodeValue = { toString: 1 } as unknown as string;
		expect(node.nodeValue).toBe("[type Object]");
	});

	test("of a document that gets a name print a tag around its nodes", () => {
		const document = new XML("<a/>");
		document.nodeName = "root";
		expect(document.toString()).toBe("<root><a /></root>");
		document.parseXML("<b></root>");
		expect(document.status).toBe(-10);
	});
});

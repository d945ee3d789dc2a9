// The `attributes` object of a node (docs/xml.md, "Serializer", "Tree operations", "Memory and cost").

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { XML, XMLNode } from "../../src/xml/index.ts";

function enumerated(object: object): string[] {
	const names: string[] = [];
	for (const name in object) names.push(name);
	return names;
}

describe("the order of attributes", () => {
	test("is newest first for those that a script has set, integers included, and a second assignment keeps the place", () => {
		const node = new XMLNode(1, "tag");
		for (const name of ["a1", "z", "x", "c", "y", "f"]) node.attributes[name] = name;
		node.attributes[5] = "5";
		node.attributes.$ = "$";
		node.attributes.x = "x2";
		expect(node.toString()).toBe('<tag $="$" 5="5" f="f" y="y" c="c" x="x2" z="z" a1="a1" />');
		expect(enumerated(node.attributes)).toEqual(["$", "5", "f", "y", "c", "x", "z", "a1"]);
		expect(Object.keys(node.attributes)).toEqual(["$", "5", "f", "y", "c", "x", "z", "a1"]);
	});

	test("is that of the source for parsed ones, with those set later before them", () => {
		const node = new XML("<a z='1' 5='2' b='3'/>").firstChild as XMLNode;
		expect(enumerated(node.attributes)).toEqual(["z", "5", "b"]);
		node.attributes.n = "4";
		node.attributes.b = "5";
		expect(enumerated(node.attributes)).toEqual(["n", "z", "5", "b"]);
		expect(node.toString()).toBe('<a n="4" z="1" 5="2" b="5" />');
	});

	test("puts one that was deleted and set again first", () => {
		const node = new XML("<a x='1' y='2' z='3'/>").firstChild as XMLNode;
		delete node.attributes.z;
		node.attributes.z = "4";
		expect(node.toString()).toBe('<a z="4" x="1" y="2" />');
	});

	test("holds for many", () => {
		const names = Array.from({ length: 1000 }, (_, at) => (at % 2 === 0 ? `k${at}` : String(at)));
		const node = new XML(`<a ${names.map((name) => `${name}="v"`).join(" ")}/>`).firstChild as XMLNode;
		expect(enumerated(node.attributes)).toEqual(names);
		node.attributes.first = 1;
		delete node.attributes.k500;
		node.attributes.k500 = 2;
		expect(enumerated(node.attributes)).toEqual(["k500", "first", ...names.filter((name) => name !== "k500")]);
		const set = new XMLNode(1, "b");
		for (const name of names) set.attributes[name] = 1;
		expect(enumerated(set.attributes)).toEqual(names.toReversed());
	});

	test("is kept by a clone", () => {
		const node = new XML("<a x='1' 5='2'/>").firstChild as XMLNode;
		node.attributes.n = "3";
		expect(node.cloneNode().toString()).toBe('<a n="3" x="1" 5="2" />');
	});
});

test("elements in any order have their own attributes, however alike they are written", () => {
	const elements: [source: string, printed: string][] = [
		["<p a='1' b='2'/>", '<p a="1" b="2" />'],
		["<p a='3' b='4' c='5'/>", '<p a="3" b="4" c="5" />'],
		["<p a='6'/>", '<p a="6" />'],
		["<p a='7' ab='8'/>", '<p a="7" ab="8" />'],
		["<p a&#61;b='9'/>", '<p a=b="9" />'],
		["<p a=\"10\"  b = '&lt;'/>", '<p a="10" b="&lt;" />'],
		["<p a='11' b='12' a='13'/>", '<p a="11" b="12" />'],
		["<p a='14'b='fifteen and more &amp; more'/>", '<p a="14" b="fifteen and more &amp; more" />'],
		["<p a='' b='' />", '<p a="" b="" />'],
		["<p a='16' __proto__='17' constructor='18' 5='19'/>", '<p a="16" __proto__="17" constructor="18" 5="19" />'],
	];
	for (const [first] of elements) {
		for (const [second] of elements) {
			const document = new XML(`<s>${(first + second).repeat(5)}${elements.map(([source]) => source).join("")}</s>`);
			const nodes = document.firstChild?.childNodes ?? [];
			for (const node of nodes) Object.keys(node.attributes);
			expect(nodes.slice(10).map(String)).toEqual(elements.map(([, printed]) => printed));
		}
	}
});

describe("the attributes object", () => {
	test("has no prototype", () => {
		const { attributes } = new XML("<a b='c'/>").firstChild as XMLNode;
		expect([Reflect.get(attributes, "__proto__"), attributes.toString, attributes.constructor]).toEqual([
			undefined,
			undefined,
			undefined,
		]);
		expect(attributes instanceof Object).toBe(false);
		expect(Object.getPrototypeOf(attributes)).toBe(null);
		expect(typeof attributes).toBe("object");
	});

	test.each([
		["an element", new XML("<a b='c'/>").firstChild as XMLNode],
		["a text", new XML("text").firstChild as XMLNode],
		["a document", new XML("<a/>")],
		["a node of another type", new XMLNode(7, "x")],
	])("is there on %s, always the same one", (_what, node) => {
		const { attributes } = node;
		attributes.x = 1;
		expect(node.attributes).toBe(attributes);
		expect(node.attributes.x).toBe(1);
	});

	test("cannot be replaced, and the attempt fails in silence", () => {
		const node = new XMLNode(1, "a");
		node.attributes.x = "1";
		(node as { attributes: unknown }).attributes = 5;
		expect(node.toString()).toBe('<a x="1" />');
	});

	test("takes values of any kind and gives them back", () => {
		const { attributes } = new XMLNode(1, "a");
		const object = {};
		Object.assign(attributes, { object, number: 3, nothing: undefined });
		expect([attributes.object, attributes.number, attributes.nothing]).toEqual([object, 3, undefined]);
		expect("nothing" in attributes).toBe(true);
		expect(attributes.missing).toBeUndefined();
		expect("missing" in attributes).toBe(false);
	});

	test("reads and writes numbers as names", () => {
		const { attributes } = new XMLNode(1, "a");
		attributes[3] = "a3";
		expect([attributes[3], attributes["3"]]).toEqual(["a3", "a3"]);
	});

	test("takes names like those of an object's own machinery as ordinary names", () => {
		const names = [
			"__proto__",
			"constructor",
			"hasOwnProperty",
			"toString",
			"valueOf",
			"__defineGetter__",
			"5",
			"",
			"length",
		];
		const node = new XMLNode(1, "a");
		for (const name of names) node.attributes[name] = `value of ${name}`;
		expect(enumerated(node.attributes)).toEqual(names.toReversed());
		for (const name of names) expect(node.attributes[name]).toBe(`value of ${name}`);
		expect(({} as Record<string, unknown>).x).toBeUndefined();
		expect(Object.getPrototypeOf({})).toBe(Object.prototype);
		for (const name of names) delete node.attributes[name];
		expect(node.toString()).toBe("<a />");
	});

	test("behaves under all of the language's own operations", () => {
		const { attributes } = new XML("<a x='1'/>").firstChild as XMLNode;
		expect(Object.hasOwn(attributes, "x")).toBe(true);
		expect(Object.hasOwn(attributes, "y")).toBe(false);
		expect(Object.getOwnPropertyDescriptor(attributes, "x")).toEqual({
			value: "1",
			writable: true,
			enumerable: true,
			configurable: true,
		});
		Object.defineProperty(attributes, "y", { value: "2", writable: true, enumerable: true, configurable: true });
		expect({ ...attributes }).toEqual({ x: "1", y: "2" });
		expect(Object.entries(attributes)).toEqual([
			["y", "2"],
			["x", "1"],
		]);
		expect(Reflect.deleteProperty(attributes, "missing")).toBe(true);
		expect(Reflect.setPrototypeOf(attributes, {})).toBe(false);
		expect(Reflect.preventExtensions(attributes)).toBe(false);
		Object.defineProperty(attributes, "x", { enumerable: false });
		expect(attributes.x).toBe("1");
		expect(JSON.stringify(attributes)).toBe('{"y":"2","x":"1"}');
		expect(inspect(attributes)).toBe("{ y: '2', x: '1' }");
		expect((attributes as Record<symbol, unknown>)[Symbol.iterator]).toBeUndefined();
		(attributes as Record<symbol, unknown>)[Symbol.iterator] = 1;
		expect(Reflect.ownKeys(attributes)).toEqual(["y", "x"]);
	});
});

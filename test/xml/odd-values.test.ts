// Any value as argument, as assigned value and as `this`: what becomes of it, and that nothing throws (docs/xml.md,
// "Construction", "Tree operations").

import { describe, expect, test } from "vitest";
import { XML, XMLNode } from "../../src/xml/index.ts";

const fail = (): never => {
	throw new Error("no");
};

function revoked(target: object): object {
	const { proxy, revoke } = Proxy.revocable(target, {});
	revoke();
	return proxy;
}

/** A Proxy whose every trap throws. */
function hostileProxy(target: object): object {
	return new Proxy(target, new Proxy({}, { get: () => fail }));
}

const noNode = new (XMLNode as unknown as new () => XMLNode)();

/** Values, and the text that each becomes wherever a string is needed; undefined and missing arguments are told apart. */
const texts: [what: string, value: unknown, text: string][] = [
	["null", null, "null"],
	["a string", "x<y", "x<y"],
	["the empty string", "", ""],
	["a number", 12, "12"],
	["a fraction", 0.5, "0.5"],
	["minus zero", -0, "0"],
	["a large number", 1e21, "1e+21"],
	["NaN", Number.NaN, "NaN"],
	["infinity", Number.NEGATIVE_INFINITY, "-Infinity"],
	["a Boolean", false, "false"],
	["a bigint", 10n, "10"],
	["a symbol", Symbol("s"), "Symbol(s)"],
	["an object", {}, "[object Object]"],
	["an array", [1, [2, null]], "1,2,"],
	["an object with a text", { toString: () => "t" }, "t"],
	["an object whose toString gives a number", { toString: () => 5 }, "[type Object]"],
	["an object whose toString gives undefined", { toString: () => undefined }, "[type Object]"],
	["an object whose toString is a number", { toString: 5 }, "[type Object]"],
	["an object that has only a valueOf", Object.assign(Object.create(null), { valueOf: () => "v" }), "[type Object]"],
	["an object whose toString throws", { toString: fail, valueOf: fail }, "[type Object]"],
	[
		"an object whose toString cannot be read",
		{
			get toString() {
				return fail();
			},
		},
		"[type Object]",
	],
	["an object with a primitive of another kind", { [Symbol.toPrimitive]: () => "p", toString: () => "t" }, "t"],
	["an object without prototype", Object.create(null), "[type Object]"],
	["a wrapped string", Object("w"), "w"],
	["a function", () => 1, "[type Function]"],
	["a class", class Odd {}, "[type Function]"],
	["a function with a text", Object.assign(() => 1, { toString: () => "f" }), "f"],
	["a revoked proxy", revoked({}), "[type Object]"],
	["a revoked proxy of a function", revoked(fail), "[type Function]"],
	["a proxy that throws at every touch", hostileProxy({}), "[type Object]"],
	["an XMLNode that is no node", noNode, "[type Object]"],
	["an object that inherits from a node", Object.create(new XMLNode(1, "a")), "[type Object]"],
	["an element", new XMLNode(1, "e"), "<e />"],
	["a document", new XML("d"), "d"],
	["XML.prototype", XML.prototype, "< />"],
	["XMLNode.prototype", XMLNode.prototype, "[type Object]"],
];

/** Those of them that are nodes. */
const nodes = new Set(["an element", "a document", "XML.prototype"]);

describe("wherever a string is needed", () => {
	test.each(texts)("%s gives its text", (_what, value, text) => {
		const document = new XML();
		const odd = value as string;
		expect(document.createElement(odd).nodeName).toBe(text);
		expect(document.createTextNode(odd).nodeValue).toBe(text);
		expect(new XMLNode(1, odd).nodeName).toBe(text);
		expect(new XMLNode(3, odd).nodeValue).toBe(text);
		const node = new XMLNode(1, "a");
		node.nodeName = odd;
		node.nodeValue = odd;
		expect([node.nodeName, node.nodeValue]).toEqual([text, text]);
		node.nodeName = "a";
		node.attributes.x = value;
		expect(node.attributes.x).toBe(value);
		expect(new XML(node.toString()).firstChild?.attributes.x).toBe(text);
		node.attributes["xmlns:p"] = value;
		expect(node.getNamespaceForPrefix("p")).toBe(text);
		expect(node.getPrefixForNamespace(odd)).toBe("p");
		const declaring = new XMLNode(1, "a");
		declaring.attributes[`xmlns:${text}`] = "found";
		if (text !== "") expect(declaring.getNamespaceForPrefix(odd)).toBe("found");
		document.xmlDecl = odd;
		document.docTypeDecl = odd;
		document.contentType = odd;
		expect([document.xmlDecl, document.docTypeDecl, document.contentType]).toEqual([text, text, text]);
		expect(new XML(value).toString()).toBe(new XML(text).toString());
		document.parseXML(odd);
		expect([document.toString(), document.xmlDecl]).toEqual([new XML(text).toString(), undefined]);
	});
});

describe("as the node that a tree operation is given", () => {
	const others = texts.filter(([what]) => !nodes.has(what));

	test.each([["undefined", undefined, ""], ...others] as typeof texts)("%s changes nothing", (_what, value) => {
		const document = new XML("<a><b/></a>");
		const a = document.firstChild as XMLNode;
		const odd = value as XMLNode;
		expect(a.appendChild(odd)).toBeUndefined();
		expect(a.insertBefore(odd, a.firstChild as XMLNode)).toBeUndefined();
		expect(a.insertBefore(new XMLNode(1, "x"), odd)).toBeUndefined();
		expect((a.appendChild as () => void)()).toBeUndefined();
		expect((a.insertBefore as (node: XMLNode) => void)(new XMLNode(1, "x"))).toBeUndefined();
		expect(document.toString()).toBe("<a><b /></a>");
	});

	test.each(texts)("%s as the depth of a copy counts by its truth", (_what, value) => {
		const a = new XML("<a><b/></a>").firstChild as XMLNode;
		expect(a.cloneNode(value as boolean).hasChildNodes()).toBe(Boolean(value));
	});

	test("extra arguments change nothing", () => {
		const a = new XML("<a><b/></a>").firstChild as XMLNode;
		(a.appendChild as (...given: unknown[]) => void)(new XMLNode(1, "c"), new XMLNode(1, "d"));
		(a.insertBefore as (...given: unknown[]) => void)(new XMLNode(1, "x"), a.firstChild, a.lastChild);
		(a.removeNode as (...given: unknown[]) => void).call(a.lastChild, a);
		expect(a.toString()).toBe("<a><x /><b /></a>");
	});
});

describe("as this", () => {
	const selves: [what: string, self: unknown][] = [
		["undefined", undefined],
		...texts.map(([what, value]): [string, unknown] => [what, value]),
	];

	test.each(selves)("%s makes no member throw", (what, self) => {
		new XML();
		for (const prototype of [XMLNode.prototype, XML.prototype]) {
			for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
				if (name === "constructor" || name === "load" || name === "send" || name === "sendAndLoad") continue;
				for (const given of [[], [self], [new XMLNode(1, "a"), self]]) {
					for (const method of [member.get, member.value]) {
						if (typeof method === "function") expect(() => Reflect.apply(method, self, given), name).not.toThrow();
					}
					// Nodes are shared by this table; a setter would change the rows that follow.
					if (member.set !== undefined && !nodes.has(what)) Reflect.apply(member.set, self, given);
				}
			}
		}
	});

	test.each(selves.filter(([what]) => !nodes.has(what)))(
		"%s has no nodes, no names and the text [type Object]",
		(_what, self) => {
			const members = Object.getOwnPropertyDescriptors(XMLNode.prototype);
			for (const { get } of Object.values(members))
				if (get !== undefined) expect(Reflect.apply(get, self, [])).toBeUndefined();
			expect(Reflect.apply(XMLNode.prototype.toString, self, [])).toBe("[type Object]");
			expect(Reflect.apply(XMLNode.prototype.cloneNode, self, [true])).toBeUndefined();
			const child = new XMLNode(1, "a");
			Reflect.apply(XMLNode.prototype.appendChild, self, [child]);
			expect(child.parentNode).toBe(null);
		},
	);

	test("an object that a document is the prototype of, as old classes were written, is a document of its own", () => {
		function Old(this: object): void {}
		Old.prototype = new XML("<a/>");
		const make = (): XML => new (Old as unknown as new () => XML)();
		const [object, other] = [make(), make()];
		object.parseXML("<b id='x'/>");
		expect([String(object), String(other), String(Old.prototype)]).toEqual(['<b id="x" />', "", "<a />"]);
		expect([object.status, object.idMap?.x, object instanceof XML]).toEqual([0, object.firstChild, true]);
		// The tree shows the object itself.
		expect(object.firstChild?.parentNode).toBe(object);
		const outer = new XML();
		outer.appendChild(object);
		expect([outer.firstChild, outer.lastChild, outer.childNodes[0]]).toEqual([object, object, object]);
		object.removeNode();
		expect([outer.childNodes.length, String(object)]).toEqual([0, '<b id="x" />']);
	});

	test("XML.call(this, source) fills the document of a class that inherits from XML", () => {
		function Feed(this: object, source: string): void {
			(XML as unknown as (this: object, source: string) => void).call(this, source);
		}
		Reflect.set(Feed.prototype, "__proto__", XML.prototype);
		const feed = new (Feed as unknown as new (source: string) => XML)("<a><b/></a>");
		expect([String(feed), feed.firstChild?.nodeName]).toEqual(["<a><b /></a>", "a"]);
	});
});

describe("what a script does while a member runs", () => {
	test("a text that takes its own node out of the tree ends the print there", () => {
		const document = new XML("<a><b><c/></b><d/></a>");
		const b = document.firstChild?.firstChild as XMLNode;
		b.attributes.x = {
			toString() {
				b.removeNode();
				return "1";
			},
		};
		expect(typeof document.toString()).toBe("string");
		expect(document.toString()).toBe("<a><d /></a>");
	});

	test("a text that sets attributes ends too", () => {
		const node = new XMLNode(1, "a");
		let count = 0;
		node.attributes.x = {
			toString() {
				node.attributes[`k${count++}`] = "";
				return "1";
			},
		};
		expect(typeof node.toString()).toBe("string");
	});

	test("a text that parses the document again returns that text", () => {
		const document = new XML("<a/>");
		const source = {
			toString() {
				document.parseXML("<inner/>");
				return "<outer/>";
			},
		};
		document.parseXML(source as unknown as string);
		expect(document.toString()).toBe("<outer />");
	});

	test("a constructor's prototype that is no object counts as the class's own", () => {
		function maker(): void {}
		maker.prototype = 5;
		expect(Object.getPrototypeOf(Reflect.construct(XML, ["<a/>"], maker))).toBe(XML.prototype);
		expect(Object.getPrototypeOf(Reflect.construct(XMLNode, [1, "a"], maker))).toBe(XMLNode.prototype);
	});
});

// Moving, removing and copying nodes, and `childNodes` (docs/xml.md, "Tree operations").

import { describe, expect, test } from "vitest";
import { XML, XMLNode } from "../../src/xml/index.ts";

const none = undefined as unknown as XMLNode;

function links(node: XMLNode): unknown[] {
	return [node.parentNode, node.previousSibling, node.nextSibling];
}

/** Checks that the links below `node` agree with each other in both directions. */
function expectSound(node: XMLNode): void {
	const forwards: XMLNode[] = [];
	for (let at = node.firstChild; at !== null; at = at.nextSibling) forwards.push(at);
	const backwards: XMLNode[] = [];
	for (let at = node.lastChild; at !== null; at = at.previousSibling) backwards.unshift(at);
	expect(backwards).toEqual(forwards);
	expect(node.childNodes.length).toBe(forwards.length);
	for (const [at, child] of forwards.entries()) {
		expect(child.parentNode).toBe(node);
		expect(node.childNodes[at]).toBe(child);
		expectSound(child);
	}
	expect(node.hasChildNodes()).toBe(forwards.length > 0);
}

describe("appendChild", () => {
	test("puts a new node last", () => {
		const document = new XML("<a><b/></a>");
		const a = document.firstChild as XMLNode;
		expect(a.appendChild(document.createElement("c"))).toBeUndefined();
		expect(document.toString()).toBe("<a><b /><c /></a>");
		expectSound(document);
	});

	test("moves a node from another document", () => {
		const one = new XML("<X1T><X1C1></X1C1><X1C2></X1C2></X1T>");
		const two = new XML("<X2T><X2C1></X2C1><X2C2></X2C2></X2T>");
		const moving = two.firstChild?.lastChild as XMLNode;
		one.firstChild?.appendChild(moving);
		expect(moving.parentNode).toBe(one.firstChild);
		expect(one.toString()).toBe("<X1T><X1C1 /><X1C2 /><X2C2 /></X1T>");
		expect(two.toString()).toBe("<X2T><X2C1 /></X2T>");
		expectSound(one);
		expectSound(two);
	});

	test("of a child of the same node does nothing, not even move it to the end", () => {
		const document = new XML("<a><b/><c/></a>");
		const a = document.firstChild as XMLNode;
		a.appendChild(a.firstChild as XMLNode);
		expect(document.toString()).toBe("<a><b /><c /></a>");
	});

	test("of the node itself or an ancestor does nothing", () => {
		const document = new XML("<a><b><c/></b></a>");
		const a = document.firstChild as XMLNode;
		const c = a.firstChild?.firstChild as XMLNode;
		c.appendChild(c);
		c.appendChild(a);
		c.appendChild(document);
		document.appendChild(document);
		expect(document.toString()).toBe("<a><b><c /></b></a>");
		expectSound(document);
	});

	test("takes a document as a node", () => {
		const one = new XML("<a/>");
		const two = new XML("<b/>");
		one.appendChild(two);
		expect(two.parentNode).toBe(one);
		expect(one.toString()).toBe("<a /><b />");
		expect(one.lastChild).toBe(two);
	});

	test("works on a text, which keeps printing its value", () => {
		const text = new XMLNode(3, "x");
		text.appendChild(new XMLNode(1, "a"));
		expect(text.firstChild?.nodeName).toBe("a");
		expect(text.toString()).toBe("x");
	});
});

describe("insertBefore", () => {
	test("puts a new node before a child", () => {
		const document = new XML("<a><b/><c/></a>");
		const a = document.firstChild as XMLNode;
		a.insertBefore(document.createElement("x"), a.lastChild as XMLNode);
		a.insertBefore(document.createElement("y"), a.firstChild as XMLNode);
		expect(document.toString()).toBe("<a><y /><b /><x /><c /></a>");
		expectSound(document);
	});

	test("moves a node from another parent or document", () => {
		const one = new XML("<a><b/></a>");
		const two = new XML("<c><d/></c>");
		const d = two.firstChild?.firstChild as XMLNode;
		(one.firstChild as XMLNode).insertBefore(d, one.firstChild?.firstChild as XMLNode);
		expect([one.toString(), two.toString()]).toEqual(["<a><d /><b /></a>", "<c />"]);
		expectSound(one);
	});

	test("does nothing for a child, a reference that is none, or a circle", () => {
		const document = new XML("<a><b><c/></b><d/></a>");
		const a = document.firstChild as XMLNode;
		const [b, d] = a.childNodes as [XMLNode, XMLNode];
		const c = b.firstChild as XMLNode;
		a.insertBefore(d, b);
		a.insertBefore(new XMLNode(1, "x"), c);
		a.insertBefore(new XMLNode(1, "x"), none);
		a.insertBefore(new XMLNode(1, "x"), null as unknown as XMLNode);
		a.insertBefore(new XMLNode(1, "x"), new XMLNode(1, "y"));
		b.insertBefore(a, c);
		b.insertBefore(b, c);
		b.insertBefore(document, c);
		expect(document.toString()).toBe("<a><b><c /></b><d /></a>");
	});
});

describe("removeNode", () => {
	test("detaches a node, which keeps its children", () => {
		const document = new XML("<a><b><c/></b><d/></a>");
		const b = document.firstChild?.firstChild as XMLNode;
		expect(b.removeNode()).toBeUndefined();
		expect(document.toString()).toBe("<a><d /></a>");
		expect(links(b)).toEqual([null, null, null]);
		expect(b.toString()).toBe("<b><c /></b>");
		expect(b.firstChild?.parentNode).toBe(b);
		expectSound(document);
	});

	test("of the first, a middle and the last of five leaves the links sound", () => {
		const document = new XML("<a/><b/><c/><d/><e/>");
		for (const name of ["c", "a", "e", "b", "d"]) {
			document.childNodes.find((node) => node.nodeName === name)?.removeNode();
			expectSound(document);
		}
		expect([document.firstChild, document.lastChild]).toEqual([null, null]);
	});

	test("does nothing without a parent", () => {
		const node = new XMLNode(1, "a");
		node.removeNode();
		new XML("<a/>").removeNode();
		expect(node.toString()).toBe("<a />");
	});
});

describe("cloneNode", () => {
	test.each([[undefined], [false], [0], [""]])("copies the node alone for %j", (deep) => {
		const a = new XML("<a x='1'><b/></a>").firstChild as XMLNode;
		const copy = a.cloneNode(deep as boolean);
		expect(copy.toString()).toBe('<a x="1" />');
		expect(links(copy)).toEqual([null, null, null]);
	});

	test("copies everything below for true", () => {
		const document = new XML("<a x='1'>one<b y='&lt;'><c/>two</b><d/></a>tail");
		const a = document.firstChild as XMLNode;
		const copy = a.cloneNode(true);
		expect(copy.toString()).toBe('<a x="1">one<b y="&lt;"><c />two</b><d /></a>');
		expect(copy).not.toBe(a);
		expect(links(copy)).toEqual([null, null, null]);
		expectSound(copy);
		(copy.firstChild as XMLNode).nodeValue = "changed";
		(copy.childNodes[1] as XMLNode).attributes.y = "changed";
		expect(a.toString()).toBe('<a x="1">one<b y="&lt;"><c />two</b><d /></a>');
	});

	test("gives copies attributes of their own, read or not", () => {
		const a = new XML("<a x='1'/>").firstChild as XMLNode;
		const before = a.cloneNode();
		a.attributes.x = "2";
		const after = a.cloneNode();
		after.attributes.x = "3";
		expect([before.attributes.x, a.attributes.x, after.attributes.x]).toEqual(["1", "2", "3"]);
		expect(after.attributes).not.toBe(a.attributes);
	});

	test("copies the true children, not what a script has put into childNodes", () => {
		const a = new XML("<a><b/></a>").firstChild as XMLNode;
		a.childNodes.push(new XMLNode(1, "false"));
		expect(a.cloneNode(true).toString()).toBe("<a><b /></a>");
	});

	test("does not copy what a script has put on the node", () => {
		const a = Object.assign(new XMLNode(1, "a"), { extra: 1 });
		expect("extra" in a.cloneNode(true)).toBe(false);
		expect(a.extra).toBe(1);
	});

	test("of a document is a node without declarations", () => {
		const document = new XML("<?xml x?><!DOCTYPE d><a/>");
		const copy = document.cloneNode(true);
		expect(copy instanceof XML).toBe(false);
		expect(Object.getPrototypeOf(copy)).toBe(XMLNode.prototype);
		expect([copy.nodeType, copy.nodeName, copy.toString()]).toEqual([1, null, "<a />"]);
		expect((copy as XML).status).toBeUndefined();
	});

	test("copies text, CDATA and odd types", () => {
		expect(new XML("a&amp;b").firstChild?.cloneNode().nodeValue).toBe("a&b");
		expect(new XML("<![CDATA[a&amp;b]]>").firstChild?.cloneNode().nodeValue).toBe("a&amp;b");
		const odd = new XMLNode(9, "x").cloneNode(true);
		expect([odd.nodeType, odd.nodeValue]).toEqual([9, "x"]);
	});
});

describe("childNodes", () => {
	test("is an array, the same on every read, and cannot be replaced", () => {
		const document = new XML("<a/>");
		const { childNodes } = document;
		expect(Array.isArray(childNodes)).toBe(true);
		expect(Object.getPrototypeOf(childNodes)).toBe(Array.prototype);
		expect(Object.prototype.toString.call(childNodes)).toBe("[object Array]");
		(document as { childNodes: unknown }).childNodes = 5;
		expect(document.childNodes).toBe(childNodes);
		document.parseXML("<b/><c/>");
		expect(document.childNodes).toBe(childNodes);
		expect(childNodes.length).toBe(2);
		expect(new XMLNode(3, "x").childNodes).toEqual([]);
	});

	test("shows each change of the children through every earlier reference", () => {
		const document = new XML("<a/>");
		const held = document.childNodes;
		const b = document.createElement("b");
		document.appendChild(b);
		expect(held.length).toBe(2);
		expect(held[1]).toBe(b);
		document.insertBefore(document.createElement("c"), b);
		expect(held.map(String)).toEqual(["<a />", "<c />", "<b />"]);
		b.removeNode();
		expect(held.map(String)).toEqual(["<a />", "<c />"]);
		new XML().appendChild(held[0] as XMLNode);
		expect(held.map(String)).toEqual(["<c />"]);
	});

	test("shows nodes that went and came back before anyone looked", () => {
		const document = new XML("<a/><b/><c/><d/>");
		const { childNodes } = document;
		const [a, b, c, d] = [...childNodes] as [XMLNode, XMLNode, XMLNode, XMLNode];
		const names = (): string => childNodes.map((node) => node.nodeName).join("");
		expect(names()).toBe("abcd");
		a.removeNode();
		document.appendChild(a);
		expect(names()).toBe("bcda");
		a.removeNode();
		document.insertBefore(a, b);
		expect(names()).toBe("abcd");
		c.removeNode();
		document.insertBefore(c, a);
		expect(names()).toBe("cabd");
		for (const node of [c, a, d]) node.removeNode();
		expect(names()).toBe("b");
		document.parseXML("");
		for (const node of [b, d]) document.appendChild(node);
		expect(names()).toBe("bd");
	});

	test("takes whatever a script pushes, which changes no tree and vanishes with the next change", () => {
		const document = new XML("<a/>");
		const { childNodes } = document;
		const foreign: unknown[] = childNodes;
		expect(foreign.push("not a node", new Date(0), new XMLNode(1, "b"))).toBe(4);
		expect(childNodes.length).toBe(4);
		expect(foreign[1]).toBe("not a node");
		expect(document.lastChild?.nodeName).toBe("a");
		expect(document.toString()).toBe("<a />");
		document.appendChild(document.createElement("c"));
		expect(childNodes.map(String)).toEqual(["<a />", "<c />"]);
	});

	test("can be sorted, reversed and cut until the next change puts all of it back", () => {
		const document = new XML("<c/><a/><b/>");
		const { childNodes } = document;
		expect(childNodes.sort()).toBe(childNodes);
		expect(childNodes.join("")).toBe("<a /><b /><c />");
		expect(document.firstChild?.nodeName).toBe("c");
		expect(childNodes.reverse().map((node) => node.nodeName)).toEqual(["c", "b", "a"]);
		expect(childNodes.shift()?.nodeName).toBe("c");
		expect(childNodes.pop()?.nodeName).toBe("a");
		expect(childNodes.splice(0, 1).length).toBe(1);
		expect(childNodes.length).toBe(0);
		expect(childNodes.unshift(new XMLNode(1, "z"))).toBe(1);
		childNodes.length = 0;
		expect(document.toString()).toBe("<c /><a /><b />");
		document.appendChild(document.createElement("d"));
		expect(childNodes.join("")).toBe("<c /><a /><b /><d />");
	});

	test("protects its entries: an assignment to one is ignored in silence until the flag is cleared", () => {
		const document = new XML("<a/><b/>");
		const childNodes: unknown[] = document.childNodes;
		childNodes[0] = "other";
		expect(String(childNodes[0])).toBe("<a />");
		expect(Object.getOwnPropertyDescriptor(childNodes, 0)?.writable).toBe(false);
		Object.defineProperty(childNodes, 0, { writable: true });
		expect(Object.getOwnPropertyDescriptor(childNodes, 0)?.writable).toBe(true);
		childNodes[0] = "other";
		expect(childNodes[0]).toBe("other");
		childNodes[1] = "other";
		expect(String(childNodes[1])).toBe("<b />");
		delete childNodes[1];
		expect(1 in childNodes).toBe(false);
		childNodes[1] = "new";
		expect(childNodes[1]).toBe("new");
		childNodes[5] = "far";
		expect(childNodes.length).toBe(6);
		document.removeNode();
		document.appendChild(document.createElement("c"));
		expect(childNodes.map(String)).toEqual(["<a />", "<b />", "<c />"]);
		childNodes[0] = "protected again";
		expect(String(childNodes[0])).toBe("<a />");
	});

	test("cannot be made so that it could no longer follow the tree", () => {
		const document = new XML("<a/>");
		const { childNodes } = document;
		expect(() => Object.freeze(childNodes)).toThrow(TypeError);
		expect(() => Object.preventExtensions(childNodes)).toThrow(TypeError);
		expect(Reflect.defineProperty(childNodes, 0, { configurable: false })).toBe(false);
		expect(Reflect.defineProperty(childNodes, "length", { writable: false })).toBe(false);
		expect(Reflect.defineProperty(childNodes, 1, { value: "defined" })).toBe(true);
		expect([childNodes[1], childNodes.length]).toEqual(["defined", 2]);
		Object.defineProperty(childNodes, 3, { get: () => "made" });
		expect(childNodes[3]).toBe("made");
		document.appendChild(document.createElement("b"));
		expect(childNodes.map(String)).toEqual(["<a />", "<b />"]);
	});

	test("behaves as an array to the language", () => {
		const document = new XML("<a/><b/>");
		const { childNodes } = document;
		const [a, b] = childNodes as [XMLNode, XMLNode];
		expect([...childNodes]).toEqual([a, b]);
		expect(Object.keys(childNodes)).toEqual(["0", "1"]);
		expect(childNodes.indexOf(b)).toBe(1);
		expect(([] as XMLNode[]).concat(childNodes)).toEqual([a, b]);
		expect(childNodes.at(-1)).toBe(b);
		expect(childNodes.filter((node) => node === a)).toEqual([a]);
		expect(JSON.stringify(childNodes)).toBe("[{},{}]");
	});
});

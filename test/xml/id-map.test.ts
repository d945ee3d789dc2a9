// The map of elements by id (docs/xml.md, "idMap").

import { inspect } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { XML, XMLNode } from "../../src/xml/index.ts";

type Mapped = Omit<XML, "idMap"> & { idMap?: Record<string, unknown> };

function withMap(map: unknown): Mapped {
	return Object.assign(new XML(), { idMap: map }) as unknown as Mapped;
}

describe("idMap", () => {
	test("is not there until an id was seen", () => {
		const document = new XML("<a ID='1' Id='2' xid='3'/>");
		expect(Object.hasOwn(document, "idMap")).toBe(false);
		document.parseXML("<a id='x'/>");
		expect(Object.hasOwn(document, "idMap")).toBe(true);
		expect(Object.keys(document)).toEqual(["idMap"]);
	});

	test("holds the elements, as an ordinary object", () => {
		const document = new XML("<a id='x'><b id='5'/><c i&#100;='&lt;'/></a>");
		const map = document.idMap as Record<string, XMLNode>;
		expect(document.idMap).toBe(map);
		expect(map.x).toBe(document.firstChild);
		expect(Object.keys(map)).toEqual(["5", "x", "<"]);
		expect(Object.getPrototypeOf(map)).toBeTypeOf("object");
		expect(map instanceof Object).toBe(true);
		expect(map.constructor).toBe(Object);
		expect("x" in map && Object.hasOwn(map, "x") && !("y" in map)).toBe(true);
		expect(inspect(new XML("<a id='x'/>").idMap)).toBe('{ x: <a id="x" /> }');
		delete map.x;
		expect(Object.keys(map)).toEqual(["5", "<"]);
	});

	test("holds the last of several elements with one id, and of several attributes the first", () => {
		const document = new XML("<a id='x'/><b id='x'/><c id='y' id='z'/>");
		expect(document.idMap?.x?.nodeName).toBe("b");
		expect(Object.keys(document.idMap as object)).toEqual(["x", "y"]);
	});

	test("tells ids apart by letter case", () => {
		expect(Object.keys(new XML("<a id='x'/><a id='X'/>").idMap as object)).toEqual(["x", "X"]);
	});

	test("keeps its entries across parses", () => {
		const document = new XML("<a id='x'/>");
		const map = document.idMap as Record<string, unknown>;
		map.own = 1;
		document.parseXML("<b id='y'/>");
		expect(document.idMap).toBe(map);
		expect(Object.keys(map)).toEqual(["x", "own", "y"]);
		expect((map.x as XMLNode).parentNode).toBe(null);
		document.parseXML("<c id='z'/>");
		document.parseXML("<d id='x'/>");
		expect((document.idMap as Record<string, XMLNode>).x?.nodeName).toBe("d");
	});

	test("holds no element that a later one has replaced, also where nobody has looked at the map", async () => {
		setFlagsFromString("--expose-gc");
		const collect = runInNewContext("gc") as () => void;
		const document = new XML("<a id='x'/>");
		const first = new WeakRef(document.firstChild as XMLNode);
		for (let at = 0; at < 3; at++) document.parseXML("<a id='x'/>");
		await new Promise((resume) => setImmediate(resume));
		collect();
		expect(first.deref()).toBeUndefined();
		expect(document.idMap?.x).toBe(document.firstChild);
	});

	test("fills an object that a script has put there", () => {
		const map: Record<string, unknown> = { other: 1 };
		const document = withMap(map);
		document.parseXML("<a id='x'/>");
		expect(document.idMap).toBe(map);
		expect(map).toEqual({ other: 1, x: document.firstChild });
		const called = withMap(() => 1);
		called.parseXML("<a id='x'/>");
		expect(called.idMap?.x).toBe(called.firstChild);
	});

	test.each([2, "text", null, true, undefined])("leaves %j alone", (value) => {
		const document = withMap(value);
		document.parseXML("<a id='x'/>");
		expect(document.idMap).toBe(value);
		expect(document.toString()).toBe('<a id="x" />');
	});

	test("is filled again after a script has deleted it", () => {
		const document = new XML("<a id='x'/>");
		delete (document as Mapped).idMap;
		document.parseXML("<b id='y'/>");
		expect(Object.keys(document.idMap as object)).toEqual(["y"]);
	});

	test("takes an element as soon as it is in the tree, with its attributes and without children", () => {
		const seen: unknown[] = [];
		const document = withMap({
			set x(element: XMLNode) {
				seen.push(element.toString(), element.parentNode?.nodeName, document.toString());
			},
		});
		document.parseXML("<a><b id='x' y='1'><c/></b></a>");
		expect(seen).toEqual(['<b id="x" y="1" />', "a", '<a><b id="x" y="1" /></a>']);
	});

	test("honours read-only entries, and what a setter or a frozen map throws stops no parse", () => {
		const map = Object.defineProperty({}, "x", { value: "fixed", writable: false });
		const document = withMap(map);
		document.parseXML("<a id='x'/>");
		expect(document.idMap?.x).toBe("fixed");
		for (const hostile of [
			Object.freeze({}),
			{
				set x(_: unknown) {
					throw new Error("no");
				},
			},
		]) {
			const document = withMap(hostile);
			document.parseXML("<a id='x'/><b/>");
			expect([document.toString(), document.status]).toEqual(['<a id="x" /><b />', 0]);
		}
	});

	test("may come from an own getter, and one that throws takes no ids", () => {
		const map: Record<string, unknown> = {};
		const document = new XML() as Mapped;
		Object.defineProperty(document, "idMap", { get: () => map });
		document.parseXML("<a id='x'/>");
		expect(Object.keys(map)).toEqual(["x"]);
		const hostile = new XML();
		Object.defineProperty(hostile, "idMap", {
			get() {
				throw new Error("no");
			},
		});
		hostile.parseXML("<a id='x'/><b id='y'/>");
		expect([hostile.toString(), hostile.status]).toEqual(['<a id="x" /><b id="y" />', 0]);
	});

	test("of a document that takes no properties stays away", () => {
		for (const document of [Object.freeze(new XML()), Object.preventExtensions(new XML())]) {
			document.parseXML("<a id='x'/><b id='y'/>");
			expect([Object.hasOwn(document, "idMap"), document.toString()]).toEqual([false, '<a id="x" /><b id="y" />']);
		}
	});

	test("that a class or a prototype gives is not the document's own", () => {
		class Mapping extends XML {}
		const shared = {};
		Object.defineProperty(Mapping.prototype, "idMap", { value: shared, writable: true });
		const document = new Mapping("<a id='x'/>") as Mapped;
		expect(Object.hasOwn(document, "idMap")).toBe(true);
		expect([Object.keys(shared), Object.keys(document.idMap as object)]).toEqual([[], ["x"]]);
	});

	test("can be exchanged in the middle of a parse, and takes the ids from there on", () => {
		const second: Record<string, unknown> = {};
		const document = withMap({
			set x(_: unknown) {
				document.idMap = second;
			},
		});
		document.parseXML("<a id='w'/><b id='x'/><c id='y'/>");
		expect(document.idMap).toBe(second);
		expect(Object.keys(second)).toEqual(["y"]);
		expect(second.y).toBe(document.lastChild);
	});

	test("that the parser has made works on another document too", () => {
		const one = new XML("<a id='x'/>") as Mapped;
		const two = withMap(one.idMap);
		two.parseXML("<b id='y'/>");
		one.parseXML("<c id='z'/>");
		expect(Object.keys(two.idMap as object)).toEqual(["x", "y", "z"]);
		expect([two.idMap?.y, two.idMap?.z]).toEqual([two.firstChild, one.firstChild]);
	});

	test("is not part of a copy", () => {
		expect(Object.keys(new XML("<a id='x'/>").cloneNode(true))).toEqual([]);
	});

	test("honours a reader's own changes made before and after it was filled", () => {
		const document = new XML("<a id='x'/><b id='y'/>");
		const map = document.idMap as Record<string, unknown>;
		map.y = "mine";
		Object.defineProperty(map, "x", { writable: false });
		document.parseXML("<c id='x'/><d id='y'/><e id='z'/>");
		expect(String(map.x)).toBe('<a id="x" />');
		expect([map.y, map.z]).toEqual([document.childNodes[1], document.lastChild]);
	});

	test("never touches a prototype", () => {
		const document = new XML("<a id='__proto__'/><b id='constructor'/>");
		const map = document.idMap as Record<string, XMLNode>;
		expect(Object.keys(map)).toEqual(["__proto__", "constructor"]);
		expect(Object.getOwnPropertyDescriptor(map, "__proto__")?.value).toBe(document.firstChild);
		expect(map instanceof XMLNode).toBe(false);
		expect(Reflect.get({}, "nodeName")).toBeUndefined();
		document.parseXML("<a id='__proto__'/>");
		expect(Object.getOwnPropertyDescriptor(map, "__proto__")?.value).toBe(document.firstChild);
	});

	test("does not hold nodes that a script has added, and keeps those it has removed", () => {
		const document = new XML("<a id='x'/>");
		const added = document.createElement("b");
		added.attributes.id = "y";
		document.appendChild(added);
		document.firstChild?.removeNode();
		expect(Object.keys(document.idMap as object)).toEqual(["x"]);
	});

	test("survives a setter that takes the tree apart", () => {
		const document = withMap({
			set x(element: XMLNode) {
				element.parentNode?.removeNode();
				element.removeNode();
				new XML("<other/>").firstChild?.appendChild(element);
			},
		});
		document.parseXML("<a><b id='x'><c/></b><d/></a><e/>");
		expect([typeof document.toString(), document.status <= 0]).toEqual(["string", true]);
	});
});

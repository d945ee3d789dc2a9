// The types that a TypeScript program sees of the XML room.

import { expectTypeOf, test } from "vitest";
import {
	attribute,
	attributes,
	type BoundedParse,
	checkWellFormed,
	child,
	descendants,
	element,
	type Flaw,
	find,
	findAll,
	type Markup,
	type PlainElement,
	parseBounded,
	type Refusal,
	toObject,
	XML,
	XMLNode,
	xml,
} from "../../src/xml/index.ts";

test("a document is a node, and a node is no document", () => {
	expectTypeOf(new XML()).toEqualTypeOf<XML>();
	expectTypeOf<XML>().toExtend<XMLNode>();
	expectTypeOf<XMLNode>().not.toExtend<XML>();
	expectTypeOf(new XML().firstChild).toEqualTypeOf<XMLNode | null>();
	expectTypeOf(new XMLNode(1, "a").nodeName).toEqualTypeOf<string | null>();
	expectTypeOf(new XML().xmlDecl).toEqualTypeOf<string | undefined>();
	expectTypeOf(XML(1)).toEqualTypeOf<undefined>();
});

test("what scripts may put anything into is unknown until it is looked at", () => {
	expectTypeOf(new XMLNode(1, "a").attributes).toEqualTypeOf<Record<string, unknown>>();
	expectTypeOf(attribute(new XML(), "a")).toEqualTypeOf<string | undefined>();
	expectTypeOf(attributes(new XML())).toEqualTypeOf<[name: string, value: string][]>();
});

test("what may be missing is undefined, as everywhere in TypeScript", () => {
	expectTypeOf(child(new XML(), "a")).toEqualTypeOf<XMLNode | undefined>();
	expectTypeOf(find(new XML(), "a")).toEqualTypeOf<XMLNode | undefined>();
	expectTypeOf(findAll(new XML(), "a")).toEqualTypeOf<XMLNode[]>();
	expectTypeOf(descendants(new XML())).toEqualTypeOf<XMLNode[]>();
	expectTypeOf(checkWellFormed("")).toEqualTypeOf<Flaw | undefined>();
});

test("the plain view of a document is an object, and of any node also a text", () => {
	expectTypeOf(toObject(new XML())).toEqualTypeOf<PlainElement>();
	expectTypeOf(toObject(new XMLNode(3, "a"))).toEqualTypeOf<PlainElement | string>();
});

test("a bounded parse gives either a document or a refusal, told apart by looking at one of them", () => {
	const result: BoundedParse = parseBounded("<a/>");
	if (result.refusal === undefined) expectTypeOf(result.document).toEqualTypeOf<XML>();
	else expectTypeOf(result.refusal).toEqualTypeOf<Refusal>();
});

test("templates and elements take what content can be, and nothing else", () => {
	expectTypeOf(xml`<a b=${1}>${[xml`<b/>`, element("c"), "d", undefined, false]}</a>`).toEqualTypeOf<Markup>();
	expectTypeOf(element("a", { b: 1 }, xml`<b/>`)).toEqualTypeOf<XMLNode>();
	// @ts-expect-error an object has no meaning in content
	void (() => xml`<a>${{ b: 1 }}</a>`);
	// @ts-expect-error nor has a function
	void (() => element("a", null, () => "b"));
});

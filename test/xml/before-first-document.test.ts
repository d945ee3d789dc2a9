// XML.prototype before and after the first `new XML` of a program (docs/xml.md, "Classes and members"). Each test file is
// loaded into modules of its own, so that here nobody has made a document yet; the order of these tests matters.

import { expect, test } from "vitest";
import { XML, XMLNode } from "../../src/xml/index.ts";

const LATE = ["contentType", "docTypeDecl", "ignoreWhite", "loaded", "status", "xmlDecl"];
const ALWAYS = [
	"addRequestHeader",
	"constructor",
	"createElement",
	"createTextNode",
	"getBytesLoaded",
	"getBytesTotal",
	"load",
	"onData",
	"onLoad",
	"parseXML",
	"send",
	"sendAndLoad",
];

test("the six properties of a document come to XML.prototype with the first document", () => {
	expect(Object.getOwnPropertyNames(XML.prototype).sort()).toEqual(ALWAYS);
	expect(XML.prototype.status).toBeUndefined();
	new XMLNode(1, "a");
	(XML as () => void)();
	expect(Object.getOwnPropertyNames(XML.prototype).sort()).toEqual(ALWAYS);
	new XML();
	expect(Object.getOwnPropertyNames(XML.prototype).sort()).toEqual([...ALWAYS, ...LATE].sort());
	for (const name of LATE) expect(Reflect.get(XML.prototype, name)).toBeUndefined();
	new XML();
	expect(Object.getOwnPropertyNames(XML.prototype).length).toBe(ALWAYS.length + LATE.length);
});

// XML.prototype before and after the first `new XML` of a program (docs/xml.md, "Classes and members").

import { expect, test, vi } from "vitest";

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

test("the six properties of a document come to XML.prototype with the first document", async () => {
	// In modules of its own, where nobody has made a document yet.
	vi.resetModules();
	const { XML, XMLNode } = await import("../../src/xml/index.ts");
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

// The properties of a document (docs/xml.md, "Document properties and loading").

import { describe, expect, test } from "vitest";
import { XML } from "../../src/xml/index.ts";

describe("status", () => {
	const rows: [set: unknown, read: number][] = [
		[-1, -1],
		[1000, 1000],
		[-100000, -100000],
		[0.5, 0],
		[-0.5, 0],
		[-1.9, -1],
		[2147483647, 2147483647],
		[2147483647.5, 2147483647],
		[2147483648, -2147483648],
		[-2147483648, -2147483648],
		[-2147483649, -2147483648],
		[34e45, -2147483648],
		[Number.NaN, -2147483648],
		[Number.POSITIVE_INFINITY, -2147483648],
		[Number.NEGATIVE_INFINITY, -2147483648],
		["a string", -2147483648],
		["", -2147483648],
		["5", 5],
		[true, 1],
		[null, -2147483648],
		[{}, -2147483648],
		[{ toString: () => 4 }, -2147483648],
		[{ toString: () => 4, valueOf: () => 5 }, 5],
		[{ valueOf: () => ({}) }, -2147483648],
		[() => 1, -2147483648],
	];
	test.each(rows)("set to %j reads back %j", (set, read) => {
		const document = new XML();
		document.status = set as number;
		expect(document.status).toBe(read);
		expect(Object.is(document.status, -0)).toBe(false);
	});

	test("set to an object whose valueOf throws reads back -2147483648", () => {
		const document = new XML();
		document.status = {
			valueOf() {
				throw new Error("no");
			},
		} as unknown as number;
		expect(document.status).toBe(-2147483648);
	});
});

describe("ignoreWhite and loaded become Booleans", () => {
	const rows: [set: unknown, read: boolean][] = [
		[true, true],
		[0, false],
		[5, true],
		["", false],
		["0", true],
		["false", true],
		[null, false],
		[Number.NaN, false],
		[{}, true],
	];
	test.each(rows)("%j", (set, read) => {
		const document = new XML();
		document.ignoreWhite = set as boolean;
		document.loaded = set as boolean;
		expect([document.ignoreWhite, document.loaded]).toEqual([read, read]);
	});
});

describe("xmlDecl, docTypeDecl and contentType become strings", () => {
	test("and the declarations are printed as they are", () => {
		const document = new XML("<tag/>");
		document.xmlDecl = 7 as unknown as string;
		document.docTypeDecl = 98 as unknown as string;
		expect([document.xmlDecl, document.docTypeDecl, document.toString()]).toEqual(["7", "98", "798<tag />"]);
		document.xmlDecl = null as unknown as string;
		document.docTypeDecl = "";
		expect(document.toString()).toBe("null<tag />");
	});

	test("and a content type may be empty", () => {
		const document = new XML();
		document.contentType = "";
		expect(document.contentType).toBe("");
		document.contentType = null as unknown as string;
		expect(document.contentType).toBe("null");
	});
});

test("undefined changes none of the six properties", () => {
	const document = new XML("<?xml x?><!DOCTYPE d><a>");
	document.ignoreWhite = true;
	document.loaded = true;
	document.contentType = "text/xml";
	const names = ["status", "ignoreWhite", "loaded", "xmlDecl", "docTypeDecl", "contentType"];
	const before = names.map((name) => Reflect.get(document, name));
	for (const name of names) Reflect.set(document, name, undefined);
	expect(names.map((name) => Reflect.get(document, name))).toEqual(before);
	expect(before).toEqual([-9, true, true, "<?xml x?>", "<!DOCTYPE d>", "text/xml"]);
});

test("the properties of one document are not those of another", () => {
	const one = new XML();
	const two = new XML();
	one.status = 5;
	one.xmlDecl = "x";
	expect([two.status, two.xmlDecl]).toEqual([0, undefined]);
});

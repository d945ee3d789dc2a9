// Masks: no secret comes through, whatever the document is.

import { describe, expect, it } from "vitest";
import { createMask, type DocumentEvent } from "../../../src/tools/traffic/index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array): string => new TextDecoder().decode(value);
const mask = createMask(["password", "pword", "xt:login:2"]);
const masked = (document: string): string => text(mask.applyToBytes(bytes(document)));

function event(document: string, more: Partial<DocumentEvent> = {}): DocumentEvent {
	const ending = "terminated";
	return { kind: "document", connection: 1, time: 0, direction: "client", ending, bytes: bytes(document), ...more };
}

describe("a mask", () => {
	it.each([
		["<login password='SECRET' user='ann'/>", "<login password='***' user='ann'/>"],
		['<login x:PassWord = "SECRET"/>', '<login x:PassWord = "***"/>'],
		["<pword>SECRET</pword>", "<pword>***</pword>"],
		["<pword><![CDATA[SECRET]]></pword><b/>", "<pword>***</pword><b/>"],
		["<pword><![CDATA[</pword>]]>SECRET</pword><b/>", "<pword>***</pword><b/>"],
		["<pword><!-- </pword> -->SECRET</pword><b/>", "<pword>***</pword><b/>"],
		["<pword><pword>a</pword>SECRET</pword><b/>", "<pword>***</pword><b/>"],
		["<pword v='SECRET' w=SECRET />", "<pword v='***' w=*** />"],
		["<var n='password' t='s'>SECRET</var><b/>", "<var n='password' t='***'>***</var><b/>"],
		["<var v='SECRET' n='password'/><b c='d'/>", "<var v='***' n='password'/><b c='d'/>"],
		['{"password":"SECRET\\"SECRET","x":1}', '{"password":"***","x":1}'],
		['{"password": 123456 ,"x":1}', '{"password": ***,"x":1}'],
		['{"password":{"a":"}","b":["SECRET"]},"x":1}', '{"password":***,"x":1}'],
		['{"m":"{\\"password\\":\\"SECRET\\",\\"b\\":1}"}', '{"m":"{\\"password\\":\\"***\\",\\"b\\":1}"}'],
		[
			'<q v="{&quot;password&quot;:&quot;SECRET&quot;}" k="1"/>',
			'<q v="{&quot;password&quot;:&quot;***&quot;}" k="1"/>',
		],
		[
			'{"h":[{"name":"password","value":"SECRET"},{"name":"b","value":"c"}]}',
			'{"h":[{"name":"password","value":"***"},{"name":"b","value":"c"}]}',
		],
		['{"value":"SECRET","key":"password"}', '{"value":"***","key":"password"}'],
		['{"d":"{\\"n\\":\\"password\\",\\"v\\":\\"SECRET\\"}"}', '{"d":"{\\"n\\":\\"password\\",\\"v\\":\\"***\\"}"}'],
		["q=user%3D1%26password%3DSECRET%26y%3D2", "q=user%3D1%26password%3D***%26y%3D2"],
		["q=%7B%22password%22%3A%22SECRET%22%2C%22a%22%3A1%7D", "q=%7B%22password%22%3A%22***%22%2C%22a%22%3A1%7D"],
		["user=1&password=SECRET&y=2", "user=1&password=***&y=2"],
		["password: SECRET SECRET\nnext", "password: ***\nnext"],
		["%xt%s%n#login%-1%SECRET%b%", "%xt%s%n#login%-1%***%b%"],
		["%xt%login%-1%SECRET", "%xt%login%-1%***"],
		["%xt%s%m#sm%-1%text%", "%xt%s%m#sm%-1%text%"],
		["<a passwords='x' my-password='y' password2='z'/>", "<a passwords='x' my-password='y' password2='z'/>"],
		["<say>the password is easy</say>", "<say>the password is easy</say>"],
	])("%j", (document, expected) => {
		expect(masked(document)).toBe(expected);
	});

	it.each([
		"<pword>SECRET",
		"<pword>SECRET</pwor",
		"<pword><b>SECRET</pword",
		"<pword a='>SECRET",
		"<pword SECRET",
		"<login password='SECRET",
		'<login password="SECRET/><b/>',
		"<login password=SECRET><b",
		"<login password = 'SECRET>x</login>",
		"<a><<<password='SECRET'",
		"</b><pword>SECRET</pword></c>",
		"<var n='password' v='SECRET",
		"<var n='password'>SECRET",
		"<var n='password'>SECRET</va",
		"<msg>\ufffd&&& <pword>SECRET</msg>",
		'{"password":"SECRET',
		'{"password":["SECRET","SECRET"',
		"{'password':'SECRET'",
		'{password:"SECRET"',
		'{"a":"unclosed,"password":"SECRET"}',
		'<a b="\\" password="SECRET"/>',
		"<a b='x\" password='SECRET' c=\"'/>",
		"garbage password=SECRET",
	])("lets no secret through in the malformed %j", (document) => {
		expect(masked(document)).toContain("***");
		expect(masked(document)).not.toContain("SECRET");
	});

	it("masks both readings where a backslash may or may not belong to a value", () => {
		const both = createMask(["password", "token"]);
		expect(text(both.applyToBytes(bytes('<a password="x\\" token="SECRET" b="1"/>')))).not.toContain("SECRET");
	});

	it("masks every cut of a document in which the value has begun", () => {
		const whole = "<msg t='sys'><login password='SECRET' x='1'><pword>SECRET</pword></login></msg>";
		for (let end = 0; end <= whole.length; end++) expect(masked(whole.slice(0, end))).not.toMatch(/SECRE|'SEC|>SEC/);
	});

	it("leaves every other byte as it is, also in bytes that are no text", () => {
		const value = Uint8Array.from([0xff, 0xfe, ...bytes("<a password='"), 0xe9, 0x80, ...bytes("'/>"), 0xc3]);
		const expected = Uint8Array.from([0xff, 0xfe, ...bytes("<a password='***'/>"), 0xc3]);
		expect([...mask.applyToBytes(value)]).toEqual([...expected]);
	});

	it("finds a name with letters outside ASCII, in UTF-8 and as JSON writes it", () => {
		const cyrillic = createMask(["\u043f\u0430\u0440\u043e\u043b\u044c"]);
		expect(text(cyrillic.applyToBytes(bytes("<a \u043f\u0430\u0440\u043e\u043b\u044c='SECRET'/>")))).toContain("'***'");
		expect(text(cyrillic.applyToBytes(bytes('{"\\u043f\\u0430\\u0440\\u043e\\u043b\\u044c":"SECRET"}')))).toContain(
			'"***"',
		);
	});

	it("marks the event, and returns an event without such values unchanged", () => {
		const plain = event("<a/>");
		expect(mask.apply(plain)).toBe(plain);
		expect(mask.apply(event("<pword>x</pword>"))).toMatchObject({ masked: true });
		const off = createMask([]);
		expect(off.active).toBe(false);
		expect(off.apply(plain)).toBe(plain);
	});

	it("masks all parts of a long document but the first completely, and the next document as usual", () => {
		const stateful = createMask(["pword"]);
		const shown = [
			event("<a><pwo", { ending: "part" }),
			event("rd>SECRET", { ending: "part" }),
			event("<b/>", { direction: "server" }),
			event("SECRET</pword></a>"),
			event("<a/>"),
		].map((each) => text((stateful.apply(each) as DocumentEvent).bytes));
		expect(shown).toEqual(["<a><pwo", "***", "<b/>", "***", "<a/>"]);
	});

	it.each([[""], ["a b"], ["xt:login"], ["xt:login:0"], ["x='y'"]])("refuses the name %j", (name) => {
		expect(() => createMask([name])).toThrow(expect.objectContaining({ code: "XMLSOCKET_OPTION_INVALID" }));
	});
});

// The texts of messages and names of people, as the chat page shows them.

import { describe, expect, it } from "vitest";
import { compareNames, includesText, initials, mentions, orderMembers } from "../../console/names.ts";
import { isBigEmoji, textParts } from "../../console/text-parts.ts";

const links = (text: string): string[] =>
	textParts(text).flatMap(({ text: shown, href }) => (href === undefined ? [] : [`${shown} > ${href}`]));
const whole = (text: string): string =>
	textParts(text)
		.map((part) => part.text)
		.join("");

describe("links in a message", () => {
	it.each([
		["see https://example.com/a?b=1#c", ["https://example.com/a?b=1#c > https://example.com/a?b=1#c"]],
		["It is at https://example.com/a.", ["https://example.com/a > https://example.com/a"]],
		["(https://example.com/a)", ["https://example.com/a > https://example.com/a"]],
		["https://example.com/a_(b), and so on", ["https://example.com/a_(b) > https://example.com/a_(b)"]],
		["看https://example.com/a。好", ["https://example.com/a > https://example.com/a"]],
		["http://127.0.0.1:4173/（完成）", ["http://127.0.0.1:4173/ > http://127.0.0.1:4173/"]],
		['"https://example.com"', ["https://example.com > https://example.com/"]],
		[
			"https://a.example https://b.example",
			["https://a.example > https://a.example/", "https://b.example > https://b.example/"],
		],
		["HTTPS://EXAMPLE.COM/A!", ["HTTPS://EXAMPLE.COM/A > https://example.com/A"]],
		["https://раypal.example", ["https://раypal.example > https://xn--ypal-43d9g.example/"]],
	])("finds the address in %s, without the marks around it", (text, expected) => {
		expect(links(text)).toEqual(expected);
		expect(whole(text)).toBe(text);
	});

	it.each([
		"javascript:alert(1)",
		"data:text/html,<b>",
		"ftp://example.com",
		"//example.com",
		"www.example.com",
		"xhttps://example.com",
		"https://",
		"https://bank.example@evil.example/",
		"https://user:secret@evil.example/",
		`https://example.com/${"a".repeat(3000)}`,
	])("leaves %.40s as text", (text) => {
		expect(links(text)).toEqual([]);
		expect(whole(text)).toBe(text);
	});

	it("ends an address at a mark that would turn the rest of the line around", () => {
		expect(links("https://example.com/\u202egnp.exe")).toEqual(["https://example.com/ > https://example.com/"]);
	});

	it("reads a long text that only looks like addresses", () => {
		const text = "https://".repeat(20_000) + ")".repeat(2000);
		expect(whole(text)).toBe(text);
	});
});

describe("a message of emoji alone", () => {
	it.each(["👍", "👨‍👩‍👧‍👦", "❤️", "🇩🇪", "1️⃣", "🎉 🎉", "👋🏽👋🏽👋🏽"])("%s is shown large", (text) => {
		expect(isBigEmoji(text)).toBe(true);
	});
	it.each(["", "👍 ok", "1", "©", "#", "👍👍👍👍", "abc"])('"%s" is not', (text) => {
		expect(isBigEmoji(text)).toBe(false);
	});
});

describe("a message that mentions a name", () => {
	it.each([
		["hey Ann", "ann"],
		["ann: look", "Ann"],
		["what of Ann's list?", "ann"],
		["@jo come", "jo"],
		["thanks (ann)!", "ann"],
		["太郎さんへ", "太郎"],
		["ANN", "ann"],
	])("%s, for %s", (text, name) => {
		expect(mentions(text, name)).toBe(true);
	});
	it.each([
		["annual report", "ann"],
		["hanna", "ann"],
		["ann-marie is here", "ann"],
		["g'morning, B.I.G.", "g"],
		["me@ann.example", "ann"],
		["jo", "jo"],
		["anything", ""],
	])("but not %s, for %s", (text, name) => {
		expect(mentions(text, name)).toBe(false);
	});
});

describe("names", () => {
	it("are in the order in which people count, the user first, then operators", () => {
		const names = ["guest-10", "bob", "guest-2", "Ann", "olga", "guest-1"];
		expect(orderMembers(names, "guest-2", new Set(["olga"]))).toEqual([
			"guest-2",
			"olga",
			"Ann",
			"bob",
			"guest-1",
			"guest-10",
		]);
		expect(compareNames("a", "A")).not.toBe(0);
	});

	it("have one or two letters as their picture", () => {
		expect(["ann", "Ann Marie", "guest-112", "player-12", "élodie", "👩‍🚀 zoe", "_x"].map(initials)).toEqual([
			"A",
			"AM",
			"12",
			"P12",
			"É",
			"👩‍🚀Z",
			"X",
		]);
	});

	it("are found by a part, whatever the case", () => {
		expect(includesText("Élodie", "ÉLO")).toBe(true);
		expect(includesText("Ann", " an ")).toBe(true);
		expect(includesText("Ann", "b")).toBe(false);
	});
});

// Situations from the field: names that only look new. A client must not be able to appear as another one.

import { afterEach, describe, expect, it } from "vitest";
import { checkedName, nameKey } from "../../src/chat/names.ts";
import { RawClient } from "../server/peers.ts";
import { closeServers, startChat } from "./web-server.ts";

afterEach(closeServers);

async function hello(port: number, name: string): Promise<RawClient> {
	const client = RawClient.tcp(port);
	client.send(`<hello name="${name}"/>\0`);
	await client.until((text) => /<error|<welcome name="(?!guest)/.test(text));
	return client;
}

describe("after ann has come, nobody else is", () => {
	it.each([
		["a space at the end", "ann "],
		["a space at the beginning", " ann"],
		["a no-break space", "ann\u00a0"],
		["a wide space", "\u3000ann"],
		["a blank of Braille", "ann\u2800"],
		["a zero-width space", "ann\u200b"],
		["a zero-width joiner within", "a\u200dnn"],
		["a soft hyphen", "an\u00adn"],
		["a byte order mark", "\ufeffann"],
		["a Hangul filler", "ann\u3164"],
		["a variation selector", "ann\ufe0f"],
		["capital letters", "Ann"],
		["wide letters", "\uff41nn"],
		["a Cyrillic letter", "\u0430nn"],
		["a Greek letter", "\u03b1nn"],
		["a script letter", "\u0251nn"],
	])("%s", async (_situation, name) => {
		const { port } = await startChat();
		const ann = await hello(port, "ann");
		const other = await hello(port, name);
		expect(other.text).toContain('<error code="name-taken"');
		for (const { socket } of [ann, other]) socket.destroy();
	});
});

describe("names that differ", () => {
	it.each([
		["digits and letters of ASCII", "bill", "bi11"],
		["an accent", "rene", "ren\u00e9"],
		["two spaces of one name and none", "ann lee", "annlee"],
		["two Cyrillic names", "\u0412\u043e\u0432\u0430", "\u0412\u0435\u0440\u0430"],
		["two Greek endings", "\u039d\u03af\u03ba\u03bf\u03c2", "\u039d\u03af\u03ba\u03b7"],
		["a dotless and a dotted letter of another word", "\u0131\u015f\u0131k", "isik"],
	])("stay two: %s", (_situation, one, other) => expect(nameKey(one)).not.toBe(nameKey(other)));

	it("are shown as they were given, without the white space around them", () => {
		expect(checkedName(" \u0410\u043d\u043d\u0430\u00a0", "name")).toBe("\u0410\u043d\u043d\u0430");
		expect(checkedName("a\u200db \ud83d\udc69\u200d\ud83d\udcbb", "name")).toBe(
			"a\u200db \ud83d\udc69\u200d\ud83d\udcbb",
		);
	});

	it("have at least one character that can be seen", () => {
		for (const name of ["\u200b", "\u2800", "\u00a0 \u3164", "\u200d\ufe0f"])
			expect(() => checkedName(name, "name"), name).toThrow(/can be seen/);
	});

	it("have keys that are their own keys", () => {
		for (const name of ["Ann  Lee", "\u0410\u043d\u043d\u0430", "x\u0378y", "\u1e9d\ua7b5", "guest-1"])
			expect(nameKey(nameKey(name))).toBe(nameKey(name));
	});

	it("of guests come from the server only, also in look-alike letters", async () => {
		const { port } = await startChat();
		const client = await hello(port, "gu\u0435st-77");
		expect(client.text).toContain('<error code="name-invalid"');
		client.socket.destroy();
	});
});

// The movies that are kept beside their sources, and the compiler that makes one of them.

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile } from "../../flash/actionscript.js";
import { chat, game, greeter, HAXE, haxeVersion } from "../../flash/build.js";

const folder = join(import.meta.dirname, "../../flash");
const kept = (name: string): Buffer => readFileSync(join(folder, name));
const hex = (source: string): string => Buffer.from(compile(source)).toString("hex");

const found = haxeVersion();
const haxeIsThere = found === HAXE;
if (!haxeIsThere) {
	const words = `Haxe ${HAXE} was not found on PATH (Debian 12: apt-get install haxe)`;
	if (process.env.CI === "true") throw new Error(`${words}, and CI=true asks for it.`);
	console.warn(`${words}: the test that builds chat.swf is skipped.`);
}

describe("the kept movies", () => {
	it("greeter.swf is what its source gives, byte for byte", () => {
		expect(kept("greeter.swf").equals(greeter())).toBe(true);
	});

	it("game.swf of the relay game is what its source gives, byte for byte", () => {
		expect(readFileSync(join(folder, "../examples/relay-game/site/game.swf")).equals(game())).toBe(true);
	});

	it.skipIf(!haxeIsThere)(
		"chat.swf is what its sources give, byte for byte, each time",
		() => {
			const made = chat();
			expect(kept("chat.swf").equals(made)).toBe(true);
			expect(made.equals(chat())).toBe(true);
		},
		60_000,
	);

	it("are small", () => {
		expect(statSync(join(folder, "greeter.swf")).size).toBeLessThan(4096);
		expect(statSync(join(folder, "chat.swf")).size).toBeLessThan(40 * 1024);
	});
});

describe("the compiler of ActionScript 2", () => {
	it.each([
		['trace("a");', "96 0300 00 6100 26"],
		["var a = 1;", "96 0300 00 6100 96 0500 07 01000000 3c"],
		["var a = 0.5;", "96 0300 00 6100 96 0900 06 0000e03f 00000000 3c"],
		["a.b = null;", "96 0300 00 6100 1c 96 0300 00 6200 96 0100 02 4f"],
		["f(1, true);", "96 0200 05 01 96 0500 07 01000000 96 0500 07 02000000 96 0300 00 6600 3d 17"],
		["function f(a:Number):Void { return; }", "9b 0800 6600 0100 6100 0500 96 0100 03 3e"],
		["if (a) b();", "96 0300 00 6100 1c 12 9d 0200 1500 96 0500 07 00000000 96 0300 00 6200 3d 17 99 0200 0000"],
		["while (a) b();", "96 0300 00 6100 1c 12 9d 0200 1500 96 0500 07 00000000 96 0300 00 6200 3d 17 99 0200 deff"],
	])("turns %s into its bytes", (source, expected) => {
		expect(hex(source)).toBe(expected.replaceAll(" ", ""));
	});

	it.each([
		["var = 1;", 'line 1: a name was expected, not "="'],
		["\n\nf(1;", 'line 3: "," was expected, not ";"'],
		["a = 1", 'at the end: ";" was expected'],
		["f() = 1;", 'line 1: only a variable or a member can be assigned to, not "="'],
		["a ? b : c;", 'line 1: "?" is not understood'],
		["for (;;) {}", 'line 1: a value was expected, not ";"'],
		["if (a) {", "at the end: a value was expected"],
		["x = trace(1);", "trace() has no value"],
	])("refuses %s with the line", (source, message) => {
		expect(() => compile(source)).toThrow(new SyntaxError(message));
	});
});

// The code of docs/flash-client.md is that of the clients that are tested.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const SOURCES: Readonly<Record<string, string>> = {
	actionscript: read("flash/greeter.as"),
	haxe: read("flash/chat/Chat.hx"),
};
const blocks = [...read("docs/flash-client.md").matchAll(/```(actionscript|haxe)\n([\s\S]*?)```/g)].map(
	([, language, code]) => ({ language: language!, code: code!, first: code!.trim().split("\n")[0]! }),
);

it("docs/flash-client.md has code of both clients", () => {
	expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(["actionscript", "haxe"]));
});

it.each(blocks)("stands in the $language source as in the docs: $first", ({ language, code }) => {
	expect(SOURCES[language]).toContain(code);
});

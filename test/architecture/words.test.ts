// Reads the product's texts and sources, and refuses words that are always wrong in them; each failure says what to write
// instead. It does not judge test data, generated pages and CHANGELOG.md, which quotes old names. CONTRIBUTING.md, "Rules".

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./import-graph.ts";

/** Pages that programs write, and texts that quote old names. */
const NOT_WRITTEN_HERE = ["CHANGELOG.md", "docs/errors.md", "docs/options.md", "docs/xmlsocket.config.schema.json"];

const WORDS: readonly (readonly [pattern: RegExp, instead: string])[] = [
	[/\bmend(s|ed|ing)?\b/i, "fix, or hint for the text of an error"],
	[/\banew\b/i, "again"],
	[/\bwhoever\b/i, "you, a client, the user"],
	[/\bfor ever\b/i, "forever, or until …"],
	[/\bas it may\b/i, "allowed"],
	[/\bthe whole of it\b/i, "all of it"],
	[/\bstands? (in|at)\b/i, "is in, is at"],
	[/\b(gives?|given|gave) back\b/i, "returns"],
	[/\bsomebody\b/i, "a client, a user, another program"],
	[/\bis \S+ affair\b/i, "X handles it"],
	[/\ba row of\b/i, "a sequence of"],
	[/\bbe(ing)? left away\b/i, "is optional"],
	[/\b(comes?|came) back by itself\b/i, "reconnects"],
	[/\breads on where\b/i, "resumes"],
	[/\bsays again\b/i, "resends"],
	[/\bdeployments? of (a |the )?daemons?\b/i, "a cluster of daemons"],
];

const texts = execFileSync(
	"git",
	["ls-files", "src", "console", "docs", "examples", "flash", "bench", "scripts", "site", "*.md"],
	{
		cwd: root,
		encoding: "utf8",
	},
)
	.split("\n")
	.filter((file) => /\.(as|asc|css|html|hx|js|md|ts)$/.test(file) && !NOT_WRITTEN_HERE.includes(file));

/** Each forbidden word of a text, with its line and what to write instead. */
function mistakes(text: string): string[] {
	return text.split("\n").flatMap((line, at) =>
		WORDS.flatMap(([pattern, instead]) => {
			const found = pattern.exec(line);
			return found ? [`line ${at + 1}: "${found[0]}": write ${instead}`] : [];
		}),
	);
}

describe("plain words", () => {
	it.each(texts.map((file) => [file]))("%s", (file) => {
		expect(mistakes(readFileSync(join(root, file), "utf8"))).toEqual([]);
	});

	it("finds a word with its line, and what to write instead", () => {
		expect(mistakes("One line.\nThe server gives back a number.")).toEqual(['line 2: "gives back": write returns']);
	});
});

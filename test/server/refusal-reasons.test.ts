// The table of refusal reasons is the one that operators read in docs/operating.md.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERROR_CODES } from "../../src/errors/codes.ts";
import { wireCode } from "../../src/errors/index.ts";
import { REFUSAL_REASONS } from "../../src/server/refusal-reasons.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/operating.md"), "utf8");
const section = page.slice(page.indexOf("## Refusals"), page.indexOf("## Bounds"));

test("the page lists each reason with the words of the table, and no other", () => {
	const rows = [...section.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, reason, text]) => [reason, text]);
	expect(rows).toEqual(Object.entries(REFUSAL_REASONS));
});

test("the tests that the page names for its bounds exist", () => {
	const bounds = page.slice(page.indexOf("## Bounds"), page.indexOf("## Health"));
	const rows = bounds.split("\n").filter((line) => line.startsWith("| ") && !/^\| (?:kept|---)/.test(line));
	expect(rows.length).toBeGreaterThan(25);
	const names = rows.flatMap((row) =>
		[...(row.split("|").at(-2) ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
	);
	expect(names.length).toBeGreaterThanOrEqual(rows.length);
	const root = join(import.meta.dirname, "../..");
	expect(names.filter((name) => !existsSync(join(root, name)))).toEqual([]);
});

test("no reason is an error code too, whose words would differ", () => {
	const codes = new Set<string>(
		(Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]).map((code) => wireCode(code)),
	);
	expect(Object.keys(REFUSAL_REASONS).filter((reason) => codes.has(reason))).toEqual([]);
});

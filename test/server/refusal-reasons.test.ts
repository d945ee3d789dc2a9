// The table of refusal reasons is the one that operators read in docs/operating.md.

import { readFileSync } from "node:fs";
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

test("no reason is an error code too, whose words would differ", () => {
	const codes = new Set<string>(
		(Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]).map((code) => wireCode(code)),
	);
	expect(Object.keys(REFUSAL_REASONS).filter((reason) => codes.has(reason))).toEqual([]);
});

// Writes the results of a benchmark into a page of docs/, between the two marks of its part, so that the page contains only measured
// numbers there. It writes only with `npm run bench PART -- --write`.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const docs = new URL("../docs/", import.meta.url);

/** Whether the run was asked to write its figures down. */
export const writes = process.argv.includes("--write");

/** A table in Markdown. */
export function table(heads, rows) {
	const line = (cells) => `| ${cells.join(" | ")} |`;
	return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The middle one of an odd number of values, the upper middle one of an even number. */
export function median(values) {
	return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** A page with `text` between `<!-- PART -->` and `<!-- end PART -->`. */
export function replaceBlock(page, part, text) {
	const begin = `<!-- ${part} -->`;
	const end = `<!-- end ${part} -->`;
	const from = page.indexOf(begin);
	const to = page.indexOf(end);
	if (from === -1 || to < from) throw new Error(`The page has no place for "${part}": ${begin} … ${end}`);
	return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** Writes `text` into the block of a part in a page of docs/. */
export function writeSection(part, text, name = "performance.md") {
	const page = fileURLToPath(new URL(name, docs));
	writeFileSync(page, replaceBlock(readFileSync(page, "utf8"), part, text));
	console.log(`\nWritten to docs/${name}.`);
}

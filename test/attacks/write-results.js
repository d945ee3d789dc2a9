// `node test/attacks/write-results.js FILE…`: puts the results of campaigns (`npm run attack -- --json FILE`) into the table of
// docs/attacks.md, the later file first, and prints the counts for the text above it. Rows of attacks that were not run stay as they are.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = join(import.meta.dirname, "../../docs/attacks.md");
const MIB = 1024 * 1024;

/** @type {Map<string, string>} */
const rows = new Map();
for (const file of process.argv.slice(2)) {
	for (const result of JSON.parse(readFileSync(file, "utf8")).results) rows.set(result.name, rowOf(result));
}
const lines = readFileSync(PAGE, "utf8").split("\n");
const written = lines.map((line) => {
	const name = /^\| `([^`]+)` /.exec(line)?.[1];
	const row = name === undefined ? undefined : rows.get(name);
	if (name !== undefined) rows.delete(name);
	return row ?? line;
});
const last = written.findLastIndex((line) => line.startsWith("|"));
written.splice(last + 1, 0, ...rows.values());
writeFileSync(PAGE, written.join("\n"));
const table = written.filter((line) => line.startsWith("| `"));
for (const verdict of ["ok", "FAIL", "inconclusive"]) {
	console.log(`${verdict}: ${table.filter((line) => line.endsWith(`| ${verdict} |`)).length}`);
}

/** @param {any} result @returns {string} */
function rowOf(result) {
	const { name, what, quiet, attacked, cpuShare, rssRiseBytes, counts, refusals, recoveryMs, verdict } = result;
	const delays = (/** @type {{ live?: number, stored?: number }} */ { live, stored }) => `${ms(live)} / ${ms(stored)}`;
	return `| ${[
		`\`${name}\``,
		// An element that it names is not markup.
		what.replaceAll("<", "&lt;"),
		delays(quiet),
		delays(attacked),
		`${Math.round(cpuShare * 100)} %`,
		rssRiseBytes == null ? "" : `${rssRiseBytes < 0 ? "" : "+"}${Math.round(rssRiseBytes / MIB)}`,
		`${counts.lost} / ${counts.duplicated} / ${counts.disconnected}`,
		Object.entries(refusals)
			.map(([reason, count]) => `\`${reason}\` ${count}`)
			.join(", "),
		recoveryMs == null ? "" : (recoveryMs / 1000).toFixed(1),
		verdict,
	].join(" | ")} |`;
}

/** @param {number | null | undefined} value */
function ms(value) {
	return value == null ? "–" : String(Math.round(value));
}

// `npm run bench [part…]` runs the benchmarks, each part with its peers in one run, and prints ratios. Absolute numbers of one machine
// mean little, so it compares only programs that take turns in one run. With `-- --write` a part also writes its results into
// docs/performance.md.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const parts = readdirSync(here, { withFileTypes: true })
	.filter((entry) => entry.isDirectory() && existsSync(join(here, entry.name, "run.js")))
	.map((entry) => entry.name)
	.sort();
const flags = process.argv.slice(2).filter((word) => word.startsWith("--"));
const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const unknown = wanted.filter((name) => !parts.includes(name));
if (unknown.length > 0) {
	console.error(`There is no benchmark "${unknown.join('", "')}"; there are: ${parts.join(", ")}.`);
	process.exit(2);
}
let failed = false;
for (const part of wanted.length > 0 ? wanted : parts) {
	console.log(`\n# ${part}\n`);
	failed =
		spawnSync(process.execPath, [join(here, part, "run.js"), ...flags], { stdio: "inherit" }).status !== 0 || failed;
}
process.exit(failed ? 1 : 0);

// Runs the tests on other releases of Node, each fetched as a package for this run only. Arguments choose the releases; what follows
// `--` goes to vitest: `npm run matrix -- 22 26 -- --project unit`.

import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

const RELEASES = ["20", "22", "24", "26"];
const given = process.argv.slice(2);
const end = given.includes("--") ? given.indexOf("--") : given.length;
const releases = end > 0 ? given.slice(0, end) : RELEASES;
const vitest = ["node_modules/vitest/vitest.mjs", "run", ...given.slice(end + 1)];

const failed = releases.filter((release) => {
	console.log(`\n== Node ${release}`);
	// npx is a batch file on Windows, which only a shell runs.
	const { status } = spawnSync("npx", ["--yes", "--package", `node@${release}`, "--", "node", ...vitest], {
		stdio: "inherit",
		shell: process.platform === "win32",
	});
	return status !== 0;
});
console.log(failed.length === 0 ? "\nAll releases passed." : `\nFailed on Node ${failed.join(", ")}.`);
process.exit(failed.length === 0 ? 0 : 1);

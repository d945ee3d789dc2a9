// Runs the tests on other releases of Node, each fetched as a package for this run only.

import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

const releases = process.argv.length > 2 ? process.argv.slice(2) : ["20", "22", "24"];
const failed = releases.filter((release) => {
	console.log(`\n== Node ${release}`);
	return (
		spawnSync("npx", ["--yes", "--package", `node@${release}`, "--", "node", "node_modules/vitest/vitest.mjs", "run"], {
			stdio: "inherit",
		}).status !== 0
	);
});
console.log(failed.length === 0 ? "\nAll releases passed." : `\nFailed on Node ${failed.join(", ")}.`);
process.exit(failed.length === 0 ? 0 : 1);

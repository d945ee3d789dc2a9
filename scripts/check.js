// Everything that can be known without running the product: types, lint and format, who imports whom, dead code, the shape
// of the package. Runs all of them and says at the end which failed.

import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

const checks = [
	["build", "node", ["scripts/build.js"]],
	["types of the tests", "npx", ["tsc", "-p", "test/tsconfig.json"]],
	["types of the page", "npx", ["tsc", "-p", "console/tsconfig.json"]],
	["types of the site", "npx", ["tsc", "-p", "site/tsconfig.json"]],
	["lint and format", "npx", ["biome", "check", "--error-on-warnings"]],
	["architecture", "npx", ["vitest", "run", "test/architecture"]],
	["reference pages", "node", ["scripts/docs.js", "--check"]],
	["dead code", "npx", ["knip"]],
	["package shape", "npx", ["publint", "--strict"]],
	["types of the package", "npx", ["attw", "--pack", "--profile", "esm-only", "--quiet"]],
];

const failed = [];
for (const [name, command, args] of checks) {
	console.log(`\n== ${name}`);
	const { status } = spawnSync(command, args, { stdio: "inherit" });
	if (status !== 0) failed.push(name);
}
console.log(failed.length === 0 ? `\n${checks.length} checks passed.` : `\nFailed: ${failed.join(", ")}.`);
process.exit(failed.length === 0 ? 0 : 1);

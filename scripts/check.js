// Everything that can be known without running the product: types, lint and format, who imports whom, dead code, the shape
// of the package. Runs all of them and says at the end which failed.

import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

const checks = [
	["build", ["node", "scripts/build.js"]],
	["types of the tests", ["tsc", "-p", "test/tsconfig.json"]],
	["types of the page", ["tsc", "-p", "console/tsconfig.json"]],
	["types of the site", ["tsc", "-p", "site/tsconfig.json"]],
	["lint and format", ["biome", "check", "--error-on-warnings"]],
	["architecture", ["vitest", "run", "test/architecture"]],
	["reference pages", ["node", "scripts/docs.js", "--check"]],
	["dead code", ["knip"]],
	["package shape", ["publint", "--strict"]],
	["types of the package", ["attw", "--pack", "--profile", "esm-only", "--quiet"]],
];

const failed = [];
for (const [name, [command, ...args]] of checks) {
	console.log(`\n== ${name}`);
	// npx is a batch file on Windows, which only a shell runs. No word here needs quotes.
	const { status } =
		command === "node"
			? spawnSync(process.execPath, args, { stdio: "inherit" })
			: spawnSync(["npx", command, ...args].join(" "), { stdio: "inherit", shell: true });
	if (status !== 0) failed.push(name);
}
console.log(failed.length === 0 ? `\n${checks.length} checks passed.` : `\nFailed: ${failed.join(", ")}.`);
process.exit(failed.length === 0 ? 0 : 1);

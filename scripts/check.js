// Everything that can be known without running the product: types, lint and format, who imports whom, dead code, the shape
// of the package. After the build the checks run side by side, as many as there are cores. Prints the output of each when it has ended, and
// says at the end which failed.

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

const build = ["build", "node", ["scripts/build.js"]];
/** The longest first. */
const checks = [
	["types of the tests", "npx", ["tsc", "-p", "test/tsconfig.json"]],
	["lint and format", "npx", ["biome", "check", "--error-on-warnings"]],
	["architecture", "npx", ["vitest", "run", "test/architecture"]],
	["types of the package", "npx", ["attw", "--pack", "--profile", "esm-only", "--quiet"]],
	["package shape", "npx", ["publint", "--strict"]],
	["dead code", "npx", ["knip"]],
	["types of the page", "npx", ["tsc", "-p", "console/tsconfig.json"]],
	["types of the site", "npx", ["tsc", "-p", "site/tsconfig.json"]],
	["reference pages", "node", ["scripts/docs.js", "--check"]],
];

const failed = [];
await run(build);
const waiting = [...checks];
await Promise.all(
	Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
		for (let check = waiting.shift(); check; check = waiting.shift()) await run(check);
	}),
);
console.log(failed.length === 0 ? `\n${checks.length + 1} checks passed.` : `\nFailed: ${failed.join(", ")}.`);
process.exit(failed.length === 0 ? 0 : 1);

function run([name, command, args]) {
	return new Promise((resolve) => {
		const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
		let output = "";
		for (const stream of [child.stdout, child.stderr])
			stream.setEncoding("utf8").on("data", (text) => {
				output += text;
			});
		child.on("error", (error) => {
			output += `${error.message}\n`;
		});
		child.on("close", (status) => {
			if (status !== 0) failed.push(name);
			console.log(`\n== ${name}${status === 0 ? "" : ": failed"}\n${output.trimEnd()}`);
			resolve();
		});
	});
}

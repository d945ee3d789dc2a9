// Builds everything into dist/: the package with `tsc -b`, one file for one file, and beside it the web pages and the script that is inside an
// application's context. Does nothing when nothing changed. `npm test` and others begin with it. With --unchecked, for `npm start`, it does not check
// types, which is most of the work.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

/** What the output is made from. Any file of src/ may be in a bundle. */
const FOLDERS = ["src", "console", "flash"];
const FILES = ["package-lock.json", "tsconfig.base.json", "tsconfig.json", "scripts/build.js"];
/** A configuration of the bundler, and a file that it makes. */
const BUNDLES = [
	["console/vite.config.ts", "dist/console/index.html"],
	["console/admin/vite.config.ts", "dist/admin-page/index.html"],
	["src/asc/runtime/vite.config.ts", "dist/asc/runtime.js"],
];
const MAIN = "dist/cli/main.js";
/** The hash of the sources that dist/ was made from. */
const RECORD = "dist/.sources";
const TSC = "node_modules/typescript/bin/tsc";
const isUnchecked = process.argv.includes("--unchecked");

/** A hash of all sources: their paths and contents. */
function hashOfSources() {
	const hash = createHash("sha256");
	const files = FOLDERS.flatMap((folder) =>
		readdirSync(folder, { withFileTypes: true, recursive: true })
			.filter((entry) => entry.isFile())
			.map((entry) => join(entry.parentPath, entry.name)),
	);
	for (const file of [...FILES, ...files.sort()]) hash.update(file).update("\0").update(readFileSync(file));
	return hash.digest("hex");
}

/** Runs the compiler. @returns its exit code */
const compile = () =>
	new Promise((resolve) => {
		const flags = isUnchecked ? ["--noCheck"] : [];
		spawn(process.execPath, [TSC, "-b", ...flags], { stdio: "inherit" }).on("exit", resolve);
	});

async function bundle() {
	const { build } = await import("vite");
	for (const [configFile] of BUNDLES) await build({ configFile, logLevel: "warn" });
}

/** Removes what was made of a source that is no more, so that no package contains it. */
function removeOrphans() {
	for (const entry of readdirSync("dist", { withFileTypes: true, recursive: true })) {
		const file = join(entry.parentPath, entry.name);
		const [, folder] = file.split(sep);
		const made = /^(.+?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(file)?.[1];
		if (made === undefined || ["console", "admin-page"].includes(folder) || file === join("dist", "asc", "runtime.js"))
			continue;
		if (!existsSync(`${made.replace("dist", "src")}.ts`)) rmSync(file);
	}
}

/** Makes `npx xmlsocket` work in this folder: npm links the commands of installed packages, not those of the package itself. */
function linkCommand() {
	const link = join("node_modules", ".bin", "xmlsocket");
	if (process.platform === "win32") writeFileSync(`${link}.cmd`, '@node "%~dp0\\..\\..\\dist\\cli\\main.js" %*\r\n');
	else if (!existsSync(link)) symlinkSync(join("..", "..", "dist", "cli", "main.js"), link);
}

/** Shows on a terminal that something happens. @returns ends it */
function showProgress() {
	const { stderr } = process;
	if (!stderr.isTTY) return () => {};
	const begun = performance.now();
	stderr.write(existsSync(MAIN) ? "Building what changed …" : "Building for the first time …");
	const timer = setInterval(() => stderr.write("."), 500);
	return () => {
		clearInterval(timer);
		stderr.write(` ${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
	};
}

if (!existsSync(TSC)) {
	console.error("The build needs the development dependencies: run `npm install` first (without --omit=dev).");
	process.exit(1);
}
const sources = hashOfSources();
const outputs = [RECORD, MAIN, ...BUNDLES.map(([, output]) => output)];
const isCurrent = () => {
	const [made, unchecked] = readFileSync(RECORD, "utf8").split(" ");
	return made === sources && (isUnchecked || unchecked === undefined);
};
if (!outputs.every(existsSync) || !isCurrent()) {
	const showEnd = showProgress();
	const [code] = await Promise.all([compile(), bundle()]).catch((error) => {
		console.error(error);
		return [1];
	});
	showEnd();
	if (code !== 0) process.exit(1);
	removeOrphans();
	chmodSync(MAIN, 0o755);
	writeFileSync(RECORD, isUnchecked ? `${sources} unchecked` : sources);
}
linkCommand();

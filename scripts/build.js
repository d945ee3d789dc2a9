// Builds everything into dist/: the package with `tsc -b`, one file for one file, then the web pages and
// the script that stands inside an application's context. Quick when nothing
// changed. `npm start`, `npm test`, `npm run bench` and `npm pack` begin with it.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

const bin = (name) => join(root, "node_modules", ".bin", name);
const run = (name, ...args) => execFileSync(bin(name), args, { stdio: "inherit", shell: process.platform === "win32" });

/** A hash of every file below the folders: their paths and contents. */
function hashOf(folders) {
	const hash = createHash("sha256");
	for (const folder of folders) {
		for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }).sort(byPath)) {
			if (entry.isFile())
				hash
					.update(pathOf(entry))
					.update("\0")
					.update(readFileSync(pathOf(entry)));
		}
	}
	return hash.digest("hex");
}

const pathOf = (entry) => join(entry.parentPath, entry.name);
const byPath = (a, b) => (pathOf(a) < pathOf(b) ? -1 : 1);

/** Bundles what a configuration says, unless the bundle was made of these sources. Any file of src/ may be in a bundle. */
function buildUnlessCurrent(output, sources, config) {
	const record = `${output}.sources`;
	if (existsSync(output) && existsSync(record) && readFileSync(record, "utf8") === sources) return;
	run("vite", "build", "--config", config, "--logLevel", "warn");
	writeFileSync(record, sources);
}

/** Makes `npx xmlsocket` work in this folder: npm links the commands of installed packages, not those of the package itself. */
function linkCommand() {
	if (process.platform === "win32") {
		writeFileSync(
			join(root, "node_modules", ".bin", "xmlsocket.cmd"),
			'@node "%~dp0\\..\\..\\dist\\cli\\main.js" %*\r\n',
		);
	} else if (!existsSync(bin("xmlsocket"))) symlinkSync(join("..", "..", "dist", "cli", "main.js"), bin("xmlsocket"));
}

if (!existsSync(bin("tsc"))) {
	console.error("The build needs the development dependencies: run `npm install` first (without --omit=dev).");
	process.exit(1);
}
try {
	run("tsc", "-b");
	chmodSync("dist/cli/main.js", 0o755);
	linkCommand();
	const sources = hashOf(["src", "console", "flash"]);
	buildUnlessCurrent("dist/console/index.html", sources, "console/vite.config.ts");
	buildUnlessCurrent("dist/admin-page/index.html", sources, "console/admin/vite.config.ts");
	buildUnlessCurrent("dist/asc/runtime.js", sources, "src/asc/runtime/vite.config.ts");
} catch (error) {
	process.exit(error.status ?? 1);
}

// Builds everything into dist/: the package with `tsc -b`, one file for one file, then the web pages and
// the script that stands inside an application's context. Quick when nothing
// changed. `npm start`, `npm test`, `npm run bench` and `npm pack` begin with it.

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

const bin = (name) => join(root, "node_modules", ".bin", name);
const run = (name, ...args) => execFileSync(bin(name), args, { stdio: "inherit", shell: process.platform === "win32" });

/** The time of the newest file below a folder. */
function newest(folder) {
	let latest = 0;
	for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
		if (entry.isFile()) latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
	}
	return latest;
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
	const sources = Math.max(
		...["console", "flash", "src/browser", "src/client", "src/xml", "src/wire", "src/link"].map(newest),
	);
	const page = "dist/console/index.html";
	if (!existsSync(page) || statSync(page).mtimeMs < sources)
		run("vite", "build", "--config", "console/vite.config.ts", "--logLevel", "warn");
	const runtime = "dist/asc/runtime.js";
	if (!existsSync(runtime) || statSync(runtime).mtimeMs < Math.max(...["src/asc/runtime", "src/xml"].map(newest)))
		run("vite", "build", "--config", "src/asc/runtime/vite.config.ts", "--logLevel", "warn");
} catch (error) {
	process.exit(error.status ?? 1);
}

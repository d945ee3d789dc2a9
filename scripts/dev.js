// `npm run dev [-- FLAGS]`: the daemon from the sources. A change of src/ is compiled, and the daemon is restarted with the same flags;
// then the web pages are bundled again. A mistake leaves the running daemon as it is.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

const FOLDERS = ["src", "console", "flash"];
/** Editors write a file in several steps. */
const SETTLE_MS = 50;
const flags = process.argv.slice(2);
const tsc = join("node_modules", "typescript", "bin", "tsc");

let daemon;
let stopping = false;
let isBuilding = false;
let isChanged = false;
let timer;

/** Runs a script of Node to its end. @returns whether it succeeded. */
const succeeds = (...args) =>
	new Promise((resolve) => {
		spawn(process.execPath, args, { stdio: "inherit" }).on("exit", (code) => resolve(code === 0));
	});

function start() {
	daemon = spawn(process.execPath, ["dist/cli/main.js", "serve", ...flags], { stdio: "inherit" });
	const started = daemon;
	daemon.on("exit", (code) => {
		if (stopping) process.exit(code ?? 0);
		if (started === daemon && code)
			console.error(`dev: the daemon ended with ${code}; it starts again at the next change.`);
	});
}

/** Stops the daemon; clients reconnect to the next one. */
async function stop() {
	if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return;
	const ended = new Promise((resolve) => daemon.once("exit", resolve));
	const stopped = daemon;
	daemon = undefined;
	// The second signal skips the time that clients get to leave.
	stopped.kill("SIGTERM");
	stopped.kill("SIGTERM");
	await ended;
}

async function rebuild() {
	isBuilding = true;
	while (isChanged) {
		isChanged = false;
		const begun = performance.now();
		if (!(await succeeds(tsc, "-b"))) {
			console.error("dev: the sources do not compile; the daemon runs on as it was.");
			continue;
		}
		await stop();
		start();
		console.error(`dev: restarted ${Math.round(performance.now() - begun)} ms after the change.`);
		await succeeds("scripts/build.js");
	}
	isBuilding = false;
}

function changed(_, name) {
	// The compiler and the bundler write next to the sources for a moment.
	if (name === null || !/\.(ts|tsx|js|json|html|css|swf)$/.test(name) || name.includes(".timestamp-")) return;
	isChanged = true;
	clearTimeout(timer);
	timer = setTimeout(() => {
		if (!isBuilding) void rebuild();
	}, SETTLE_MS);
}

if (spawnSync(process.execPath, ["scripts/build.js"], { stdio: "inherit" }).status !== 0) process.exit(1);
for (const folder of FOLDERS) if (existsSync(folder)) watch(folder, { recursive: true }, changed);
for (const signal of ["SIGINT", "SIGTERM"]) {
	process.on(signal, () => {
		stopping = true;
		if (daemon?.exitCode === null) daemon.kill("SIGTERM");
		else process.exit(0);
	});
}
start();

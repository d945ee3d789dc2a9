// Writes the results of a benchmark as data, with the machine that measured them: bench/results/NAME.json.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/** More than this share of the processors used by others: the absolute numbers mean little, and the ratios vary more. */
const BUSY_SHARE = 0.1;
const SAMPLE_MS = 2000;

/** Seconds of all processors that programs used, and that passed. */
function machineSeconds() {
	const [user, nice, system, idle, wait, irq, softIrq, steal] = readFileSync("/proc/stat", "utf8")
		.split("\n")[0]
		.split(/\s+/)
		.slice(1)
		.map((ticks) => Number(ticks) / 100);
	// Interrupts belong to no program; stolen time went to other machines.
	return { used: user + nice + system + steal, all: user + nice + system + idle + wait + irq + softIrq + steal };
}

/** Seconds of this process and of its children that have ended. */
function ownSeconds() {
	const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ");
	return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) / 100, 0);
}

/** Watches the machine while a benchmark runs. All its processes must have ended when `stop` is called. */
export function watchMachine() {
	const loads = [];
	const load = () => Math.round(loadavg()[0] * 100) / 100;
	const start = load();
	const timer = setInterval(() => loads.push(load()), SAMPLE_MS);
	timer.unref();
	const before = { ...machineSeconds(), own: ownSeconds() };
	return {
		/** The load averages of a minute, and the share of the processors that other programs used. */
		stop() {
			clearInterval(timer);
			const after = machineSeconds();
			const others = after.used - before.used - (ownSeconds() - before.own);
			const share = Math.max(0, Math.round((others / (after.all - before.all)) * 100) / 100);
			return { start, highest: Math.max(start, ...loads), end: load(), othersShare: share, busy: share > BUSY_SHARE };
		},
	};
}

const git = (...words) => execFileSync("git", words, { cwd: root, encoding: "utf8" }).trim();

/** The commit of the sources, with a mark if they are different from it. */
function commit() {
	try {
		const changed = git("status", "--porcelain", "--", "src", "bench") !== "";
		return `${git("rev-parse", "HEAD")}${changed ? " with changes" : ""}`;
	} catch {
		return "unknown";
	}
}

/** The machine, its programs and the commit, for the head of a result. */
export function about(command) {
	return {
		command,
		commit: commit(),
		date: new Date().toISOString().slice(0, 10),
		machine: {
			cpu: cpus()[0].model,
			cores: cpus().length,
			memoryGiB: Math.round(totalmem() / 2 ** 30),
			kernel: `${type()} ${release()}`,
			node: process.version,
		},
	};
}

/** Writes `bench/results/NAME.json`. */
export function saveResult(name, result) {
	const folder = `${root}bench/results`;
	mkdirSync(folder, { recursive: true });
	writeFileSync(`${folder}/${name}.json`, `${JSON.stringify(result, null, "\t")}\n`);
	console.log(`\nWritten to bench/results/${name}.json.`);
}

// `npm run fuzz`: random and mutated inputs for everything that reads bytes of others. It bundles the targets with the sources, so that
// they run at full speed, and runs each target in a thread. Progress and findings on standard error, a table on standard output; exit
// code 1 where anything was found. CONTRIBUTING.md, "The fuzzer".

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { build } from "vite";

const here = import.meta.dirname;
/** Of this run alone; it must be below the project, where packages are found. */
const buildFolder = join(here, "build", String(process.pid));
const bundle = join(buildFolder, "main.js");
process.on("exit", () => rmSync(buildFolder, { recursive: true, force: true }));
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
const MOST_INPUT_BYTES = 65_536;
const HEAD_BYTES = 16;
/** An input that takes longer than this never ends. */
const HANG_MS = 20_000;
const WATCH_MS = 1000;
const MOST_KEPT = 3000;
const EVERY = Number.MAX_SAFE_INTEGER;

/** @typedef {{ input: Uint8Array, original: Uint8Array, seed: number, error: string }} Finding */
/** @typedef {{ executions: number, seconds: number, kept: Uint8Array[], reached: number, slowestMs: number, findings: Finding[] }} Report */

/** All targets, with their executions in a quick run, which is part of `npm test`. Together they are a million. */
const TARGETS = {
	framer: 720_000,
	stream: 30_000,
	parser: 30_000,
	xml: 8000,
	"well-formed": 15_000,
	recognise: 60_000,
	"proxy-header": 80_000,
	policy: 10_000,
	codec: 20_000,
	entries: 80_000,
	patterns: 4000,
	config: 200,
	arguments: 1000,
	chat: 300,
	http: 500,
	replay: 5000,
	traffic: 4000,
	filter: 4000,
	recording: 2000,
};
const NAMES = Object.keys(TARGETS);
const flags = readFlags();
await build({
	configFile: false,
	root: join(here, "../.."),
	logLevel: "warn",
	build: {
		ssr: join(here, "main.ts"),
		outDir: buildFolder,
		emptyOutDir: true,
		target: "node20",
		minify: false,
		rollupOptions: { output: { entryFileNames: "main.js" } },
	},
});
if (flags.repeat) await repeat(flags.repeat);

console.error(`Seed ${flags.seed}: ${flags.targets.join(", ")}.`);
const row = (/** @type {readonly unknown[]} */ cells) => console.log(`| ${cells.join(" | ")} |`);
row(["target", "executions", "a second", "code reached", "new inputs", "slowest input", "findings"]);
row(Array.from({ length: 7 }, () => "---"));
let found = 0;
let total = 0;
const number = (/** @type {number} */ value) => value.toLocaleString("en");
const share = (flags.milliseconds / flags.targets.length) * flags.threads;
const waiting = [...flags.targets.entries()];
await Promise.all(
	Array.from({ length: flags.threads }, async () => {
		for (let next = waiting.shift(); next; next = waiting.shift()) await runTarget(...next);
	}),
);
console.error(`${number(total)} executions, ${found} findings; seed ${flags.seed}.`);
process.exit(found > 0 ? 1 : 0);

/** @param {number} at @param {string} target */
async function runTarget(at, target) {
	const corpus = [...readInputs(join(here, "corpus", `${target}.ndjson`)), ...readInputs(keptFile(target))];
	const seed = (flags.seed + at * 7919) >>> 0;
	const { guided } = flags;
	const executions = flags.quick ? TARGETS[/** @type {keyof typeof TARGETS} */ (target)] : flags.executions;
	const report = await runThread(target, { target, seed, milliseconds: share, executions, guided, corpus });
	keep(target, report.kept);
	for (const finding of report.findings) save(target, finding);
	found += report.findings.length;
	total += report.executions;
	const rate = Math.round(report.executions / Math.max(report.seconds, 0.001));
	const slowest = `${report.slowestMs.toFixed(1)} ms`;
	row([
		target,
		...[report.executions, rate, report.reached].map(number),
		report.kept.length,
		slowest,
		report.findings.length,
	]);
}

/**
 * Runs a target in a thread of its own, which is ended where an input never ends.
 *
 * @param {string} name
 * @param {Record<string, unknown>} task
 * @returns {Promise<Report>}
 */
function runThread(name, task) {
	const current = new SharedArrayBuffer(HEAD_BYTES + MOST_INPUT_BYTES);
	const numbers = new Uint32Array(current, 0, 3);
	const worker = new Worker(bundle, { workerData: { ...task, current } });
	const begunMs = performance.now();
	let last = -1;
	let sinceMs = performance.now();
	let executions = 0;
	return new Promise((done) => {
		const failed = (/** @type {string} */ error) => {
			clearInterval(timer);
			const length = Math.min(/** @type {number} */ (numbers[2]), MOST_INPUT_BYTES);
			const input = Uint8Array.from(new Uint8Array(current, HEAD_BYTES, length));
			const finding = { input, original: input, seed: /** @type {number} */ (numbers[1]), error };
			const seconds = (performance.now() - begunMs) / 1000;
			done({ executions, seconds, kept: [], reached: 0, slowestMs: 0, findings: [finding] });
		};
		const timer = setInterval(() => {
			const count = /** @type {number} */ (numbers[0]);
			if (count !== last) {
				executions += (count - Math.max(0, last)) >>> 0;
				last = count;
				sinceMs = performance.now();
			} else if (performance.now() - sinceMs > HANG_MS && last >= 0) {
				void worker.terminate();
				failed(`An input of ${name} did not end within ${HANG_MS / 1000} s.`);
			}
		}, WATCH_MS);
		worker.on("message", ({ report }) => {
			clearInterval(timer);
			void worker.terminate();
			done(report);
		});
		worker.on("error", (error) => failed(String(error.stack ?? error)));
	});
}

/** Runs the input of one saved finding again. @param {string} file @returns {Promise<never>} */
function repeat(file) {
	const { target, seed, input } = JSON.parse(readFileSync(file, "utf8"));
	const once = { input: Buffer.from(input, "latin1"), seed };
	const worker = new Worker(bundle, { workerData: { target, repeat: once } });
	return new Promise(() => {
		worker.on("message", () => {
			console.error("The input causes no failure.");
			process.exit(0);
		});
		worker.on("error", (error) => {
			console.error(error);
			process.exit(1);
		});
	});
}

/** @param {string} target @param {Finding} finding */
function save(target, { input, original, seed, error }) {
	const folder = join(here, "findings");
	mkdirSync(folder, { recursive: true });
	const file = join(folder, `${target}-${seed}.json`);
	const text = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString("latin1");
	const saved = { target, seed, input: text(input), original: text(original), error };
	writeFileSync(file, `${JSON.stringify(saved, null, "\t")}\n`);
	console.error(`\n${target}: ${error}`);
	console.error(`  input (one character for each byte): ${JSON.stringify(text(input)).slice(0, 2000)}`);
	console.error(`  seed ${seed}; again: npm run fuzz -- --repeat ${file}\n`);
}

// --- inputs in files: one JSON string on each line, with one character for each byte

/** @param {string} target */
function keptFile(target) {
	return join(here, "kept", `${target}.ndjson`);
}

/** @param {string} file @returns {Uint8Array[]} */
function readInputs(file) {
	if (!existsSync(file)) return [];
	const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
	return lines.map((line) => Uint8Array.from(Buffer.from(JSON.parse(line), "latin1")));
}

/** @param {string} target @param {readonly Uint8Array[]} inputs */
function keep(target, inputs) {
	if (inputs.length === 0) return;
	mkdirSync(join(here, "kept"), { recursive: true });
	const all = [...readInputs(keptFile(target)), ...inputs].slice(-MOST_KEPT);
	const lines = all.map((input) => JSON.stringify(Buffer.from(input).toString("latin1")));
	writeFileSync(keptFile(target), `${lines.join("\n")}\n`);
}

function readFlags() {
	const options = /** @type {const} */ ({
		minutes: { type: "string", default: "5" },
		only: { type: "string", multiple: true, default: [] },
		seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
		executions: { type: "string" },
		threads: { type: "string", default: "1" },
		quick: { type: "boolean", default: false },
		repeat: { type: "string" },
		list: { type: "boolean", default: false },
	});
	try {
		const { values } = parseArgs({ options });
		if (values.list) {
			console.log(NAMES.join("\n"));
			process.exit(0);
		}
		const unknown = values.only.filter((name) => !NAMES.includes(name));
		if (unknown.length > 0) throw new Error(`There is no target "${unknown.join('", "')}"; --list names them.`);
		return {
			// A quick run ends by its number of executions, however slow the machine is.
			milliseconds: values.quick ? EVERY : numberOf("minutes", values.minutes, 100_000) * 60_000,
			executions: values.executions === undefined ? EVERY : numberOf("executions", values.executions, EVERY),
			seed: numberOf("seed", values.seed, 2 ** 32 - 1),
			targets: NAMES.filter((name) => values.only.length === 0 || values.only.includes(name)),
			quick: values.quick,
			threads: Math.max(1, numberOf("threads", values.threads, 64)),
			// To measure coverage takes most of a short time.
			guided: !values.quick,
			repeat: values.repeat === undefined ? undefined : resolve(values.repeat),
		};
	} catch (error) {
		console.error(/** @type {Error} */ (error).message);
		return process.exit(2);
	}
}

/** @param {string} flag @param {string} text @param {number} most */
function numberOf(flag, text, most) {
	const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
	if (value >= 0 && value <= most) return value;
	throw new Error(`--${flag} takes a number from 0 to ${most}, not "${text}".`);
}

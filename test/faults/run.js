// `npm run faults [-- --rounds N --seed S --only NAME --at-once N --list --memory]`: the fault campaign. Progress and findings on
// standard error, a table on standard output; exit code 1 where anything was wrong. Plain JavaScript beside the built command: it
// tests what is shipped, from outside, and shares no code with it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runFault } from "./campaign.js";
import { CLUSTER } from "./cluster-faults.js";
import { EMBEDDED } from "./faults.js";
import { inside } from "./network.js";
import { killAll } from "./processes.js";
import { WORKER_FAULTS } from "./worker-faults.js";

const FAULTS = [...EMBEDDED, ...WORKER_FAULTS, ...CLUSTER];
const PROGRESS_MS = 1000;
const HEADS = ["fault", "rounds", "messages", "deliveries", "lost", "twice", "out of order", "untold gaps", "other"];
const TIMES = ["longest stall", "recovery, median", "worst"];

/** @typedef {import("./faults.js").Fault} Fault */

const { rounds, seed, wanted, atOnce, memory } = readFlags();
if (wanted.some(({ topology }) => topology?.network)) inside();
const folder = mkdtempSync(join(tmpdir(), "xmlsocket-faults-"));
let failed = false;
/** What would be left behind if it ended now. @type {Map<Fault, () => void>} */
const untidy = new Map();
process.on("exit", () => {
	killAll();
	for (const tidy of untidy.values()) tidy();
	if (!failed) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

console.error(`Seed ${seed}: the same schedule comes again with --seed ${seed} --rounds ${rounds}.`);
const row = (/** @type {readonly unknown[]} */ cells) => console.log(`| ${cells.join(" | ")} |`);
row([...HEADS, ...TIMES]);
row([...HEADS, ...TIMES].map(() => "---"));
const waiting = wanted.filter((fault) => !isSkipped(fault));
await Promise.all(
	Array.from({ length: atOnce }, async () => {
		for (let fault = waiting.shift(); fault; fault = waiting.shift()) report(fault, await run(fault));
	}),
);
process.exit(failed ? 1 : 0);

function readFlags() {
	const options = /** @type {const} */ ({
		rounds: { type: "string", default: "20" },
		seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
		only: { type: "string", multiple: true, default: [] },
		"at-once": { type: "string", default: "1" },
		list: { type: "boolean", default: false },
		memory: { type: "boolean", default: false },
	});
	try {
		const { values } = parseArgs({ options });
		if (values.list) {
			for (const { name, what } of FAULTS) console.log(`${name.padEnd(24)} ${what}`);
			process.exit(0);
		}
		const unknown = values.only.filter((name) => !FAULTS.some((fault) => fault.name === name));
		if (unknown.length > 0) throw new Error(`There is no fault "${unknown.join('", "')}"; --list names them.`);
		return {
			rounds: wholeNumber("rounds", values.rounds, 999_999),
			atOnce: wholeNumber("at-once", values["at-once"], 16),
			seed: values.seed,
			memory: values.memory,
			wanted: FAULTS.filter(({ name }) => values.only.length === 0 || values.only.includes(name)),
		};
	} catch (error) {
		console.error(/** @type {Error} */ (error).message);
		return process.exit(2);
	}
}

/** @param {string} flag @param {string} text @param {number} most */
function wholeNumber(flag, text, most) {
	const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
	if (value >= 1 && value <= most) return value;
	throw new Error(`--${flag} takes a whole number from 1 to ${most}, not "${text}".`);
}

// A deployment's faults run once the command offers it; with CI=true a missing program is a failure.
/** @param {Fault} fault */
function isSkipped({ name, absent }) {
	const why = absent?.();
	if (why === undefined) return false;
	console.error(`${name}: skipped, ${why}`);
	if (process.env.CI === "true" && !/^not (offered|permitted)/.test(why)) failed = true;
	return true;
}

/** @param {Fault} fault */
async function run(fault) {
	let saidMs = Number.NEGATIVE_INFINITY;
	const outcome = await runFault(fault, {
		folder,
		rounds,
		seed,
		// A daemon without its folder breaks the promise at the first kill: it shows that a broken promise is found.
		flags: memory ? ["--memory"] : [],
		onSpell: (spell) => untidy.set(fault, () => fault.tidy?.(spell)),
		progress(words) {
			const atMs = performance.now();
			if (atMs - saidMs < PROGRESS_MS) return;
			saidMs = atMs;
			console.error(words);
		},
	});
	untidy.delete(fault);
	return outcome;
}

/** @param {Fault} fault @param {import("./campaign.js").Outcome} outcome */
function report({ name }, outcome) {
	const { counts } = outcome;
	const sorted = [...outcome.recoveriesMs].sort((a, b) => a - b);
	const number = (/** @type {number} */ value) => value.toLocaleString("en");
	const time = (/** @type {number | undefined} */ ms) => (ms === undefined ? "" : `${(ms / 1000).toFixed(2)} s`);
	row([
		name,
		...[outcome.rounds, outcome.messages, outcome.deliveries].map(number),
		...[counts.lost, counts.duplicated, counts.reordered, counts.gap, counts.other].map(number),
		...[outcome.longestStallMs, sorted[sorted.length >> 1], sorted.at(-1)].map(time),
	]);
	if (outcome.allowed > 0) {
		console.error(`${name}: ${outcome.allowed} deliveries in live rooms were lost, as the fault allows`);
	}
	if (outcome.good) return;
	failed = true;
	console.error(`${name}: wrong, with seed ${seed}; the logs are in ${outcome.folder}`);
	for (const { kind, what, proof } of outcome.findings) {
		console.error(`  ${kind}: ${what}`);
		for (const text of proof) console.error(`    ${text}`);
	}
}

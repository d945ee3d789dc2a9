// `npm run soak`: hours of mixed load on the built daemon, or 10,000 idle connections, or 100,000 deliveries a second. Progress on
// standard error; exit code 1 where anything was wrong. Plain JavaScript beside the built command: it tests what is shipped, from
// outside, and shares no code with it. CONTRIBUTING.md, "The soak".

import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { killAll } from "../faults/processes.js";
import { runConnections, runDeliveries } from "./crowd.js";
import { runMixed } from "./mixed.js";
import { judge, surroundings, writeResults } from "./summary.js";

const MOST_HOURS = 1000;

const flags = readFlags();
const folder = mkdtempSync(join(tmpdir(), "xmlsocket-soak-"));
const interrupted = new AbortController();
process.on("exit", () => {
	killAll();
	rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) {
	process.on(signal, () => {
		if (interrupted.signal.aborted) process.exit(130);
		console.error("Stopping: all clients leave, then comes the summary. A second signal ends at once.");
		interrupted.abort();
	});
}
const say = (/** @type {string} */ words) => console.error(words);
mkdirSync(flags.out, { recursive: true });
const { durationMs, seed, restarts, out } = flags;
const about = { ...surroundings(), options: { minutes: durationMs / 60_000, seed, restarts } };
const { signal } = interrupted;
let good = false;
if (flags.connections > 0) {
	const result = await runConnections({ folder, count: flags.connections, durationMs, signal, progress: say });
	good = report({ ...about, connections: result }, result.good);
} else if (flags.deliveries > 0) {
	const result = await runDeliveries({ folder, perSecond: flags.deliveries, durationMs, signal, progress: say });
	good = report({ ...about, deliveries: result }, result.good);
} else good = await mixed();
process.exit(good ? 0 : 1);

async function mixed() {
	console.error(`Seed ${seed}; ${(durationMs / 60_000).toFixed(1)} min; results go to ${out}.`);
	const file = openSync(join(out, "samples.ndjson"), "w");
	const onSample = (/** @type {object} */ sample) => void writeSync(file, `${JSON.stringify(sample)}\n`);
	const outcome = await runMixed({ folder, durationMs, seed, restarts, signal, onSample, progress: say });
	closeSync(file);
	const { ledger, sampler, samples, before, after, counts, visits } = outcome;
	const judged = judge(outcome, restarts);
	const { sent, acknowledgements, deliveries, lost, twice, disordered, other, findings } = ledger;
	const summary = {
		...about,
		interrupted: outcome.interrupted,
		seconds: samples.at(-1)?.s ?? 0,
		...judged,
		messages: { sent, acknowledged: acknowledgements, deliveries, lost, twice, outOfOrder: disordered, other },
		findings,
		counts,
		visits,
		logLines: sampler.logLines,
		warnings: Object.fromEntries(sampler.warnings),
		before,
		after,
	};
	writeResults(out, summary, samples);
	const { rss } = judged.growthPercentAnHour;
	const { memory } = judged.verdict;
	if (rss) {
		const words = `RSS grows by ${rss.slope} % an hour (95 %: ${rss.low} to ${rss.high}) around ${rss.median} MiB`;
		console.error(
			memory === "no verdict" ? `${words}; no verdict, the run is too short or has restarts.` : `${words}.`,
		);
	}
	return report(summary, judged.verdict.good);
}

/** @param {object} summary @param {boolean} isGood */
function report(summary, isGood) {
	console.log(JSON.stringify(summary, null, "\t"));
	if (flags.connections > 0 || flags.deliveries > 0) {
		const name = flags.connections > 0 ? "connections.json" : "deliveries.json";
		const file = openSync(join(out, name), "w");
		writeSync(file, `${JSON.stringify(summary, null, "\t")}\n`);
		closeSync(file);
	}
	console.error(isGood ? "Good." : "Something was wrong; see above.");
	return isGood;
}

function readFlags() {
	const options = /** @type {const} */ ({
		hours: { type: "string" },
		minutes: { type: "string" },
		seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
		restarts: { type: "boolean", default: false },
		connections: { type: "string", default: "0" },
		deliveries: { type: "string", default: "0" },
		out: { type: "string", default: join(import.meta.dirname, "results") },
	});
	try {
		const { values } = parseArgs({ options });
		const hours = number("hours", values.hours ?? "0", MOST_HOURS);
		const minutes = number("minutes", values.minutes ?? (values.hours === undefined ? "10" : "0"), MOST_HOURS * 60);
		const durationMs = (hours * 60 + minutes) * 60_000;
		if (durationMs === 0) throw new Error("A soak takes some time: give --hours or --minutes.");
		const connections = number("connections", values.connections, 60_000);
		const deliveries = number("deliveries", values.deliveries, 1_000_000);
		const { seed, restarts } = values;
		return { durationMs, seed, restarts, connections, deliveries, out: resolve(values.out) };
	} catch (error) {
		console.error(/** @type {Error} */ (error).message);
		return process.exit(2);
	}
}

/** @param {string} flag @param {string} text @param {number} most */
function number(flag, text, most) {
	const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
	if (value >= 0 && value <= most) return value;
	throw new Error(`--${flag} takes a number from 0 to ${most}, not "${text}".`);
}

// The public comparison: fan-out and echo beside ws, socket.io, nats-server and plain sockets, and push beside polling. All
// contenders take turns in every round, so that each round gives one ratio of each pair. With `--write` the results become
// bench/results/compare.json, and docs/performance.md with its charts is made from them again.

import { writePages } from "../../scripts/performance-page.js";
import { median, writes } from "../report.js";
import { about, saveResult, watchMachine } from "../results.js";
import { ECHO, FAN_OUT, peers } from "./contenders.js";
import { deliveryRound } from "./delivery.js";
import { echoRound } from "./echo.js";
import { fanOut } from "./fan-out.js";

const settings = {
	rounds: Number(process.env.BENCH_ROUNDS ?? 5),
	seed: Number(process.env.BENCH_SEED ?? 17),
	/** Characters of a message. */
	characters: 113,
	fanOut: {
		subscribers: Number(process.env.BENCH_SUBSCRIBERS ?? 1000),
		windows: [1, 16],
		warmUpSeconds: 0.4,
		seconds: 0.8,
	},
	echo: { window: 64, blocks: 5, warmUpSeconds: 0.2, seconds: 0.4 },
	delivery: { clients: 20, perSecond: 1, ms: 8000, pollMs: 1000 },
};
const text = "x".repeat(settings.characters);
const only = process.env.BENCH_ONLY?.split(",");
const { versions, missing } = peers();
const present = (contenders) =>
	Object.keys(contenders).filter((name) => !(name in missing) && (!only || only.includes(name)));

/** Adds the values of a round to those of the earlier ones. */
function add(all, name, values) {
	all[name] ??= Object.fromEntries(Object.keys(values).map((key) => [key, []]));
	for (const [key, value] of Object.entries(values)) all[name][key].push(value);
}

/** Turns begin with another contender in each round, so that nobody always has the same neighbours in time. */
const turns = (names, round) => {
	const from = Math.round((names.length / settings.rounds) * round) % names.length;
	const order = [...names.slice(from), ...names.slice(0, from)];
	return round % 2 === 0 ? order : order.reverse();
};

async function fanOuts() {
	const results = {};
	for (let round = 0; round < settings.rounds; round++) {
		for (const name of turns(present(FAN_OUT), round)) {
			const { rates, bytes } = await fanOut(name, { ...settings.fanOut, text });
			add(results, name, { ...rates, bytes });
			const shown = Object.entries(rates).map(([window, rate]) => `${rate.toLocaleString("en")} (${window})`);
			console.log(`fan-out ${round + 1}  ${name.padEnd(20)} ${shown.join("  ")}  ${bytes} bytes`);
		}
	}
	return results;
}

async function echoes() {
	const results = {};
	for (let round = 0; round < settings.rounds; round++) {
		const names = turns(present(ECHO), round);
		const values = await echoRound(names, { ...settings.echo, text });
		for (const name of names) add(results, name, values[name]);
		for (const [name, { p50, p99, rate }] of Object.entries(values)) {
			console.log(`echo ${round + 1}  ${name.padEnd(20)} p50 ${p50} µs  p99 ${p99} µs  ${rate.toLocaleString("en")}`);
		}
	}
	return results;
}

async function deliveries() {
	const results = {};
	for (let round = 0; round < settings.rounds; round++) {
		const values = await deliveryRound({ ...settings.delivery, seed: settings.seed + round });
		for (const [name, value] of Object.entries(values)) {
			add(results, name, value);
			console.log(
				`delivery ${round + 1}  ${name.padEnd(14)} p50 ${value.p50} ms  p99 ${value.p99} ms  ${value.bytes} bytes`,
			);
		}
	}
	return results;
}

const head = about("npm run bench compare -- --write");
const begun = performance.now();
const machine = watchMachine();
const rounds = { fanOut: await fanOuts(), echo: await echoes(), delivery: await deliveries() };
const load = machine.stop();
const medians = (results) =>
	Object.fromEntries(
		Object.entries(results).map(([name, values]) => [
			name,
			Object.fromEntries(Object.entries(values).map(([key, list]) => [key, median(list)])),
		]),
	);
const seconds = Math.round((performance.now() - begun) / 1000);
console.log(
	`\n${seconds} s; other programs used ${load.othersShare * 100} % of the processors${load.busy ? ": busy" : ""}`,
);
if (writes) {
	if (only) throw new Error("BENCH_ONLY measures a part; only a whole run is written");
	const result = {
		...head,
		peers: versions,
		missing,
		settings,
		seconds,
		load,
		medians: Object.fromEntries(Object.entries(rounds).map(([part, results]) => [part, medians(results)])),
		rounds,
	};
	saveResult("compare", result);
	writePages();
}
process.exit(0);

// The result of a soak: growth, verdict, files. `summary.json` says on which machine and commit, `samples.ndjson` has every sample,
// `plot.svg` shows them.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { plot } from "./plot.js";
import { growth, minuteMinima } from "./slope.js";

const WARM_UP_S = 30 * 60;
/** Below this, what grows in a plateau and what grows before it look the same. */
const SHORTEST_VERDICT_S = 3600;
const MOST_PERCENT_AN_HOUR = 1;

/** Machine, Node and commit, for every kind of run. */
export function surroundings() {
	const git = (/** @type {string[]} */ ...words) => {
		try {
			return execFileSync("git", words, { cwd: import.meta.dirname, encoding: "utf8" }).trim();
		} catch {
			return "";
		}
	};
	return {
		machine: {
			system: `${process.platform} ${release()} ${process.arch}`,
			cpu: cpus()[0]?.model ?? "unknown",
			cores: cpus().length,
			memoryMiB: Math.round(totalmem() / 1024 ** 2),
		},
		node: process.version,
		commit: git("rev-parse", "HEAD"),
		changedFiles: git("status", "--porcelain", "src").split("\n").filter(Boolean).length,
		date: new Date().toISOString(),
	};
}

/**
 * Judges a mixed run.
 *
 * @param {import("./mixed.js").Outcome} outcome
 * @param {boolean} restarts whether the daemon was restarted, so that its memory says nothing
 */
export function judge({ ledger, samples, baseLineMs, aboveBase }, restarts) {
	const lengthS = samples.at(-1)?.s ?? 0;
	const warmUpS = Math.min(WARM_UP_S, lengthS / 3);
	// The last sample is of the daemon without clients.
	const plateau = samples.slice(0, -1).filter(({ s }) => s >= warmUpS);
	const grown = (/** @type {"rss" | "anonymous" | "heap"} */ name) => {
		const points = plateau.map((sample) => ({ s: sample.s, value: sample[name] }));
		const minima = lengthS >= 600 ? minuteMinima(points) : points;
		const found = growth(minima);
		return found && Object.fromEntries(Object.entries(found).map(([key, value]) => [key, Number(value.toFixed(2))]));
	};
	const rss = grown("rss");
	const memory =
		!rss || restarts || lengthS < SHORTEST_VERDICT_S ? "no verdict" : (rss.slope ?? 0) < MOST_PERCENT_AN_HOUR;
	const verdict = {
		messages: ledger.good,
		memory,
		baseLine: aboveBase.length === 0,
		good: ledger.good && memory !== false && aboveBase.length === 0,
	};
	return {
		verdict,
		growthPercentAnHour: { warmUpS: Math.round(warmUpS), rss, anonymous: grown("anonymous"), heap: grown("heap") },
		baseLine: { ms: Number.isFinite(baseLineMs) ? Math.round(baseLineMs) : null, above: aboveBase },
	};
}

/**
 * Writes `summary.json` and `plot.svg`; `samples.ndjson` is written during the run.
 *
 * @param {string} folder
 * @param {object} summary
 * @param {readonly import("./sampler.js").Sample[]} samples
 */
export function writeResults(folder, summary, samples) {
	writeFileSync(join(folder, "summary.json"), `${JSON.stringify(summary, null, "\t")}\n`);
	const of = (/** @type {keyof import("./sampler.js").Sample} */ name) => samples.map((sample) => sample[name]);
	const panels = [
		{
			title: "memory (MiB)",
			lines: /** @type {[string, number[]][]} */ ([
				["RSS", of("rss")],
				["RSS, anonymous", of("anonymous")],
				["V8 heap in use", of("heap")],
			]),
		},
		{
			title: "connections",
			lines: /** @type {[string, number[]][]} */ ([
				["connections", of("connections")],
				["clients", of("clients")],
				["descriptors", of("fds")],
			]),
		},
		{
			title: "event loop delay (ms)",
			lines: /** @type {[string, number[]][]} */ ([
				["longest", of("delayMax")],
				["p99", of("delayP99")],
			]),
		},
		{
			title: "CPU (% of a core)",
			lines: /** @type {[string, number[]][]} */ ([
				["daemon", of("cpu")],
				["clients", of("load")],
			]),
		},
	];
	const seconds = of("s");
	writeFileSync(
		join(folder, "plot.svg"),
		plot("xmlsocket serve under the mixed load of npm run soak", seconds, panels),
	);
}

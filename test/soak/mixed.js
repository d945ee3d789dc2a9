// The mixed soak: one daemon, its population of clients, a sample every few seconds, and at the end the comparison with the daemon
// before its first client.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Daemon, HERE } from "../faults/processes.js";
import { Population } from "./population.js";
import { Sampler } from "./sampler.js";

const SETTLE_MS = 500;
const BASE_LINE_MS = 10_000;
const POLL_MS = 200;
const PROGRESS_MS = 59_000;
const RESTART_MS = 600_000;
const TERM_LIMIT_MS = 15_000;
const MOST_SAMPLES = 720;

/** What must be the same before the first client and after the last. */
const BASE = /** @type {const} */ (["fds", "sockets", "connections", "peers", "clients", "rooms"]);

/** @typedef {import("./sampler.js").Sample} Sample */

/**
 * @typedef {object} Outcome
 * @property {import("./ledger.js").Ledger} ledger
 * @property {Sampler} sampler
 * @property {readonly Sample[]} samples
 * @property {Sample} before the sample before the first client
 * @property {Sample} after the one after the last client
 * @property {number} baseLineMs until everything was as before; infinite where it was not
 * @property {readonly string[]} aboveBase what was not as before
 * @property {Record<string, number>} counts
 * @property {Record<string, number>} visits
 * @property {boolean} interrupted
 */

/**
 * Runs the soak until its time is over or `signal` aborts.
 *
 * @param {object} options
 * @param {string} options.folder a scratch folder
 * @param {number} options.durationMs
 * @param {string} options.seed
 * @param {boolean} options.restarts whether the daemon is restarted every ten minutes, or three times in a short run
 * @param {AbortSignal} options.signal
 * @param {(sample: Sample) => void} options.onSample
 * @param {(words: string) => void} options.progress called once a minute
 * @returns {Promise<Outcome>}
 */
export async function runMixed({ folder, durationMs, seed, restarts, signal, onSample, progress }) {
	const key = join(folder, "key.pem");
	const certificate = join(folder, "certificate.pem");
	const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
	const names = ["-subj", "/CN=localhost", "-keyout", key, "-out", certificate];
	execFileSync("openssl", ["req", "-x509", ...curve, ...names], { stdio: "ignore" });
	const rooms = ["--room", "news:stored", "--log-level", "info"];
	const daemon = new Daemon(folder, [...rooms, "--tls-cert", certificate, "--tls-key", key], "daemon", HERE);
	await daemon.start();
	const address = () => ({ host: daemon.host, port: daemon.port });
	const sampler = new Sampler({ daemon, metrics: address, log: join(folder, "daemon.err") });
	const population = new Population({ address, seed });
	/** @type {Sample[]} */
	const samples = [];
	try {
		await population.visitOnce();
		await sleep(SETTLE_MS);
		const before = await sampler.sample();
		population.start();
		// A run of hours is not thrown away for what goes wrong in it: it ends there, and says so.
		try {
			const take = async () => {
				const sample = await sampler.sample();
				samples.push(sample);
				onSample(sample);
				return sample;
			};
			await watch({ daemon, population, durationMs, restarts, signal, take, progress });
		} catch (error) {
			const { message } = /** @type {Error} */ (error);
			population.ledger.finding("other", `the run ended early: ${message}`);
		}
		await population.settle();
		const end = await baseLine(sampler, before).catch((/** @type {Error} */ error) => ({
			after: before,
			baseLineMs: Number.POSITIVE_INFINITY,
			aboveBase: [`no sample: ${error.message}`],
		}));
		samples.push(end.after);
		onSample(end.after);
		const { ledger, counts, visits } = population;
		return { ledger, sampler, samples, before, ...end, counts, visits, interrupted: signal.aborted };
	} finally {
		population.close();
		await daemon.end("SIGTERM", TERM_LIMIT_MS);
	}
}

/**
 * Takes samples until the time is over, and restarts the daemon where it is to.
 *
 * @param {object} options
 * @param {Daemon} options.daemon
 * @param {Population} options.population
 * @param {number} options.durationMs
 * @param {boolean} options.restarts
 * @param {AbortSignal} options.signal
 * @param {() => Promise<Sample>} options.take
 * @param {(words: string) => void} options.progress
 */
async function watch({ daemon, population, durationMs, restarts, signal, take, progress }) {
	const periodMs = Math.max(durationMs / MOST_SAMPLES, Math.min(10_000, Math.max(1000, durationMs / 20)));
	const untilMs = performance.now() + durationMs;
	const restartEveryMs = Math.min(RESTART_MS, durationMs / 4);
	let saidMs = performance.now();
	let restartMs = performance.now();
	while (performance.now() < untilMs && !signal.aborted) {
		await sleep(Math.max(1, Math.min(periodMs, untilMs - performance.now())), undefined, { signal }).catch(() => {});
		if (!daemon.running) throw new Error(`The daemon ended by itself: ${daemon.lastWords()}`);
		const sample = await take();
		if (performance.now() - saidMs > PROGRESS_MS) {
			saidMs = performance.now();
			progress(population.words(sample));
		}
		if (restarts && performance.now() - restartMs > restartEveryMs) {
			restartMs = performance.now();
			population.restartMs = restartMs;
			const { code, late } = await daemon.end("SIGTERM", TERM_LIMIT_MS);
			if (late || code !== 0) population.ledger.finding("other", `the daemon ended with ${code} after SIGTERM`);
			await daemon.start();
			population.counts.restarts++;
		}
	}
}

/** Waits until the daemon has what it had before. @param {Sampler} sampler @param {Sample} before */
async function baseLine(sampler, before) {
	const begunMs = performance.now();
	for (;;) {
		const after = await sampler.sample();
		const tookMs = performance.now() - begunMs;
		const above = BASE.filter((name) => after[name] > before[name]).map(
			(name) => `${name}: ${after[name]}, before the first client ${before[name]}`,
		);
		if (above.length === 0) return { after, baseLineMs: tookMs, aboveBase: above };
		if (tookMs > BASE_LINE_MS) return { after, baseLineMs: Number.POSITIVE_INFINITY, aboveBase: above };
		await sleep(POLL_MS);
	}
}

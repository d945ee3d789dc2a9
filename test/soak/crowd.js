// Two loads that one process of clients cannot make: many idle connections, and many deliveries a second. The clients are in
// processes of their own (crowd-worker.js), which come from several loopback addresses.

import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Daemon, freePort, HERE } from "../faults/processes.js";
import { seeded } from "../faults/random.js";
import { Sampler } from "./sampler.js";

const CONNECTIONS_OF_A_WORKER = 2500;
const RECEIVERS = 250;
const SENDERS = 10;
const OPEN_LIMIT_MS = 300_000;
const SAMPLE_MS = 10_000;
const PROGRESS_MS = 59_000;
const BASE_LINE_MS = 10_000;
const POLL_MS = 200;

/**
 * @typedef {object} Load
 * @property {string} folder
 * @property {number} durationMs
 * @property {AbortSignal} signal
 * @property {(words: string) => void} progress
 */

/**
 * Holds idle chat clients. Each sends a ping every two minutes, as a client that wants to stay must.
 *
 * @param {Load & { count: number }} load
 */
export async function runConnections({ folder, count, durationMs, signal, progress }) {
	const { daemon, sampler } = await startDaemon(folder, ["--room", "news:stored"], {
		XMLSOCKET_MAX_CONNECTIONS: String(count),
	});
	const workers = [];
	try {
		const before = await sampler.sample();
		for (let at = 0; at * CONNECTIONS_OF_A_WORKER < count; at++) {
			const own = Math.min(CONNECTIONS_OF_A_WORKER, count - at * CONNECTIONS_OF_A_WORKER);
			workers.push(startWorker({ task: "hold", at, count: own, port: daemon.port }));
		}
		await Promise.all(workers.map((worker) => worker.heard("open", OPEN_LIMIT_MS)));
		const begin = await sampler.sample();
		progress(`${begin.peers} connections are open, RSS ${begin.rss} MiB.`);
		let least = begin.peers;
		let last = begin;
		await during(durationMs, signal, sampler, (sample, words) => {
			least = Math.min(least, sample.peers);
			last = sample;
			if (words) progress(`${words}, ${sample.peers} connections`);
		});
		const ends = await Promise.all(workers.map((worker) => worker.finish()));
		const dropped = ends.reduce((sum, one) => sum + one.dropped, 0);
		const answers = ends.reduce((sum, one) => sum + one.answers, 0);
		const after = await backToBase(sampler, before);
		return {
			good: dropped === 0 && begin.peers === count && least === count && after.sockets <= before.sockets,
			held: begin.peers,
			least,
			dropped,
			answers,
			bytesOfAConnection: Math.round(((last.rss - before.rss) * 1024 ** 2) / count),
			before,
			begin,
			last,
			after,
		};
	} finally {
		for (const worker of workers) worker.kill();
		await daemon.end("SIGTERM", OPEN_LIMIT_MS);
	}
}

/**
 * Sends documents through a relay so that its clients receive `perSecond` in all.
 *
 * @param {Load & { perSecond: number }} load
 */
export async function runDeliveries({ folder, perSecond, durationMs, signal, progress }) {
	const { daemon, sampler } = await startDaemon(folder, ["--relay"], {});
	const receivers = startWorker({ task: "receive", at: 0, count: RECEIVERS, senders: SENDERS, port: daemon.port });
	const sender = startWorker({
		task: "send",
		at: 1,
		count: SENDERS,
		// A sender gets the documents of the other senders, too.
		perSecond: perSecond / (RECEIVERS + SENDERS - 1),
		port: daemon.port,
	});
	try {
		await Promise.all([receivers.heard("open", OPEN_LIMIT_MS), sender.heard("open", OPEN_LIMIT_MS)]);
		// A connection that sends nothing is a client only after the daemon has waited for its first bytes.
		const untilMs = performance.now() + OPEN_LIMIT_MS;
		while ((await sampler.sample()).peers < RECEIVERS + SENDERS) {
			if (performance.now() > untilMs) throw new Error("Not every client is in the relay.");
			await sleep(POLL_MS);
		}
		sender.send("go");
		/** @type {import("./sampler.js").Sample[]} */
		const samples = [];
		await during(durationMs, signal, sampler, (sample, words) => {
			samples.push(sample);
			if (samples.length > 720) samples.shift();
			if (words) progress(words);
		});
		const sent = await sender.finish();
		const received = await receivers.finish();
		const expected = sent.sent * RECEIVERS;
		const deliveries = received.received + sent.received;
		return {
			good: received.received === expected && received.disordered === 0 && received.dropped + sent.dropped === 0,
			sent: sent.sent,
			deliveries,
			perSecond: Math.round(deliveries / sent.seconds),
			lost: expected - received.received,
			outOfOrder: received.disordered,
			dropped: received.dropped + sent.dropped,
			latencyMs: received.latencyMs,
			daemonCpu: median(samples.map(({ cpu }) => cpu)),
			delayP99Ms: median(samples.map(({ delayP99 }) => delayP99)),
			rssMiB: samples.at(-1)?.rss ?? null,
		};
	} finally {
		receivers.kill();
		sender.kill();
		await daemon.end("SIGTERM", OPEN_LIMIT_MS);
	}
}

/** @param {string} folder @param {readonly string[]} flags @param {Record<string, string>} env */
async function startDaemon(folder, flags, env) {
	// A port of its own, so that reading the metrics takes none of the connections.
	const port = await freePort(seeded("metrics", process.pid));
	const daemon = new Daemon(folder, [...flags, "--metrics", `127.0.0.1:${port}`], "daemon", HERE, env);
	await daemon.start();
	const sampler = new Sampler({ daemon, metrics: () => ({ host: "127.0.0.1", port }) });
	return { daemon, sampler };
}

/** @param {Record<string, unknown>} task */
function startWorker(task) {
	const child = fork(join(import.meta.dirname, "crowd-worker.js"), [JSON.stringify(task)]);
	const ended = once(child, "exit");
	/** @param {string} event @param {number} limitMs @returns {Promise<any>} */
	const heard = async (event, limitMs) => {
		/** @type {Promise<any>} */
		const message = new Promise((resolve) => {
			child.on("message", (/** @type {any} */ one) => one.event === event && resolve(one));
		});
		const outcome = await Promise.race([
			message,
			ended.then(([code]) => `ended with code ${code}`),
			sleep(limitMs, "took too long", { ref: false }),
		]);
		if (typeof outcome === "string") throw new Error(`A process of clients ${outcome}.`);
		return outcome;
	};
	return {
		heard,
		send: (/** @type {string} */ word) => void child.send(word),
		async finish() {
			const result = heard("result", OPEN_LIMIT_MS);
			child.send("end");
			return await result;
		},
		kill: () => void child.kill("SIGKILL"),
	};
}

/**
 * @param {number} durationMs
 * @param {AbortSignal} signal
 * @param {Sampler} sampler
 * @param {(sample: import("./sampler.js").Sample, words: string | undefined) => void} onSample words once a minute
 */
async function during(durationMs, signal, sampler, onSample) {
	const untilMs = performance.now() + durationMs;
	let saidMs = performance.now();
	while (performance.now() < untilMs && !signal.aborted) {
		const waitMs = Math.max(1, Math.min(SAMPLE_MS, durationMs / 4, untilMs - performance.now()));
		await sleep(waitMs, undefined, { signal }).catch(() => {});
		const sample = await sampler.sample();
		const isDue = performance.now() - saidMs > PROGRESS_MS;
		if (isDue) saidMs = performance.now();
		const { s, rss, cpu, delayP99 } = sample;
		const words = `${Math.round(s / 60)} min: RSS ${rss} MiB, CPU ${cpu} %, event loop p99 ${delayP99} ms`;
		onSample(sample, isDue ? words : undefined);
	}
}

/** @param {Sampler} sampler @param {import("./sampler.js").Sample} before */
async function backToBase(sampler, before) {
	const untilMs = performance.now() + BASE_LINE_MS;
	for (;;) {
		const sample = await sampler.sample();
		if (sample.sockets <= before.sockets || performance.now() > untilMs) return sample;
		await sleep(POLL_MS);
	}
}

/** @param {number[]} values */
function median(values) {
	return values.sort((a, b) => a - b)[values.length >> 1] ?? null;
}

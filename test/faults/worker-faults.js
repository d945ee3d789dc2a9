// The faults of a daemon with worker processes: each of them killed, stopped and asked to end, and the primary too. What is right
// afterwards is decided by the checker.

import { readFileSync } from "node:fs";
import { freeze, roundOf } from "./faults.js";
import { serveOffers } from "./processes.js";

/** @typedef {import("./faults.js").Fault} Fault */

const WORKERS = 2;
const REPLACED_MS = 60_000;
/** The daemon ends after ten ends of workers within a minute. */
const BETWEEN_ENDS_MS = 6500;
/** The same where two end at once: the tenth comes with the fifth pair. */
const BETWEEN_PAIRS_MS = 16_000;
/** A worker that does not answer is killed after 10 s. */
const SILENT_MS = 11_500;

/** @type {readonly Omit<Fault, "topology">[]} */
const FAULTS = [
	{ name: "worker-kill", what: "kill -9 of one worker", round: (round) => endOne(round, "SIGKILL") },
	{ name: "worker-term", what: "SIGTERM of one worker", round: (round) => endOne(round, "SIGTERM") },
	{
		name: "worker-freeze",
		what: "SIGSTOP of one worker for 0.2 to 6 s",
		async round({ topology: { daemons }, random, begin, end, wait }) {
			await wait(20, 500);
			await freeze(groupOf([random.pick(workersOf(daemons[0]))]), { begin, end, wait }, [200, 6000]);
		},
	},
	{
		name: "worker-hang",
		what: "SIGSTOP of one worker until it is replaced",
		async round({ topology: { daemons }, random, begin, end, wait, until, finding }) {
			await wait(20, 500);
			const pid = random.pick(workersOf(daemons[0]));
			begin();
			signal(pid, "SIGSTOP");
			await wait(SILENT_MS);
			end();
			if (!(await until(() => isReplaced(daemons[0], pid), REPLACED_MS))) finding(`worker ${pid} was not replaced`);
		},
	},
	{
		name: "primary-kill",
		what: "kill -9 of the primary process",
		async round({ topology: { daemons }, begin, end, wait, until, finding }) {
			await wait(20, 500);
			const pids = workersOf(daemons[0]);
			begin();
			await daemons[0].end();
			if (!(await until(() => !pids.some(isRunning), 5000))) finding("a worker outlived its primary by 5 s");
			end();
			await daemons[0].start();
		},
	},
	{
		name: "primary-freeze",
		what: "SIGSTOP of the primary process for 0.2 to 6 s",
		async round({ topology: { daemons }, begin, end, wait }) {
			await wait(20, 500);
			await freeze(daemons[0], { begin, end, wait }, [200, 6000]);
		},
	},
	{
		name: "all-freeze",
		what: "SIGSTOP of the primary and all workers for 0.2 to 14 s, as when a machine is suspended; none is replaced",
		async round({ topology: { daemons }, begin, end, wait, finding }) {
			await wait(20, 500);
			const pids = workersOf(daemons[0]);
			await freeze(groupOf([daemons[0].pid ?? 0, ...pids]), { begin, end, wait }, [200, 14_000]);
			// The primary looks at its workers once a second.
			await wait(1500);
			if (String(workersOf(daemons[0])) !== String(pids))
				finding("a worker was replaced that stood still with its primary");
		},
	},
	{
		name: "all-kill",
		what: "kill -9 of all workers at once",
		async round({ topology: { daemons }, begin, end, wait, until, finding }) {
			await wait(20, 500);
			const pids = workersOf(daemons[0]);
			begin();
			groupOf(pids).signal("SIGKILL");
			end();
			for (const pid of pids) {
				if (!(await until(() => isReplaced(daemons[0], pid), REPLACED_MS))) finding(`worker ${pid} was not replaced`);
			}
			await wait(BETWEEN_PAIRS_MS);
		},
	},
	{
		name: "term",
		what: "SIGTERM of the daemon under load: exit code 0 within 10.5 s",
		round: async (round) => await roundOf("term")?.(round),
	},
];

/** @type {readonly Fault[]} */
export const WORKER_FAULTS = FAULTS.map((fault) => ({
	...fault,
	name: `workers-${fault.name}`,
	what: `${fault.what}; one daemon, ${WORKERS} workers`,
	topology: { daemons: 1, brokers: 0, workers: WORKERS },
	absent: () => {
		if (process.platform !== "linux") return "needs Linux: the workers are found in /proc";
		return serveOffers("--workers")
			? undefined
			: "not offered by this build: `xmlsocket serve --help` has no --workers";
	},
}));

/**
 * @param {import("./faults.js").Round} round
 * @param {NodeJS.Signals} name
 */
async function endOne({ topology: { daemons }, random, begin, end, wait, until, finding }, name) {
	await wait(20, 500);
	const pid = random.pick(workersOf(daemons[0]));
	begin();
	signal(pid, name);
	end();
	if (!(await until(() => isReplaced(daemons[0], pid), REPLACED_MS))) finding(`worker ${pid} was not replaced`);
	await wait(BETWEEN_ENDS_MS);
}

/** @param {{ pid: number | undefined }} daemon */
function workersOf({ pid }) {
	return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

/** @param {{ pid: number | undefined }} daemon @param {number} old */
function isReplaced(daemon, old) {
	const pids = workersOf(daemon);
	return pids.length === WORKERS && !pids.includes(old);
}

/** Several processes as one. @param {readonly number[]} pids */
function groupOf(pids) {
	return {
		/** @param {NodeJS.Signals} name */
		signal(name) {
			for (const pid of pids) signal(pid, name);
		},
	};
}

/** @param {number} pid @param {NodeJS.Signals} name */
function signal(pid, name) {
	try {
		process.kill(pid, name);
	} catch (error) {
		// It has ended meanwhile.
		if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
	}
}

/** @param {number} pid */
function isRunning(pid) {
	try {
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
}

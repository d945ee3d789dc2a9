// The faults of a daemon with its data folder: what is done in one round of each. A round takes its numbers from its own random
// source, so that a seed gives the same schedule again. What is right afterwards is not decided here but by the checker.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clock, noClock, setClock } from "./clock.js";
import { canRun } from "./processes.js";
import { TERM_LIMIT_MS, wrongEnd } from "./topology.js";

const DISK_BYTES = 32 * 1024 * 1024;
const FILE_LIMIT_BYTES = 32 * 1024;
const REFUSAL_MS = 20_000;

/**
 * What a round has in its hands.
 * @typedef {object} Round
 * @property {import("./topology.js").Topology} topology
 * @property {readonly import("./recorder.js").Recorder[]} recorders
 * @property {import("./random.js").Random} random
 * @property {string} folder
 * @property {(low: number, high?: number) => Promise<void>} wait so many milliseconds, or a number of them in between
 * @property {() => void} begin the fault's cause begins
 * @property {() => void} end it is over: what comes now is recovery
 * @property {(what: string) => void} finding something that no client's log can show
 * @property {(holds: () => boolean, limitMs: number) => Promise<boolean>} until whether it held within the limit
 */

/**
 * @typedef {object} Fault
 * @property {string} name
 * @property {string} what
 * @property {(round: Round) => Promise<void>} round
 * @property {{ daemons: number, brokers: number, workers?: number, proxied?: boolean, network?: boolean, data?: string, env?: (daemon: number, folder: string) => Record<string, string> }} [topology]
 * @property {{ everyMs?: [number, number], fillerCharacters?: number }} [clients]
 * @property {() => string | undefined} [absent] why it cannot run here
 * @property {(folder: string) => void} [prepare] before anything is started
 * @property {(folder: string) => void} [tidy] when everything has ended
 */

const proxied = { daemons: 1, brokers: 0, proxied: true };

/** @type {readonly Fault[]} */
export const EMBEDDED = [
	{
		name: "kill",
		what: "kill -9 of the daemon at any moment",
		async round({ topology: { daemons }, begin, end, wait }) {
			await wait(20, 250);
			begin();
			await daemons[0].end();
			end();
			await daemons[0].start();
		},
	},
	{
		name: "kill-at-start",
		what: "kill -9 of the daemon, and again while it opens its folder",
		async round({ topology: { daemons }, begin, end, wait }) {
			await wait(20, 250);
			begin();
			await daemons[0].end();
			daemons[0].launch();
			await wait(100, 500);
			await daemons[0].end();
			end();
			await daemons[0].start();
		},
	},
	{
		name: "term",
		what: "SIGTERM under load: exit code 0 within 10.5 s",
		async round({ topology: { daemons }, begin, end, wait, finding }) {
			await wait(20, 250);
			begin();
			for (const wrong of wrongEnd(await daemons[0].end("SIGTERM", TERM_LIMIT_MS))) finding(wrong);
			end();
			await daemons[0].start();
		},
	},
	{
		name: "freeze",
		what: "SIGSTOP of the daemon for 0.1 to 2.5 s",
		async round({ topology: { daemons }, begin, end, wait }) {
			await wait(20, 250);
			await freeze(daemons[0], { begin, end, wait }, [100, 2500]);
		},
	},
	{
		name: "cut",
		what: "connections cut, a part of them or all",
		topology: proxied,
		async round({ topology: { fronts }, random, begin, end, wait }) {
			await wait(20, 250);
			begin();
			fronts[0].cut(random.pick([0.3, 0.6, 1]));
			end();
		},
	},
	{
		name: "half-open",
		what: "connections that go silent in one direction or both, and tell nobody",
		topology: proxied,
		async round({ topology: { fronts }, random, begin, end, wait }) {
			await wait(20, 250);
			begin();
			fronts[0].treatment = random.pick(["swallow", "swallow-up", "swallow-down"]);
			await wait(100, 2000);
			fronts[0].treatment = "pass";
			end();
		},
	},
	{
		name: "delay",
		what: "bytes late by 5 to 300 ms",
		topology: proxied,
		async round({ topology: { fronts }, random, begin, end, wait }) {
			begin();
			fronts[0].treatment = random.between(5, 300);
			await wait(200, 900);
			fronts[0].treatment = "pass";
			end();
		},
	},
	{
		name: "slices",
		what: "bytes in slices of 1 to 64",
		topology: proxied,
		async round({ topology: { fronts }, begin, end, wait }) {
			begin();
			fronts[0].treatment = "slice";
			await wait(200, 600);
			fronts[0].treatment = "pass";
			end();
		},
	},
	{
		name: "reconnect",
		what: "clients that drop their connection at any moment and come back",
		async round({ recorders, random, begin, end, wait }) {
			await wait(20, 250);
			begin();
			for (const recorder of recorders) if (random.chance(0.5)) recorder.disconnect();
			end();
		},
	},
	{
		name: "slow-reader",
		what: "readers that stop reading for 0.5 to 5 s, while others say much",
		clients: { everyMs: [15, 45], fillerCharacters: 16_384 },
		async round({ recorders, random, begin, end, wait }) {
			begin();
			for (const recorder of recorders.slice(-2)) recorder.pauseReading(random.between(500, 5000));
			await wait(500, 5000);
			end();
		},
	},
	{
		name: "disk-full",
		what: "a file system without room, and room again; in a third of the rounds the daemon is killed meanwhile",
		topology: { daemons: 1, brokers: 0, data: "disk/data" },
		absent: () => (canMount() ? undefined : "it mounts a file system of 32 MiB, which only root may do"),
		prepare(folder) {
			mkdirSync(join(folder, "disk"));
			mount(join(folder, "disk"));
		},
		tidy: (folder) => unmount(join(folder, "disk")),
		async round(round) {
			const disk = join(round.folder, "disk");
			const ballast = join(disk, "ballast");
			await refused(round, () => fill(disk, ballast));
			const [daemon] = round.topology.daemons;
			const killed = round.random.chance(0.3);
			if (killed) await daemon.end();
			rmSync(ballast);
			round.end();
			if (killed) await daemon.start();
		},
	},
	{
		name: "file-limit",
		what: "files that may not grow (RLIMIT_FSIZE), and may again",
		absent: () =>
			canRun("prlimit", "--version") ? undefined : "prlimit is not on PATH (Debian: apt-get install util-linux)",
		async round(round) {
			const pid = round.topology.daemons[0].pid;
			await refused(round, () => limitFiles(pid, String(FILE_LIMIT_BYTES)));
			limitFiles(pid, "unlimited");
			round.end();
		},
	},
	{
		name: "clock",
		what: "the wall clock set forward or back by up to a day, and a kill meanwhile in a third of the rounds",
		topology: { daemons: 1, brokers: 0, env: clock },
		absent: noClock,
		prepare: (folder) => setClock(folder, 0, 0),
		async round({ topology: { daemons }, random, folder, begin, end, wait }) {
			await wait(20, 250);
			begin();
			setClock(folder, 0, random.between(-86_400, 86_400));
			const killed = random.chance(1 / 3);
			if (killed) await daemons[0].end();
			end();
			if (killed) await daemons[0].start();
			await wait(100, 1000);
		},
	},
	{
		name: "mixed",
		what: "kill, freeze, cut, half-open and late, one after the other as they come",
		topology: proxied,
		async round(round) {
			const names = ["kill", "freeze", "cut", "half-open", "delay", "reconnect"];
			const name = round.random.pick(names);
			await roundOf(name)?.(round);
		},
	},
];

/** What is done in one round of a fault of this list. @param {string} name */
export function roundOf(name) {
	return EMBEDDED.find((fault) => fault.name === name)?.round;
}

/**
 * Stops a process, or several as one, for a time.
 *
 * @param {{ signal(name: NodeJS.Signals): void }} one
 * @param {Pick<Round, "begin" | "end" | "wait">} round
 * @param {[shortest: number, longest: number]} ms
 */
export async function freeze(one, { begin, end, wait }, ms) {
	begin();
	one.signal("SIGSTOP");
	await wait(...ms);
	one.signal("SIGCONT");
	end();
}

/** Does something that makes the daemon refuse messages, and waits until it has. @param {Round} round @param {() => void} cause */
async function refused({ recorders, wait, begin, until, finding }, cause) {
	const count = () => recorders.reduce((sum, { refusals }) => sum + (refusals.get("unavailable") ?? 0), 0);
	await wait(20, 250);
	const before = count();
	begin();
	cause();
	if (!(await until(() => count() > before, REFUSAL_MS))) {
		finding(`no message was refused within ${REFUSAL_MS} ms, though nothing could be written`);
	}
	await wait(0, 400);
}

// The daemon writes meanwhile: what does not fit any more shows that the disk is full.
/** @param {string} disk @param {string} ballast */
function fill(disk, ballast) {
	const { bsize, bavail } = statfsSync(disk);
	try {
		writeFileSync(ballast, Buffer.alloc(bsize * bavail));
	} catch (error) {
		if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOSPC") throw error;
	}
}

/** @param {number | undefined} pid @param {string} bytes */
function limitFiles(pid, bytes) {
	execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`], { stdio: "ignore" });
}

/** @param {string} place */
function mount(place) {
	execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", place], { stdio: "ignore" });
}

// Lazily, because a process that was just killed may hold a file for a moment; and twice is no error.
/** @param {string} place */
function unmount(place) {
	spawnSync("umount", ["--lazy", place], { stdio: "ignore" });
}

function canMount() {
	const place = join(tmpdir(), `xmlsocket-faults-mount-${process.pid}`);
	mkdirSync(place);
	try {
		mount(place);
		unmount(place);
		return true;
	} catch {
		return false;
	} finally {
		rmSync(place, { recursive: true, force: true });
	}
}

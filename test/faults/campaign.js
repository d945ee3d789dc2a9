// One fault, round after round, with clients at work; then quiet, a reading of everything from the beginning, and the checker's
// verdict. Rounds come in spells, each with a folder and clients of its own, so that logs stay of a size that can be read.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { check } from "./checker.js";
import { FactLog, now, readFacts } from "./facts.js";
import { seeded } from "./random.js";
import { Recorder } from "./recorder.js";
import { ROOMS, Topology } from "./topology.js";

const SPELL_ROUNDS = 100;
const SPEAKERS = 6;
const LISTENERS = 2;
const EVERY_MS = /** @type {[number, number]} */ ([5, 25]);
const RESTLESS = 0.3;
const PROGRESS_MS = 30_000;
/** nats-servers that were parted have been seen without a leader for 45 s after they could reach each other again. */
const PARTED_PROGRESS_MS = 120_000;
const SETTLE_MS = 60_000;
const READ_ALL_MS = 120_000;
const TAIL_MS = 400;
const POLL_MS = 10;
const CAMPAIGN = "campaign";
const AUDITOR = "auditor";
/** A daemon on a broker may lose what it had accepted for a live room and not handed on; a notice takes a moment to come. */
const CLUSTER_LIVE_LOSS_MS = { before: 1000, after: 6000 };

/**
 * @typedef {import("./checker.js").Verdict & { rounds: number, folder: string }} Outcome
 */

/**
 * Runs a fault. The folders of spells in which all was right are removed.
 *
 * @param {import("./faults.js").Fault} fault
 * @param {object} options
 * @param {string} options.folder where scratch folders are made
 * @param {number} options.rounds
 * @param {string} options.seed
 * @param {readonly string[]} options.flags more flags for each daemon
 * @param {(words: string) => void} options.progress
 * @param {(folder: string) => void} options.onSpell called before the fault's `prepare`
 * @returns {Promise<Outcome>}
 */
export async function runFault(fault, { folder, rounds, seed, flags, progress, onSpell }) {
	/** @type {Outcome | undefined} */
	let sum;
	for (let first = 0; first < rounds; first += SPELL_ROUNDS) {
		const spell = join(folder, `${fault.name}-${first + 1}`);
		mkdirSync(spell);
		onSpell(spell);
		const last = Math.min(rounds, first + SPELL_ROUNDS);
		const say = (/** @type {string} */ words) => progress(`${fault.name}: ${words}`);
		const verdict = await runSpell(fault, { spell, first, last, seed, flags, progress: say });
		sum = sum
			? added(sum, { ...verdict, rounds: last - first, folder: spell })
			: { ...verdict, rounds: last, folder: spell };
		if (!sum.good) break;
		rmSync(spell, { recursive: true, force: true });
	}
	if (!sum) throw new Error("A campaign has at least one round.");
	return sum;
}

/**
 * @param {import("./faults.js").Fault} fault
 * @param {object} options
 * @param {string} options.spell
 * @param {number} options.first
 * @param {number} options.last
 * @param {string} options.seed
 * @param {readonly string[]} options.flags
 * @param {(words: string) => void} options.progress
 */
async function runSpell(fault, { spell, first, last, seed, flags, progress }) {
	fault.prepare?.(spell);
	const shape = fault.topology ?? { daemons: 1, brokers: 0 };
	const topology = new Topology({ ...shape, folder: spell, seed, flags });
	const own = new FactLog(join(spell, `${CAMPAIGN}.ndjson`));
	/** @type {Recorder[]} */
	const recorders = [];
	const recorder = (/** @type {string} */ name, /** @type {object} */ more) =>
		new Recorder({
			name,
			logFile: join(spell, `${name}.ndjson`),
			addresses: () => topology.addresses(),
			rooms: Object.keys(ROOMS),
			random: seeded(seed, fault.name, first, name),
			...more,
		});
	try {
		await topology.start();
		for (let at = 0; at < SPEAKERS; at++) {
			recorders.push(recorder(`speaker-${at}`, { everyMs: EVERY_MS, ...fault.clients }));
		}
		for (let at = 0; at < LISTENERS; at++) recorders.push(recorder(`listener-${at}`, {}));
		for (const one of recorders) one.start();
		for (let at = first; at < last; at++) {
			progress(`round ${at + 1}, ${recorders.reduce((all, one) => all + one.sent, 0)} messages`);
			await runRound(fault, {
				topology,
				recorders,
				own,
				random: seeded(seed, fault.name, at),
				folder: spell,
				round: at,
			});
		}
		progress("quiet, and a reading of everything");
		await settle({ own, recorders, auditor: recorder(AUDITOR, {}), shape });
	} catch (error) {
		own.write("finding", { what: `the campaign could not go on: ${/** @type {Error} */ (error).message}` });
	} finally {
		for (const one of recorders) one.close();
		for (const what of await topology.stop()) own.write("finding", { what });
		fault.tidy?.(spell);
		own.close();
	}
	const names = [CAMPAIGN, ...recorders.map(({ name }) => name)];
	const logs = names.map((name) => ({ name, facts: () => readFacts(join(spell, `${name}.ndjson`)) }));
	const liveLossMs = shape.brokers > 0 || shape.workers ? CLUSTER_LIVE_LOSS_MS : undefined;
	return check(logs, { campaign: CAMPAIGN, auditor: AUDITOR, ...(liveLossMs ? { liveLossMs } : {}) });
}

/**
 * @param {import("./faults.js").Fault} fault
 * @param {Omit<import("./faults.js").Round, "wait" | "begin" | "end" | "finding" | "until"> & { own: FactLog, round: number }} given
 */
async function runRound(fault, { own, round, ...given }) {
	const { random, recorders } = given;
	let endMs = now();
	// Whatever else happens, somebody comes back now and then.
	if (random.chance(RESTLESS)) random.pick(recorders).disconnect();
	const finding = (/** @type {string} */ what) => own.write("finding", { what: `round ${round + 1}: ${what}` });
	if (given.topology.fallen) throw new Error(given.topology.fallen);
	await fault.round({
		...given,
		wait: (low, high = low) => sleep(random.between(low, high)),
		begin: () => own.write("begin", { fault: fault.name, round }),
		end() {
			own.write("end", { fault: fault.name, round });
			endMs = now();
		},
		finding,
		until,
	});
	own.write("ready", { ms: given.topology.daemons.map(({ readyMs }) => Math.round(readyMs)) });
	// The next round begins when somebody has been acknowledged what was said after this one's fault.
	const limitMs = fault.topology?.network ? PARTED_PROGRESS_MS : PROGRESS_MS;
	if (await until(() => recorders.some(({ recoveredMs }) => recoveredMs > endMs), limitMs)) return;
	finding(`nobody was acknowledged anything that was said in the ${limitMs} ms after the fault`);
}

/**
 * Lets what is under way arrive, has everyone say a last thing, and has a newcomer read every stored room from its beginning.
 *
 * @param {object} given
 * @param {FactLog} given.own
 * @param {Recorder[]} given.recorders the newcomer is added to them
 * @param {Recorder} given.auditor
 * @param {{ brokers: number, workers?: number }} given.shape
 */
async function settle({ own, recorders, auditor, shape }) {
	own.write("settling");
	const clients = [...recorders];
	recorders.push(auditor);
	for (const one of clients) one.stopSpeaking();
	const quiet = () => clients.every((one) => one.quiet);
	const level = () =>
		Object.entries(ROOMS).every(
			([room, kind]) => kind === "live" || new Set(recorders.map((one) => one.rooms.get(room)?.seq)).size === 1,
		);
	const waitFor = async (
		/** @type {string} */ what,
		/** @type {() => boolean} */ holds,
		/** @type {number} */ limitMs,
	) => {
		if (!(await until(holds, limitMs))) own.write("finding", { what: `${what} within ${limitMs} ms` });
	};
	await waitFor("not every client was up to date and acknowledged", quiet, SETTLE_MS);
	for (const one of clients.slice(0, SPEAKERS)) one.speakEverywhere();
	await waitFor("not every last message was acknowledged", quiet, SETTLE_MS);
	await sleep(shape.brokers > 0 || shape.workers ? TAIL_MS * 4 : TAIL_MS);
	auditor.start();
	await waitFor("not every client had seen the same, all that there is,", () => auditor.quiet && level(), READ_ALL_MS);
	for (const [room, kind] of Object.entries(ROOMS)) {
		const told = auditor.rooms.get(room)?.kind;
		if (told !== kind) own.write("finding", { what: `room ${room} is to be ${kind} and is ${told}` });
	}
}

/** @param {() => boolean} holds @param {number} limitMs */
async function until(holds, limitMs) {
	const untilMs = performance.now() + limitMs;
	while (!holds()) {
		if (performance.now() > untilMs) return false;
		await sleep(POLL_MS);
	}
	return true;
}

/** @param {Outcome} one @param {Outcome} other @returns {Outcome} */
function added(one, other) {
	const counts = { ...one.counts };
	for (const kind of /** @type {(keyof typeof counts)[]} */ (Object.keys(counts))) counts[kind] += other.counts[kind];
	return {
		good: one.good && other.good,
		messages: one.messages + other.messages,
		acknowledged: one.acknowledged + other.acknowledged,
		deliveries: one.deliveries + other.deliveries,
		counts,
		allowed: one.allowed + other.allowed,
		longestStallMs: Math.max(one.longestStallMs, other.longestStallMs),
		recoveriesMs: [...one.recoveriesMs, ...other.recoveriesMs],
		findings: [...one.findings, ...other.findings],
		rounds: one.rounds + other.rounds,
		folder: other.folder,
	};
}

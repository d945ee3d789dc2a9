// One attack after the other on a target that runs: the honest load, the base line, the attack from a process of its own, the way
// back to the base line, and a quiet control. A target is used again as long as it has come back to its base line.

import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inTurn, packetBytes, sessionFirst, setPacketBytes } from "./sources.js";
import { kept, processFacts, Target } from "./target.js";
import { GOALS, judge } from "./verdict.js";

const PHASES_MS = { warm: 1500, quiet: 3000, control: 2000 };
/** Where goals of time are not judged. */
const BRIEF_MS = { warm: 100, quiet: 300, control: 300 };
const SAMPLE_MS = 100;
const POLL_MS = 250;
/** An attacker that has not ended by then is killed. */
const OVERTIME_MS = 60_000;
const SETTLE_MS = 120_000;
const ATTACKS_PER_TARGET = 12;
/** An attack that has driven memory to so many times its goal has got through, and is ended before the machine suffers. */
const ENOUGH_FACTOR = 4;
/** Sockets of the honest visits that are just being closed. */
const SPARE_DESCRIPTORS = 2;
const GAUGES = ["xmlsocket_connections", "xmlsocket_peers", "xmlsocket_chat_clients"];
const MIB = 1024 * 1024;

/** A program of this folder with which orders are exchanged. */
class Helper {
	#child;
	/** @type {{ done: (value: any) => void, failed: (error: Error) => void }[]} */
	#waiting = [];

	/** @param {string} file @param {"first" | "last"} turn */
	constructor(file, turn) {
		const [execPath, ...before] = [...inTurn(turn), process.execPath];
		const stdio = /** @type {const} */ (["ignore", "ignore", "inherit", "ipc"]);
		const options = { execPath, execArgv: before, stdio: [...stdio], detached: turn === "first" };
		this.#child = kept(fork(join(import.meta.dirname, file), [], options));
		if (turn === "first") sessionFirst(this.pid);
		this.#child.on("message", (/** @type {any} */ { value, error }) => {
			const waiting = this.#waiting.shift();
			if (error === undefined) waiting?.done(value);
			else waiting?.failed(new Error(error));
		});
		this.#child.once("exit", (code, signal) => {
			for (const { failed } of this.#waiting.splice(0)) failed(new Error(`${file} ended: ${signal ?? code}`));
		});
	}

	get pid() {
		return /** @type {number} */ (this.#child.pid);
	}

	/** @param {{ do?: string }} order @param {number} limitMs */
	async ask(order, limitMs = SETTLE_MS) {
		/** @type {Promise<any>} */
		const answer = new Promise((done, failed) => this.#waiting.push({ done, failed }));
		this.#child.send(order);
		const controller = new AbortController();
		const late = sleep(limitMs, undefined, { signal: controller.signal }).then(
			() => {
				throw new Error(`no answer to "${order.do ?? "attack"}" in ${limitMs} ms`);
			},
			() => {},
		);
		try {
			return await Promise.race([answer, late]);
		} finally {
			controller.abort();
			answer.catch(() => {});
		}
	}

	kill() {
		this.#child.kill("SIGKILL");
	}
}

/**
 * Honest load and target, ready to be attacked.
 *
 * @param {import("./attacks.js").Attack} attack decides what is started
 * @param {{ folder: string, places: import("./sources.js").Places, echoPort: number, weakened: readonly string[], brief: boolean }} options
 */
export async function openStage(attack, { folder, places, echoPort, weakened, brief }) {
	const kind = attack.target;
	const beside = await kind.beside?.(folder);
	const flags = [...(kind.flags?.({ folder, echoPort }) ?? []), ...(beside?.flags ?? [])];
	const target = new Target({
		folder,
		command: [...kind.command, ...flags, ...weakened],
		listen: places.listen,
		proxy: kind.proxy,
		...attack.start,
	});
	const honest = new Helper("honest.js", "first");
	try {
		await target.ready();
		const host = kind.proxy ? places.honest : places.loopback;
		const from = kind.proxy ? places.honestFrom : [];
		await honest.ask({ do: "enter", load: kind.load, place: { host, port: target.port }, from });
		await honest.ask({ do: "begin", name: "warm", visits: true });
		const phasesMs = brief ? BRIEF_MS : PHASES_MS;
		await sleep(phasesMs.warm);
		await honest.ask({ do: "begin", name: "quiet", visits: true });
		await sleep(phasesMs.quiet);
		const { phases } = await honest.ask({ do: "settle" });
		return new Stage({ target, honest, quiet: phaseOf(phases, "quiet"), places, brief, beside });
	} catch (error) {
		honest.kill();
		await target.stop();
		await beside?.close();
		throw error;
	}
}

/** A target that runs, with its honest load. */
export class Stage {
	#target;
	#honest;
	#places;
	#quiet;
	#brief;
	#beside;
	#used = 0;
	#firstRssBytes;
	#good = true;

	/** @param {{ target: Target, honest: Helper, quiet: any, places: import("./sources.js").Places, brief: boolean, beside?: import("./targets.js").Beside | undefined }} options */
	constructor({ target, honest, quiet, places, brief, beside }) {
		this.#brief = brief;
		this.#beside = beside;
		this.#target = target;
		this.#honest = honest;
		this.#quiet = quiet;
		this.#places = places;
		this.#firstRssBytes = target.facts()?.rssBytes ?? 0;
	}

	/** Whether the next attack finds it as the first one did. */
	get reusable() {
		const rssBytes = this.#target.facts()?.rssBytes ?? Number.POSITIVE_INFINITY;
		return this.#good && this.#used < ATTACKS_PER_TARGET && rssBytes - this.#firstRssBytes < GOALS.rssBytes / 2;
	}

	/**
	 * @param {import("./attacks.js").Attack} attack
	 * @param {{ seconds: number, seed: string }} options
	 */
	async run(attack, { seconds, seed }) {
		this.#used++;
		setPacketBytes(attack.packetBytes ?? packetBytes.loopback);
		const target = this.#target;
		const honest = this.#honest;
		this.#good = false;
		const base = await this.#state();
		target.worstLines();
		const before = await target.metrics();
		await honest.ask({ do: "begin", name: "attacked", visits: true });
		const enough = new AbortController();
		const watch = new Watch(target, [honest.pid, process.pid], (timesGoal) => {
			if (timesGoal > (this.#brief ? 1 : ENOUGH_FACTOR)) enough.abort();
		});
		const outcome = await this.#attack(attack, { seconds, seed, watch, enough: enough.signal });
		const seen = watch.end();
		await honest.ask({ do: "begin", name: "recovering", visits: false });
		// What is wrong already need not be waited for in a short run.
		const waits = !(this.#brief && seen.rssBytes - (base.rssBytes ?? 0) > GOALS.rssBytes);
		const back = waits ? await this.#wayBack(base) : { recoveryMs: Number.NaN, notBack: undefined };
		const after = await target.metrics();
		await honest.ask({ do: "begin", name: "control", visits: true });
		await sleep(this.#brief ? BRIEF_MS.control : PHASES_MS.control);
		const report = await honest.ask({ do: "settle" });
		const attacked = phaseOf(report.phases, "attacked");
		const control = phaseOf(report.phases, "control");
		const visits = /** @type {any[]} */ (Object.values(report.visits));
		const refusals = difference(before, after);
		if (attack.traced && !Object.keys(refusals).some((reason) => !reason.includes("refused"))) {
			outcome.findings.push("nothing counts what was refused");
		}
		const measured = {
			ended: target.ended,
			attack: outcome,
			quiet: p99(this.#quiet),
			attacked: p99(attacked),
			control: p99(control),
			longestStallMs: Math.max(attacked.longestGapMs, attacked.live.max ?? 0, attacked.stored.max ?? 0),
			ownStallMs: attacked.ownStallMs.p99,
			...seen,
			rssRiseBytes: base.rssBytes === undefined ? undefined : Math.max(0, seen.rssBytes - base.rssBytes),
			counts: report.counts,
			complaints: report.complaints,
			visitsFailed: attack.closedToStrangers ? [] : visits.flatMap(({ failed }) => failed),
			visits: visits.reduce((sum, { served, failed }) => sum + served + failed.length, 0),
			refusals,
			logs: target.worstLines(),
			...back,
		};
		const result = judge(measured, { timed: !this.#brief });
		this.#good = result.verdict !== "FAIL" || result.late;
		if (target.ended) result.reasons.push(target.lastWords());
		return { ...measured, ...result };
	}

	/** What must come back. */
	async #state() {
		const metrics = await this.#target.metrics();
		const facts = this.#target.facts();
		return {
			rssBytes: facts?.rssBytes,
			descriptors: facts?.descriptors,
			gauges: GAUGES.map((name) => metrics?.get(name)),
			answers: metrics !== undefined,
		};
	}

	/** @param {Awaited<ReturnType<Stage["#state"]>>} base */
	async #wayBack(base) {
		const begunMs = performance.now();
		for (;;) {
			const now = await this.#state();
			const recoveryMs = performance.now() - begunMs;
			const missing = [];
			if (!now.answers) missing.push("no metrics");
			const more = (now.descriptors ?? 0) - (base.descriptors ?? 0);
			if (more > SPARE_DESCRIPTORS) missing.push(`${more} descriptors more`);
			if (now.rssBytes !== undefined && now.rssBytes - (base.rssBytes ?? 0) > GOALS.rssBytes) {
				missing.push(`${Math.round((now.rssBytes - (base.rssBytes ?? 0)) / MIB)} MiB more`);
			}
			for (const [at, name] of GAUGES.entries()) {
				const rise = (now.gauges[at] ?? 0) - (base.gauges[at] ?? 0);
				if (rise > SPARE_DESCRIPTORS) missing.push(`${rise} more in ${name}`);
			}
			if (missing.length === 0) return { recoveryMs, notBack: undefined };
			if (recoveryMs > GOALS.recoveryMs || this.#target.ended) return { recoveryMs, notBack: missing.join(", ") };
			await sleep(POLL_MS);
		}
	}

	/**
	 * @param {import("./attacks.js").Attack} attack
	 * @param {{ seconds: number, seed: string, watch: Watch, enough: AbortSignal }} options
	 */
	async #attack(attack, { seconds, seed, watch, enough }) {
		const attacker = new Helper("attacker.js", "last");
		watch.also(attacker.pid);
		const lastsMs = 1000 * Math.max(seconds, attack.atLeastSeconds ?? 0);
		const { loopback, outside } = this.#places;
		try {
			const order = { name: attack.name, port: this.#target.port, pid: this.#target.pid, lastsMs, seed };
			const rest = { loopback, outside: attack.target.proxy ? outside : undefined };
			const stopped = once(enough, "abort").then(() => ({ connections: 1, bytes: 0, findings: [], counts: {} }));
			return await Promise.race([attacker.ask({ ...order, ...rest }, lastsMs + OVERTIME_MS), stopped]);
		} catch (error) {
			const why = `the attacker failed: ${/** @type {Error} */ (error).message}`;
			return { connections: 1, bytes: 0, findings: [why], counts: {} };
		} finally {
			attacker.kill();
		}
	}

	/** Ends it; returns what was wrong with its end. */
	async close() {
		this.#honest.kill();
		const wrong = await this.#target.stop(this.#brief && !this.#good ? "SIGKILL" : "SIGTERM");
		await this.#beside?.close();
		return wrong;
	}
}

/** What stands for a measurement that there is none of. @param {string} why @returns {Awaited<ReturnType<Stage["run"]>>} */
export function notMeasured(why) {
	const none = { live: undefined, stored: undefined };
	return {
		verdict: "FAIL",
		reasons: [why],
		late: false,
		ended: undefined,
		attack: { connections: 0, bytes: 0, findings: [], counts: {} },
		quiet: none,
		attacked: none,
		control: none,
		longestStallMs: Number.NaN,
		ownStallMs: Number.NaN,
		ms: 0,
		rssBytes: 0,
		cpuShare: 0,
		waitedShare: 0,
		othersShare: 0,
		rssRiseBytes: undefined,
		counts: { lost: 0, duplicated: 0, reordered: 0, disconnected: 0 },
		complaints: [],
		visitsFailed: [],
		visits: 0,
		refusals: {},
		logs: { reason: "", perSecond: 0 },
		recoveryMs: Number.NaN,
		notBack: undefined,
	};
}

/** Samples what the system says of the target while an attack lasts. */
class Watch {
	#target;
	#onRise;
	#begin;
	#begunMs = performance.now();
	#mostRssBytes = 0;
	#timer;
	#machine = machineMs();
	/** @type {{ pid: number, cpuMs: number, lastMs: number }[]} */
	#ours = [];

	/** @param {Target} target @param {number[]} pids our own other programs @param {(timesGoal: number) => void} onRise called with how often memory has risen by its goal */
	constructor(target, pids, onRise) {
		this.#target = target;
		this.#onRise = onRise;
		this.#begin = target.facts();
		for (const pid of pids) this.also(pid);
		this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
	}

	/** @param {number} pid */
	also(pid) {
		const cpuMs = processFacts(pid, "")?.cpuMs ?? 0;
		this.#ours.push({ pid, cpuMs, lastMs: cpuMs });
	}

	#sample() {
		this.#mostRssBytes = Math.max(this.#mostRssBytes, this.#target.facts()?.rssBytes ?? 0);
		const riseBytes = this.#mostRssBytes - (this.#begin?.rssBytes ?? 0);
		this.#onRise(riseBytes / GOALS.rssBytes);
		for (const one of this.#ours) one.lastMs = processFacts(one.pid, "")?.cpuMs ?? one.lastMs;
	}

	end() {
		clearInterval(this.#timer);
		this.#sample();
		const ms = performance.now() - this.#begunMs;
		const end = this.#target.facts();
		const since = (/** @type {"cpuMs" | "waitedMs"} */ key) => (end?.[key] ?? 0) - (this.#begin?.[key] ?? 0);
		const ours = this.#ours.reduce((sum, { cpuMs, lastMs }) => sum + lastMs - cpuMs, since("cpuMs"));
		return {
			ms,
			rssBytes: this.#mostRssBytes,
			cpuShare: since("cpuMs") / ms,
			waitedShare: since("waitedMs") / ms,
			/** Processors that other programs of the machine used meanwhile. */
			othersShare: Math.max(0, machineMs() - this.#machine - ours) / ms,
		};
	}
}

/** Busy milliseconds of all processors. */
function machineMs() {
	try {
		const fields = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.split(/\s+/).slice(1).map(Number) ?? [];
		const [user = 0, nice = 0, system = 0, , , irq = 0, soft = 0, steal = 0] = fields;
		return (user + nice + system + irq + soft + steal) * 10;
	} catch {
		return 0;
	}
}

/** @param {any[]} phases @param {string} wanted */
function phaseOf(phases, wanted) {
	return phases.find(({ name }) => name === wanted);
}

/** @param {any} phase */
function p99(phase) {
	return { live: phase?.live.p99, stored: phase?.stored.p99 };
}

/** What the counters of refusals rose by. @param {Map<string, number> | undefined} before @param {Map<string, number> | undefined} after */
function difference(before, after) {
	/** @type {Record<string, number>} */
	const rise = {};
	for (const [name, value] of after ?? []) {
		const reason = /^xmlsocket_(?:\w+_)?refused(?:_total)?(?:\{reason="([^"]*)"\})?$/.exec(name);
		const more = value - (before?.get(name) ?? 0);
		if (reason && more > 0) rise[reason[1] ?? name.replace("xmlsocket_", "").replace(/_total$/, "")] = more;
	}
	return rise;
}

// Who uses the daemon in a mixed soak: members that stay, newcomers, storms of reconnections, and visitors. The seed decides what
// they do; the network decides the order of events.

import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "../faults/random.js";
import { Ledger } from "./ledger.js";
import { Member } from "./member.js";
import { EVERY_S, VISITS } from "./visitors.js";

const ROOMS = /** @type {const} */ ({ lobby: "stored", news: "stored", game: "live", hall: "live" });
const KINDS = /** @type {const} */ (["tcp", "ws", "tls", "ws-text", "tcp", "wss"]);
const MEMBERS = 36;
const NEWCOMERS = 12;
const EVERY_MS = /** @type {[number, number]} */ ([600, 2200]);
const STORM_MS = 180_000;
const STORM_CONNECTIONS = 150;
const LIVES_S = /** @type {[number, number]} */ ([4, 25]);
const SETTLE_MS = 60_000;
const POLL_MS = 100;
/** How long a restart of the daemon excuses a lost connection. */
const RESTART_MS = 30_000;

/** @typedef {import("./sampler.js").Sample} Sample */

export class Population {
	ledger = new Ledger();
	/** When the daemon began its last restart. */
	restartMs = Number.NEGATIVE_INFINITY;
	/** Connections are lost while the daemon restarts, and a little longer where nobody has noticed yet. */
	mayLose = () => performance.now() - this.restartMs < RESTART_MS;
	counts = { connects: 0, leaves: 0, resumes: 0, renames: 0, wanders: 0, storms: 0, stormConnections: 0, restarts: 0 };
	/** @type {Record<string, number>} */
	visits = {};
	#address;
	#random;
	/** @type {Member[]} */
	#members = [];
	/** Newcomers by place; each place has many lives, one after the other. @type {(Member | undefined)[]} */
	#newcomers = Array.from({ length: NEWCOMERS });
	#lives = 0;
	#active = true;
	#visiting = 0;
	/** @type {NodeJS.Timeout[]} */
	#timers = [];

	/** @param {{ address: () => import("./dial.js").Address, seed: string }} options */
	constructor({ address, seed }) {
		this.#address = address;
		this.#random = seeded(seed, "mixed");
		const random = this.#random;
		for (let at = 0; at < MEMBERS; at++) {
			const kind = /** @type {import("./dial.js").Kind} */ (KINDS[at % KINDS.length]);
			// A third only listens.
			const everyMs = at % 3 === 2 ? {} : { everyMs: EVERY_MS };
			const { ledger, mayLose } = this;
			this.#members.push(
				new Member({ sender: `m${at}`, epoch: 0, kind, address, rooms: ROOMS, mayLose, ledger, random, ...everyMs }),
			);
		}
	}

	/** Every kind of connection once, so that what the daemon makes once and keeps is in the base line. */
	async visitOnce() {
		const random = this.#random;
		for (const name of ["keep-alive user", "policy request", "TLS visitor", "bad documents"]) {
			await VISITS[name]?.(this.#address(), random);
		}
	}

	start() {
		const random = this.#random;
		for (const member of this.#members) member.start();
		this.#every(1000, () => this.#renew());
		this.#every(2000, () => {
			random.pick(this.#members).disconnect();
			this.counts.resumes++;
		});
		this.#every(3000, () => {
			random.pick(this.#members).rename();
			this.counts.renames++;
		});
		this.#every(1500, () => {
			random.pick(this.#members).wander(random.between(1000, 8000));
			this.counts.wanders++;
		});
		this.#every(STORM_MS, () => this.#storm());
		for (const [name, seconds] of Object.entries(EVERY_S)) this.#every(seconds * 1000, () => void this.#visit(name));
	}

	/** Stops what comes and goes, waits until everything sent has arrived everywhere, and has all clients leave. */
	async settle() {
		this.#active = false;
		for (const timer of this.#timers) clearInterval(timer);
		const everyone = () => [...this.#members, ...this.#newcomers.flatMap((one) => (one ? [one] : []))];
		for (const one of everyone()) one.stopSpeaking();
		const untilMs = performance.now() + SETTLE_MS;
		const missing = () => this.ledger.missing(this.#members.flatMap(({ readers }) => readers));
		const quiet = () => everyone().every((one) => one.quiet);
		while ((!quiet() || missing().length > 0) && performance.now() < untilMs) await sleep(POLL_MS);
		if (!quiet()) this.ledger.finding("other", `not every member was up to date within ${SETTLE_MS / 1000} s`);
		for (const { words, count } of missing()) this.ledger.finding("lost", words, count);
		// A visitor that waits for a time limit of the daemon stays until then.
		while (this.#visiting > 0 && performance.now() < untilMs + SETTLE_MS) await sleep(POLL_MS);
		this.close();
	}

	close() {
		this.#active = false;
		for (const timer of this.#timers) clearInterval(timer);
		for (const one of [...this.#members, ...this.#newcomers]) one?.close();
	}

	/** @param {Sample} sample */
	words({ s, rss, heap, connections, cpu, load, delayP99 }) {
		const { ledger } = this;
		return [
			`${Math.round(s / 60)} min: RSS ${rss} MiB, heap ${heap} MiB, ${connections} connections, CPU ${cpu} % + clients ${load} %,`,
			`event loop p99 ${delayP99} ms, ${ledger.sent} sent, ${ledger.deliveries} deliveries,`,
			`${ledger.lost} lost, ${ledger.twice} twice, ${ledger.disordered} out of order, ${ledger.other} other`,
		].join(" ");
	}

	/** Replaces one newcomer by another. */
	#renew() {
		const random = this.#random;
		const at = random.between(0, NEWCOMERS - 1);
		const before = this.#newcomers[at];
		if (before) {
			// Some leave in order, some lose their connection.
			if (random.chance(0.3)) before.disconnect();
			before.close();
			this.#newcomers[at] = undefined;
			this.counts.leaves++;
			return;
		}
		const life = ++this.#lives;
		const rooms = random.chance(0.5) ? ROOMS : { lobby: ROOMS.lobby, [`room-${random.between(1, 50)}`]: "live" };
		const newcomer = new Member({
			sender: `n${at}`,
			// Lives are far apart, because each lost connection begins an epoch too.
			epoch: life * 1000,
			kind: random.pick(KINDS),
			address: this.#address,
			rooms: /** @type {Record<string, "stored" | "live">} */ (rooms),
			everyMs: EVERY_MS,
			mayLose: this.mayLose,
			ledger: this.ledger,
			random,
		});
		this.#newcomers[at] = newcomer;
		newcomer.start();
		this.counts.connects++;
		const timer = setTimeout(
			() => {
				if (this.#newcomers[at] !== newcomer) return;
				newcomer.close();
				this.#newcomers[at] = undefined;
				this.counts.leaves++;
			},
			random.between(...LIVES_S) * 1000,
		);
		timer.unref();
	}

	/** Everyone loses the connection at once and many others connect, as after a restart of a network. */
	#storm() {
		this.counts.storms++;
		for (const member of this.#members) member.disconnect();
		for (let at = 0; at < STORM_CONNECTIONS; at++) {
			this.counts.stormConnections++;
			setTimeout(() => this.#active && void this.#visit("silent connection"), this.#random.between(0, 2000)).unref();
		}
	}

	/** @param {string} name */
	async #visit(name) {
		this.#visiting++;
		this.visits[name] = (this.visits[name] ?? 0) + 1;
		try {
			await VISITS[name]?.(this.#address(), this.#random);
		} catch (error) {
			const { message } = /** @type {Error} */ (error);
			if (!this.mayLose()) this.ledger.finding("other", `${name}: ${message}`);
		} finally {
			this.#visiting--;
		}
	}

	/** @param {number} periodMs @param {() => void} act */
	#every(periodMs, act) {
		this.#timers.push(setInterval(act, periodMs));
	}
}

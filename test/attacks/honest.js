// The honest load, in a process of its own: members in every room say 50 messages a second in all, at times that are fixed
// beforehand, and check what they hear. Short visits (a page, a policy file, a newcomer) show whether strangers are still served. A
// delay counts from the time at which a message was to be sent, so a stall of the daemon cannot hide what it delayed.

import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { LOADS, messageText, readMessage } from "./loads.js";
import { Member } from "./member.js";
import { Visitors } from "./visitors.js";

const MEMBERS = 20;
const MESSAGES_PER_SECOND = 50;
const EVERY_MS = 1000 / MESSAGES_PER_SECOND;
const SLOW_BYTES_PER_SECOND = 1024 * 1024;
/** Its number is a TCP member's. */
const SLOW_MEMBER = 4;
const ENTER_MS = 45_000;
const LATE_MS = 15_000;
const POLL_MS = 20;

/** One stretch of time: what was to be sent in it, and how long that took. */
class Phase {
	/** @type {Record<string, number[]>} */
	delays = { live: [], stored: [] };
	longestGapMs = 0;
	ownStall = monitorEventLoopDelay({ resolution: 5 });
	untilMs = Number.POSITIVE_INFINITY;

	/** @param {string} name @param {number} fromMs */
	constructor(name, fromMs) {
		this.name = name;
		this.fromMs = fromMs;
		this.ownStall.enable();
	}

	end() {
		this.untilMs = performance.now();
		this.ownStall.disable();
	}
}

class HonestLoad {
	#load;
	/** @type {Member[]} */
	#members = [];
	/** @type {Phase[]} */
	#phases = [];
	/** Sent by each member in each room. @type {number[][]} */
	#sent = [];
	/** The number that each reader expects next, by sender and room. @type {number[][][]} */
	#expected = [];
	#entered = new Array(MEMBERS).fill(0);
	#lastHeardMs = new Array(MEMBERS).fill(0);
	#counts = { lost: 0, duplicated: 0, reordered: 0, disconnected: 0, gaps: 0, sent: 0, deliveries: 0 };
	/** What was passed over, until it comes after all. @type {Set<string>} */
	#missed = new Set();
	/** What ended members, or refused their messages. @type {string[]} */
	#complaints = [];
	#speaking = false;
	#nextMs = 0;
	#turn = 0;
	/** @type {NodeJS.Timeout | undefined} */
	#timer;
	#visitors;

	/** @param {{ load: string, place: { host: string, port: number }, from: string[] }} options */
	constructor({ load, place, from }) {
		this.#load = /** @type {import("./loads.js").Load} */ (LOADS[load]);
		for (let number = 0; number < MEMBERS; number++) {
			const by = /** @type {"tcp" | "ws"} */ (this.#load.by[number % this.#load.by.length]);
			this.#members.push(
				new Member({
					number,
					by,
					place,
					...(this.#load.path ? { path: this.#load.path } : {}),
					...(from[number] ? { from: from[number] } : {}),
					...(number === SLOW_MEMBER ? { bytesPerSecond: SLOW_BYTES_PER_SECOND } : {}),
					onDocument: (member, document) => this.#hear(member, document),
					onClose: (member) => {
						this.#counts.disconnected++;
						this.#complaints.push(`member ${member.number} (${by}) was disconnected`);
					},
				}),
			);
			this.#sent.push(this.#load.rooms.map(() => 0));
			this.#expected.push(this.#members.map(() => []));
		}
		for (const one of this.#expected) for (let at = 0; at < MEMBERS; at++) one[at] = this.#load.rooms.map(() => 0);
		this.#visitors = new Visitors({ load, place, from: from.slice(MEMBERS) });
	}

	async enter() {
		for (const member of this.#members) {
			await member.ready();
			for (const document of this.#load.enter(member.number)) member.send(document);
		}
		const untilMs = performance.now() + ENTER_MS;
		while (!this.#entered.every((count) => count >= this.#load.signs)) {
			if (performance.now() > untilMs) throw new Error(`the honest members did not get in: ${this.#why()}`);
			await sleep(POLL_MS);
		}
	}

	/** Begins a phase, and speaks from then on. @param {string} name @param {boolean} visits */
	begin(name, visits) {
		this.#phases.at(-1)?.end();
		const nowMs = performance.now();
		this.#phases.push(new Phase(name, nowMs));
		this.#lastHeardMs.fill(nowMs);
		this.#visitors.begin(name, visits);
		if (this.#speaking) return;
		this.#speaking = true;
		this.#nextMs = nowMs;
		this.#speak();
	}

	/** Says what is due. */
	#speak() {
		if (!this.#speaking) return;
		for (const nowMs = performance.now(); this.#nextMs <= nowMs; this.#nextMs += EVERY_MS) this.#say(this.#nextMs);
		this.#timer = setTimeout(() => this.#speak(), Math.max(1, this.#nextMs - performance.now()));
	}

	/** @param {number} intendedMs */
	#say(intendedMs) {
		const turn = this.#turn++;
		const member = /** @type {Member} */ (this.#members[turn % MEMBERS]);
		if (!member.open) return;
		const room = Math.floor(turn / MEMBERS + turn) % this.#load.rooms.length;
		const sent = /** @type {number[]} */ (this.#sent[member.number]);
		const n = /** @type {number} */ (sent[room]);
		sent[room] = n + 1;
		this.#counts.sent++;
		member.send(this.#load.say(room, `${room}-${n}`, messageText(member.number, room, n, intendedMs)));
	}

	/** @param {Member} member @param {string} document */
	#hear(member, document) {
		const message = document.length < 1024 ? readMessage(document) : undefined;
		if (!message) {
			this.#entered[member.number] += this.#load.entered(document);
			if (document.startsWith("<gap ")) this.#counts.gaps++;
			return;
		}
		const nowMs = performance.now();
		const { sender, room, n, intendedMs } = message;
		const expected = /** @type {number[]} */ (this.#expected[member.number]?.[sender]);
		const next = expected[room] ?? 0;
		if (n < next) {
			const late = this.#missed.delete(missedKey(member.number, message));
			this.#counts[late ? "reordered" : "duplicated"]++;
			return;
		}
		for (let missed = next; missed < n; missed++) this.#missed.add(missedKey(member.number, { ...message, n: missed }));
		expected[room] = n + 1;
		this.#counts.deliveries++;
		if (member.number === SLOW_MEMBER) return;
		const phase = this.#phases.findLast(({ fromMs }) => fromMs <= intendedMs);
		phase?.delays[/** @type {string} */ (this.#load.rooms[room])]?.push(nowMs - intendedMs);
		if (this.#load.alone) return;
		const current = this.#phases.at(-1);
		const gapMs = nowMs - this.#lastHeardMs[member.number];
		if (current && this.#speaking && gapMs > current.longestGapMs) current.longestGapMs = gapMs;
		this.#lastHeardMs[member.number] = nowMs;
	}

	/** How many deliveries to members who are still there have not come; it counts each once. */
	#missing(counted = false) {
		let missing = 0;
		for (const reader of this.#members) {
			if (!reader.open) continue;
			for (const sender of this.#members) {
				// What is on its way when its sender is disconnected may not arrive.
				if (!sender.open || (this.#load.alone && sender !== reader)) continue;
				for (let room = 0; room < this.#load.rooms.length; room++) {
					const sent = this.#sent[sender.number]?.[room] ?? 0;
					const expected = /** @type {number[]} */ (this.#expected[reader.number]?.[sender.number]);
					missing += sent - (expected[room] ?? 0);
					if (counted) expected[room] = sent;
				}
			}
		}
		return missing;
	}

	/** Ends the last phase, waits for what is under way, and returns what was seen since the last time. */
	async settle() {
		this.#speaking = false;
		clearTimeout(this.#timer);
		this.#phases.at(-1)?.end();
		const untilMs = performance.now() + LATE_MS;
		while (this.#missing() > 0 && performance.now() < untilMs) await sleep(POLL_MS);
		const visits = await this.#visitors.end();
		this.#counts.lost = this.#missed.size + this.#missing(true);
		this.#missed.clear();
		const phases = this.#phases.map(({ name, fromMs, untilMs: endMs, delays, longestGapMs, ownStall }) => ({
			name,
			ms: endMs - fromMs,
			live: summary(delays.live ?? []),
			stored: summary(delays.stored ?? []),
			longestGapMs,
			ownStallMs: { p99: ownStall.percentile(99) / 1e6, max: ownStall.max / 1e6 },
		}));
		const report = { counts: this.#counts, complaints: [this.#why()].filter(Boolean), phases, visits };
		this.#phases = [];
		this.#complaints = [];
		this.#counts = { lost: 0, duplicated: 0, reordered: 0, disconnected: 0, gaps: 0, sent: 0, deliveries: 0 };
		for (const member of this.#members) member.errors.clear();
		return report;
	}

	/** What went wrong, in words. */
	#why() {
		const errors = new Map();
		for (const member of this.#members) {
			for (const [code, count] of member.errors) errors.set(code, (errors.get(code) ?? 0) + count);
		}
		const refused = [...errors].map(([code, count]) => `${count} × ${code}`);
		return [...this.#complaints.slice(0, 4), ...refused].join(", ");
	}
}

/** @param {number} reader @param {{ sender: number, room: number, n: number }} message */
function missedKey(reader, { sender, room, n }) {
	return `${reader}.${sender}.${room}.${n}`;
}

/** @param {number[]} delays */
function summary(delays) {
	const sorted = delays.sort((a, b) => a - b);
	const at = (/** @type {number} */ part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
	return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) };
}

/** @type {HonestLoad | undefined} */
let honest;
// As the members of a real room, it does not wait behind the attackers for the processor.
process.on("disconnect", () => process.exit(0));
process.on("message", (/** @type {any} */ order) => {
	answer(order).then(
		(value) => process.send?.({ value }),
		(error) => process.send?.({ error: String(error.message) }),
	);
});

/** @param {any} order */
async function answer(order) {
	if (order.do === "enter") {
		honest = new HonestLoad(order);
		await honest.enter();
	} else if (order.do === "begin") honest?.begin(order.name, order.visits);
	else return honest?.settle();
	return undefined;
}

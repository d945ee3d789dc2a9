// The checker of the fault campaign: the clients' logs in, a verdict out. It opens no connection, knows nothing of the daemon, and
// shares no code with it; what it holds the logs against is docs/reliability.md, "The promise", and docs/chat.md. Facts are
// described in facts.js. Logs are read twice: who sent what and what was acknowledged first, then what everyone saw.

import { Findings } from "./findings.js";
import { LiveRoom } from "./live-room.js";
import { StoredRoom } from "./stored-room.js";

/**
 * A message as its sender's log has it.
 * @typedef {object} Sent
 * @property {string} client
 * @property {string} room
 * @property {string} id
 * @property {number} n
 * @property {string} text
 * @property {number} t
 * @property {boolean} refused whether it was refused at least once
 * @property {import("./findings.js").Place} place
 * @property {{ seq: number | undefined, t: number, place: import("./findings.js").Place }} [acknowledged]
 */

/** A log: its client's name and its facts, which can be read again. @typedef {{ name: string, facts: () => Iterable<any> }} Log */

/**
 * @typedef {object} Verdict
 * @property {boolean} good
 * @property {number} messages sent for the first time
 * @property {number} acknowledged
 * @property {number} deliveries
 * @property {Record<import("./findings.js").Kind, number>} counts of findings
 * @property {number} allowed losses in live rooms that were announced, or that a fault may cause
 * @property {number} longestStallMs the longest that a reader who read saw nothing in stored rooms while people spoke
 * @property {number[]} recoveriesMs from the end of each fault's cause to the first acknowledgement, in a stored room, of a message
 * sent after it
 * @property {{ kind: string, what: string, proof: string[] }[]} findings the first ones, with the lines that prove them
 */

const INTERNAL = "internal";
const ROOM_NOTICE = "broker-lost";

/**
 * Judges the logs of a campaign.
 *
 * @param {readonly Log[]} logs
 * @param {object} options
 * @param {string} options.campaign the log of the campaign itself
 * @param {string} options.auditor the client that reads every history from its beginning when all is over
 * @param {{ before: number, after: number }} [options.liveLossMs] how long before and after a fault's cause a live room may lose
 * messages; without it never
 * @returns {Verdict}
 */
export function check(logs, { campaign, auditor, liveLossMs }) {
	const findings = new Findings();
	const index = readSent(logs, findings, campaign);
	const isAllowed = (/** @type {number} */ t) =>
		liveLossMs !== undefined &&
		index.faults.some(({ beginMs, endMs }) => t >= beginMs - liveLossMs.before && t <= endMs + liveLossMs.after);
	const judged = judge(logs, { findings, index, campaign, auditor, isAllowed });
	const counts = findings.counts;
	return {
		good: Object.values(counts).every((count) => count === 0),
		messages: index.byId.size,
		acknowledged: index.acknowledged,
		deliveries: judged.deliveries,
		counts,
		allowed: judged.allowed,
		longestStallMs: judged.longestStallMs,
		recoveriesMs: recoveries(index),
		findings: findings.withProof(logs),
	};
}

/** @param {readonly Log[]} logs @param {Findings} findings @param {string} campaign */
function readSent(logs, findings, campaign) {
	/** @type {Map<string, Sent>} */
	const byId = new Map();
	/** @type {Map<string, Sent[]>} */
	const byRoom = new Map();
	/** @type {{ beginMs: number, endMs: number }[]} */
	const faults = [];
	let settlingMs = Number.POSITIVE_INFINITY;
	let acknowledged = 0;
	for (const [log, { name: client, facts }] of logs.entries()) {
		let line = -1;
		for (const fact of facts()) {
			const place = { log, line: ++line };
			const { t, room, id } = fact;
			if (client === campaign) {
				if (fact.fact === "begin") faults.push({ beginMs: t, endMs: t });
				else if (fact.fact === "end") faults.at(-1).endMs = t;
				else if (fact.fact === "settling") settlingMs = t;
				else if (fact.fact === "finding") findings.add("other", fact.what, place);
			} else if (fact.fact === "sent") {
				const sent = { client, room, id, n: fact.n, text: fact.text, t, refused: false, place };
				byId.set(id, sent);
				const list = byRoom.get(room);
				if (list) list.push(sent);
				else byRoom.set(room, [sent]);
			} else if (fact.fact === "acknowledged") {
				const sent = byId.get(id);
				if (sent?.client !== client)
					findings.add("other", `${client} was acknowledged ${id}, which it never sent`, place);
				else if (!sent.acknowledged) {
					acknowledged++;
					sent.acknowledged = { seq: fact.seq, t, place };
				} else if (sent.acknowledged.seq !== fact.seq) {
					const words = `${id} was acknowledged as ${sent.acknowledged.seq} and as ${fact.seq}`;
					findings.add("other", words, sent.acknowledged.place, place);
				}
			} else if (fact.fact === "error") {
				const sent = id === undefined ? undefined : byId.get(id);
				if (sent) sent.refused = true;
				if (fact.code === INTERNAL) findings.add("other", `${client} was told of a failure inside the daemon`, place);
			} else if (fact.fact === "unreadable") findings.add("other", `${client} could not read a document`, place);
		}
	}
	return { byId, byRoom, faults, settlingMs, acknowledged };
}

/**
 * @param {readonly Log[]} logs
 * @param {object} given
 * @param {Findings} given.findings
 * @param {ReturnType<typeof readSent>} given.index
 * @param {string} given.campaign
 * @param {string} given.auditor
 * @param {(t: number) => boolean} given.isAllowed
 */
function judge(logs, { findings, index, campaign, auditor, isAllowed }) {
	/** Rooms by name, or by name and log where they are stored. @type {Map<string, StoredRoom>} */
	const stored = new Map();
	/** @type {Map<string, LiveRoom>} */
	const live = new Map();
	/** @type {Set<string>} */
	const present = new Set();
	let deliveries = 0;
	let longestStallMs = 0;
	for (const [log, { name: client, facts }] of logs.entries()) {
		if (client === campaign) continue;
		/** The log of each stored room, as it was told last. @type {Map<string, string>} */
		const histories = new Map();
		let line = -1;
		let seenMs;
		for (const fact of facts()) {
			const place = { log, line: ++line };
			const { room } = fact;
			const history = stored.get(`${room} ${histories.get(room)}`);
			switch (fact.fact) {
				case "joined": {
					if (fact.kind !== "stored") {
						const known = live.get(room) ?? new LiveRoom(room, findings, index.byRoom.get(room) ?? [], isAllowed);
						live.set(room, known);
						known.joined(client, fact, place);
						break;
					}
					const before = histories.get(room);
					if (before !== undefined && before !== fact.log) {
						findings.add("lost", `room ${room}: ${client} knew history ${before} and found ${fact.log}`, place);
					}
					histories.set(room, fact.log);
					const key = `${room} ${fact.log}`;
					const known = stored.get(key) ?? new StoredRoom(`${room} (history ${fact.log})`, findings);
					stored.set(key, known);
					known.joined(client, before === undefined ? fact.after : undefined, place);
					break;
				}
				case "seen": {
					deliveries++;
					if (fact.seq !== undefined) {
						if (seenMs !== undefined && fact.t <= index.settlingMs) {
							longestStallMs = Math.max(longestStallMs, fact.t - seenMs);
						}
						seenMs = fact.t;
					}
					const sent = index.byId.get(fact.text.slice(0, fact.text.indexOf(" ")));
					if (sent?.text !== fact.text || sent.client !== fact.from || sent.room !== room) {
						findings.add("other", `${client} saw "${fact.text}" from ${fact.from}, which nobody sent so`, place);
					} else if (fact.seq !== undefined && history) history.seen(client, fact, sent, place, client === auditor);
					else if (live.has(room)) live.get(room)?.seen(client, fact, sent, place);
					else findings.add("other", `room ${room}: ${client} saw "${fact.text}" without having joined`, place);
					break;
				}
				case "acknowledged":
					history?.acknowledged(client, fact, place);
					break;
				case "gap":
					if (history) history.gap(client, fact, place);
					else live.get(room)?.announced(client);
					break;
				case "notice":
					if (fact.code === ROOM_NOTICE) for (const one of live.values()) one.announced(client);
					break;
				case "paused":
					seenMs = undefined;
					break;
				case "closed":
					for (const one of live.values()) one.closed(client, fact.why === "end", place);
					if (fact.why === "end") present.add(client);
					break;
			}
		}
	}
	for (const [key, room] of stored) room.finish(index.byRoom.get(key.slice(0, key.lastIndexOf(" "))) ?? [], present);
	const allowed = [...live.values()].reduce((sum, room) => sum + room.allowed, 0);
	return { deliveries, longestStallMs, allowed };
}

/** @param {ReturnType<typeof readSent>} index */
function recoveries({ byId, faults }) {
	const acknowledged = [...byId.values()]
		.flatMap(({ t, acknowledged: ack }) => (ack?.seq === undefined ? [] : [{ sentMs: t, ackMs: ack.t }]))
		.sort((a, b) => a.sentMs - b.sentMs);
	// Of all that was sent as late as this or later, the first to be acknowledged.
	const earliest = acknowledged.map(({ ackMs }) => ackMs);
	for (let at = earliest.length - 2; at >= 0; at--) earliest[at] = Math.min(earliest[at], earliest[at + 1]);
	let at = 0;
	/** @type {number[]} */
	const found = [];
	for (const { endMs } of [...faults].sort((a, b) => a.endMs - b.endMs)) {
		while (at < acknowledged.length && acknowledged[at].sentMs < endMs) at++;
		if (at < acknowledged.length) found.push(earliest[at] - endMs);
	}
	return found;
}

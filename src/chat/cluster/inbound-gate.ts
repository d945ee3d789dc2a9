// Bounds what the other nodes cost this one. Whatever they publish, a node has a share of this daemon's time, and all of them together
// have one. What is beyond it is dropped unread; the numbers of the messages then show that some are missing, as after any loss.

import { XMLSocketError } from "../../errors/index.ts";
import type { Clock } from "../../link/index.ts";
import { BusInbox } from "./bus-inbox.ts";

/** A unit is a small message. It takes about 5 µs, so that one node gets a tenth of a core. */
const NODE_UNITS_PER_SECOND = 20_000;
const ALL_UNITS_PER_SECOND = 60_000;
/** A node can send its whole state at once, and after a loss all nodes do. */
const NODE_BURST_UNITS = 60_000;
const ALL_BURST_UNITS = 300_000;
const BYTES_PER_UNIT = 256;
/** Deliveries to local clients that cost as much as a message. */
const DELIVERIES_PER_UNIT = 5;
const REPORT_MS = 10_000;

/** Why a message, or a part of one, is dropped. */
const DROP_REASONS = ["unreadable", "too_fast", "too_many_nodes", "too_many_entries", "unrequested", "forged"] as const;

/** Why a message, or a part of one, is dropped. */
export type DropReason = (typeof DROP_REASONS)[number];

/** What a sender may still cost, in units. It refills with time; one that has taken more than there is waits longer. */
export class Allowance {
	readonly #perSecond: number;
	readonly #burst: number;
	#units: number;
	#atMs: number;

	constructor(perSecond: number, burst: number, nowMs: number) {
		this.#perSecond = perSecond;
		this.#burst = burst;
		this.#units = burst;
		this.#atMs = nowMs;
	}

	/** Whether anything is left. */
	has(nowMs: number): boolean {
		this.#units = Math.min(this.#burst, this.#units + ((nowMs - this.#atMs) / 1000) * this.#perSecond);
		this.#atMs = nowMs;
		return this.#units > 0;
	}

	/** Takes units, below zero at most once the allowance. */
	take(units: number): void {
		this.#units = Math.max(-this.#burst, this.#units - units);
	}
}

/** The work that messages cause beyond reading them. */
export function deliveryUnits(members: number): number {
	return members / DELIVERIES_PER_UNIT;
}

/** Admits the messages of other nodes, and counts those that are dropped. */
export class InboundGate {
	readonly #clock: Clock;
	readonly #report: (error: unknown) => void;
	readonly #all: Allowance;
	/** What the nodes that are not known share. */
	readonly #strangers: Allowance;
	readonly #inbox: BusInbox;
	readonly #isTrusted: boolean;
	readonly #dropped = new Map<DropReason, number>(DROP_REASONS.map((reason) => [reason, 0]));
	readonly #reported = new Map<DropReason, { readonly atMs: number; readonly count: number }>();

	/** @param isTrusted whether the other nodes are processes of this daemon: they have no limit. */
	constructor(clock: Clock, report: (error: unknown) => void, isTrusted = false) {
		this.#clock = clock;
		this.#report = report;
		this.#isTrusted = isTrusted;
		this.#all = isTrusted ? this.newAllowance() : new Allowance(ALL_UNITS_PER_SECOND, ALL_BURST_UNITS, clock.now());
		this.#strangers = this.newAllowance();
		this.#inbox = new BusInbox(clock);
	}

	/** The allowance of one node. */
	newAllowance(): Allowance {
		const nowMs = this.#clock.now();
		if (this.#isTrusted) return new Allowance(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, nowMs);
		return new Allowance(NODE_UNITS_PER_SECOND, NODE_BURST_UNITS, nowMs);
	}

	/**
	 * Has a message handled, now or in a later turn of the event loop, where its sender may send as much. It is charged to it.
	 *
	 * @param sender the allowance of a node that is known.
	 */
	admit(data: Uint8Array, sender: Allowance = this.#strangers, handle: (data: Uint8Array) => void): void {
		const nowMs = this.#clock.now();
		if (!sender.has(nowMs) || !this.#all.has(nowMs)) {
			this.drop("too_fast");
			return;
		}
		this.charge(sender, 1 + data.length / BYTES_PER_UNIT);
		const isTaken = this.#inbox.add(data, (later) => {
			try {
				handle(later);
			} catch (error) {
				this.#report(error);
			}
		});
		if (!isTaken) this.drop("too_fast");
	}

	/** Charges the work that an admitted message caused. */
	charge(sender: Allowance = this.#strangers, units: number): void {
		sender.take(units);
		this.#all.take(units);
	}

	/** Counts what is dropped. */
	drop(reason: DropReason, count = 1): void {
		this.#dropped.set(reason, this.#dropped.get(reason)! + count);
	}

	/** Called once a second: reports what was dropped, at most once in 10 s for each reason. */
	sweep(): void {
		const nowMs = this.#clock.now();
		for (const [reason, count] of this.#dropped) {
			const last = this.#reported.get(reason);
			if (count === (last?.count ?? 0) || nowMs - (last?.atMs ?? Number.NEGATIVE_INFINITY) < REPORT_MS) continue;
			this.#reported.set(reason, { atMs: nowMs, count });
			const dropped = count - (last?.count ?? 0);
			this.#report(
				new XMLSocketError("XMLSOCKET_BUS_MESSAGES_DROPPED", `${dropped} × ${TEXTS[reason]}`, {
					details: { reason, dropped },
				}),
			);
		}
	}

	/** Numbers for `/metrics`. */
	stats(): Record<string, number> {
		return Object.fromEntries([...this.#dropped].map(([reason, count]) => [`chat_bus_dropped_${reason}`, count]));
	}
}

const TEXTS: Readonly<Record<DropReason, string>> = {
	unreadable: "a message on the bus was not one of a daemon of this version.",
	too_fast: "a message on the bus was dropped unread: its sender, or all nodes together, sent too much.",
	too_many_nodes: "a message of a node was dropped, because too many nodes are known or too many came at once.",
	too_many_entries: "a client or a room of another node was dropped, because the limit is reached.",
	unrequested: "a node sent a snapshot or a response that this one had not requested.",
	forged: "a node claimed a session of another node without its secret.",
};

// Combines the work of many links: outboxes that filled during a tick are written together when it ends, and one coarse
// timer checks the deadlines of all links, so that no connection owns a timer. It measures how much time each link uses: what it
// sends, and what that makes others write.

import { BatchConcatenator } from "./batch-concatenator.ts";
import type { Clock } from "./clock.ts";
import { Turns } from "./turns.ts";
import type { Work } from "./work.ts";

/** What a scheduler does with a link. */
export interface Scheduled {
	/** Writes what waits. */
	flush(): void;
	/** Checks the deadlines. */
	sweep(nowMs: number): void;
}

/** A link whose time is measured. */
export interface Measured extends Scheduled {
	/** The time that it has used. */
	readonly work: Work;
}

const SWEEP_MS = 1000;

/** The flushes and deadlines of a set of links: one for a server, one for a client. */
export class Scheduler {
	/** The clock underneath. */
	readonly clock: Clock;
	/** Shared by the outboxes that are flushed in one go. */
	readonly concatenator: BatchConcatenator = new BatchConcatenator();
	/** Receives errors that a handler threw; the other links continue. */
	readonly report: (error: unknown) => void;
	/** Who handles what it has received, and when. */
	readonly turns: Turns;
	readonly #links = new Set<Scheduled>();
	#dirty: Scheduled[] = [];
	/** Whose documents filled how many of the outboxes in `dirty`. */
	#causes: { readonly work: Work; readonly outboxes: number }[] = [];
	#awaitingTick = false;
	#handling = false;
	#handlingSinceMs = 0;
	#dirtyBefore = 0;
	#stopSweeping: (() => void) | undefined = undefined;
	readonly #flushAll = (): void => {
		this.#awaitingTick = false;
		const dirty = this.#dirty;
		if (dirty.length === 0) return;
		this.#dirty = [];
		const causes = this.#causes;
		const startMs = causes.length > 0 ? this.clock.now() : 0;
		for (const link of dirty) {
			try {
				link.flush();
			} catch (error) {
				this.report(error);
			}
		}
		this.concatenator.forget();
		if (causes.length === 0) return;
		this.#causes = [];
		const nowMs = this.clock.now();
		for (const { work, outboxes } of causes) work.spend(((nowMs - startMs) * outboxes) / dirty.length, nowMs);
	};

	/** @param report receives errors that no handler caught; the other links continue. */
	constructor(clock: Clock, report: (error: unknown) => void) {
		this.clock = clock;
		this.report = report;
		this.turns = new Turns(clock, report);
	}

	/** The number of links. */
	get size(): number {
		return this.#links.size;
	}

	/** Adds a link, whose deadlines are checked from now on. */
	add(link: Scheduled): void {
		this.#links.add(link);
		if (!this.#stopSweeping) this.#sweepLater();
	}

	/** Removes a link; the timer ends with the last one. */
	remove(link: Scheduled): void {
		this.#links.delete(link);
		if (this.#links.size === 0) {
			this.#stopSweeping?.();
			this.#stopSweeping = undefined;
		}
	}

	/** Has `link.flush()` called when the tick ends. A link calls it at most once until then. */
	flushSoon(link: Scheduled): void {
		this.#dirty.push(link);
		if (!this.#handling) this.#awaitTick();
	}

	/**
	 * A link begins to handle what it has received: outboxes are not written until `endHandling`, which must follow where this
	 * returns true. False: another link is at it, and one of its handlers has called.
	 */
	beginHandling(sinceMs: number): boolean {
		if (this.#handling) return false;
		this.#handling = true;
		this.#handlingSinceMs = sinceMs;
		this.#dirtyBefore = this.#dirty.length;
		return true;
	}

	/**
	 * The link has handled it. If only `link` has something to write, it is written now: an answer to one client does not wait
	 * for others, and a broadcast, which fills many outboxes, is still written in one piece at the end of the tick.
	 */
	endHandling(link: Measured): void {
		this.#handling = false;
		const dirty = this.#dirty;
		if (dirty.length === 1 && dirty[0] === link) {
			dirty.pop();
			link.flush();
		} else if (dirty.length > 0) {
			const outboxes = dirty.length - this.#dirtyBefore;
			if (outboxes > 1) this.#causes.push({ work: link.work, outboxes });
			this.#awaitTick();
		}
		const nowMs = this.clock.now();
		const usedMs = nowMs - this.#handlingSinceMs;
		link.work.spend(usedMs, nowMs);
		this.turns.spend(usedMs);
	}

	#awaitTick(): void {
		if (this.#awaitingTick) return;
		this.#awaitingTick = true;
		this.clock.afterTick(this.#flushAll);
	}

	#sweepLater(): void {
		this.#stopSweeping = this.clock.delay(SWEEP_MS, () => {
			this.#stopSweeping = undefined;
			const nowMs = this.clock.now();
			for (const link of this.#links) {
				try {
					link.sweep(nowMs);
				} catch (error) {
					this.report(error);
				}
			}
			if (this.#links.size > 0 && !this.#stopSweeping) this.#sweepLater();
		});
	}
}

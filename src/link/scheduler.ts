// Combines the work of many links: outboxes that filled during a tick are written together when it ends, and one coarse
// timer checks the deadlines of all links, so that no connection owns a timer.

import { BatchConcatenator } from "./batch-concatenator.ts";
import type { Clock } from "./clock.ts";

/** What a scheduler does with a link. */
export interface Scheduled {
	/** Writes what waits. */
	flush(): void;
	/** Checks the deadlines. */
	sweep(nowMs: number): void;
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
	readonly #links = new Set<Scheduled>();
	#dirty: Scheduled[] = [];
	#awaitingTick = false;
	#receiving = false;
	#stopSweeping: (() => void) | undefined = undefined;
	readonly #flushAll = (): void => {
		this.#awaitingTick = false;
		const dirty = this.#dirty;
		if (dirty.length === 0) return;
		this.#dirty = [];
		for (const link of dirty) {
			try {
				link.flush();
			} catch (error) {
				this.report(error);
			}
		}
		this.concatenator.forget();
	};

	/** @param report receives errors that no handler caught; the other links continue. */
	constructor(clock: Clock, report: (error: unknown) => void) {
		this.clock = clock;
		this.report = report;
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
		if (!this.#receiving) this.#awaitTick();
	}

	/** A link begins to handle bytes that its transport received: outboxes are not written until `uncork`, which must follow. */
	cork(): void {
		this.#receiving = true;
	}

	/**
	 * The link has handled them. If only `link` has something to write, it is written now: an answer to one client does not wait
	 * for others, and a broadcast, which fills many outboxes, is still written in one piece at the end of the tick.
	 */
	uncork(link: Scheduled): void {
		this.#receiving = false;
		if (this.#dirty.length === 0) return;
		if (this.#dirty.length === 1 && this.#dirty[0] === link) {
			this.#dirty.pop();
			link.flush();
		} else this.#awaitTick();
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

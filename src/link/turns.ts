// Fair turns: when the connections have used up the time of a tick, what they have received waits here, and the one that has used
// least lately goes first. So a client's document is handled within some milliseconds, whatever the others send.

import type { Clock } from "./clock.ts";
import { WORK_LEVELS, type Work } from "./work.ts";

/** A connection that waits for its turn. */
export interface TurnTaker {
	readonly work: Work;
	/** Does a part of what waits. It may ask for another turn. */
	takeTurn(): void;
}

/**
 * Milliseconds for one turn while nobody else waits: what a broadcast makes others write is joined into few writes. Sixteen messages to a
 * thousand members take 2 to 3 ms; cut into turns of 1 ms, each delivery costs a fifth more.
 */
const TURN_MS = 4;
/** The same while others wait. While 200 connections of a level have much to do, a message of another one waits for about 50 ms. */
const SHARED_TURN_MS = 0.25;
/** Milliseconds for all connections together, before those that wait are put in order. */
const TICK_MS = 4;

/** The turns of a set of connections. */
export class Turns {
	readonly #clock: Clock;
	readonly #report: (error: unknown) => void;
	/** By level. */
	#waiting: TurnTaker[][] = emptyLevels();
	#count = 0;
	#awaitingTick = false;
	#spentMs = 0;
	/** Whether several have their turns now. */
	#isShared = false;
	readonly #tick = (): void => {
		this.#awaitingTick = false;
		this.#spentMs = 0;
		if (this.#count > 0) this.#run();
		if (this.#count > 0) this.#awaitTick();
	};

	/** @param report receives what a turn throws; the others go on. */
	constructor(clock: Clock, report: (error: unknown) => void) {
		this.#clock = clock;
		this.#report = report;
	}

	/** Whether there is time left in this tick for what has just been received. */
	get mayWork(): boolean {
		return this.#spentMs < TICK_MS;
	}

	/** Milliseconds after which a connection lets others have their turn. */
	get turnMs(): number {
		return this.#isShared || this.#count > 0 ? SHARED_TURN_MS : TURN_MS;
	}

	/** Time that a connection has used. */
	spend(ms: number): void {
		this.#spentMs += ms;
		if (this.#spentMs >= TICK_MS / 2) this.#awaitTick();
	}

	/** Gives `taker` a turn in a later tick. It must not wait already. */
	wait(taker: TurnTaker): void {
		this.#waiting[taker.work.level(this.#clock.now())]!.push(taker);
		this.#count++;
		this.#awaitTick();
	}

	// At most one turn for each that waits now: what they put off is for the next tick.
	#run(): void {
		const queues = this.#waiting;
		this.#waiting = emptyLevels();
		this.#isShared = this.#count > 1;
		this.#count = 0;
		const startMs = this.#clock.now();
		const left: TurnTaker[] = [];
		let busiest = 0;
		let isOver = false;
		for (const queue of queues) {
			if (isOver && queue.length > 0) busiest = left.length;
			for (const taker of queue) {
				isOver ||= this.#clock.now() - startMs >= TICK_MS;
				if (isOver) left.push(taker);
				else this.#give(taker);
			}
		}
		// However busy the others are, those that have used most get a turn now and then.
		const [next] = left.splice(busiest, 1);
		if (next) this.#give(next);
		this.#isShared = false;
		if (left.length > 0) this.#putBack(left);
	}

	// Those that have waited longer come before those that were put off during this tick.
	#putBack(takers: readonly TurnTaker[]): void {
		const nowMs = this.#clock.now();
		const levels = emptyLevels();
		for (const taker of takers) levels[taker.work.level(nowMs)]!.push(taker);
		this.#waiting = levels.map((queue, level) => [...queue, ...this.#waiting[level]!]);
		this.#count += takers.length;
	}

	#give(taker: TurnTaker): void {
		try {
			taker.takeTurn();
		} catch (error) {
			this.#report(error);
		}
	}

	#awaitTick(): void {
		if (this.#awaitingTick) return;
		this.#awaitingTick = true;
		this.#clock.afterTick(this.#tick);
	}
}

function emptyLevels(): TurnTaker[][] {
	return Array.from({ length: WORK_LEVELS }, () => []);
}

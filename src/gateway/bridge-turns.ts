// Fair turns for bridges: a source that sends as fast as it is read waits after each chunk until others were read. Node would read such a
// socket 32 times without a break, 2 MiB, while the documents of all other bridges wait.

/** Bytes of all sources in a tick of the event loop, some 3 ms, before those that send much wait. */
const TICK_BYTES = 256 * 1024;
/** What a source may send in a tick in any case. */
const SMALL_BYTES = 16 * 1024;
/** Sources that are read again after each tick, one chunk each. Their chunks take some 4 ms together. */
const SOURCES_PER_TICK = 8;

/** A source of bytes, for `BridgeTurns`. */
export interface TurnTaker {
	/** The tick in which it has sent something last, and how much. Zero at the beginning; `BridgeTurns` keeps them. */
	tick: number;
	tickBytes: number;
}

/** The turns of all bridges of a gateway. */
export class BridgeTurns {
	/** In the order of their turns. */
	#waiting: (() => void)[] = [];
	#isAwaitingTick = false;
	#tickNumber = 1;
	#bytes = 0;
	readonly #report: (error: unknown) => void;
	readonly #tick = (): void => {
		this.#isAwaitingTick = false;
		this.#tickNumber++;
		this.#bytes = 0;
		for (const resume of this.#waiting.splice(0, SOURCES_PER_TICK)) {
			try {
				resume();
			} catch (error) {
				this.#report(error);
			}
		}
		if (this.#waiting.length > 0) this.#awaitTick();
	};

	/** @param report receives what a `resume` throws; the others go on. */
	constructor(report: (error: unknown) => void) {
		this.#report = report;
	}

	/** A source has sent so many bytes. @returns whether it must wait for its next turn */
	spend(taker: TurnTaker, bytes: number): boolean {
		if (taker.tick !== this.#tickNumber) {
			taker.tick = this.#tickNumber;
			taker.tickBytes = 0;
		}
		taker.tickBytes += bytes;
		this.#bytes += bytes;
		this.#awaitTick();
		return this.#bytes > TICK_BYTES && taker.tickBytes > SMALL_BYTES;
	}

	/** Calls `resume` in a later tick. */
	wait(resume: () => void): void {
		this.#waiting.push(resume);
		this.#awaitTick();
	}

	#awaitTick(): void {
		if (this.#isAwaitingTick) return;
		this.#isAwaitingTick = true;
		setImmediate(this.#tick);
	}
}

// Publishes what changes at this node. Changes of a few milliseconds go out together; each such message has the next number,
// so that a node which misses one notices.

import type { Clock } from "../../link/index.ts";
import type { Change } from "./messages.ts";

const GATHER_MS = 5;
const MAX_CHANGES = 1000;

/** The changes that are not published yet, and the number of those that are. */
export class ChangePublisher {
	/** The number of the last changes that were published. */
	number = 0;
	readonly #clock: Clock;
	readonly #publish: (number: number, changes: readonly Change[]) => void;
	#changes: Change[] = [];
	#stopTimer: (() => void) | undefined = undefined;
	#closed = false;

	constructor(clock: Clock, publish: (number: number, changes: readonly Change[]) => void) {
		this.#clock = clock;
		this.#publish = publish;
	}

	/** Notes a change; it is published within 5 ms. */
	note(change: Change): void {
		if (this.#closed) return;
		this.#changes.push(change);
		if (this.#changes.length >= MAX_CHANGES) this.flush();
		this.#stopTimer ??= this.#clock.delay(GATHER_MS, () => {
			this.#stopTimer = undefined;
			this.flush();
		});
	}

	/** Publishes what is noted, so that it arrives before what is sent next. */
	flush(): void {
		if (this.#changes.length === 0) return;
		const changes = this.#changes;
		this.#changes = [];
		this.#publish(++this.number, changes);
	}

	/** Publishes what is noted, and ignores what changes from here on. */
	close(): void {
		this.flush();
		this.#closed = true;
		this.#stopTimer?.();
	}
}

// Reports of one direction, in the order in which their bytes were sent. A listener may inject, release or set a break, which adds reports while
// others are still delivered; those wait.

import type { CutUnit } from "../traffic/index.ts";

/** What an inspector did with a document, where it did not just pass it on. */
export type Change = "injected" | "edited" | "dropped";

/** Reports that are delivered one after the other. */
export class LaneReports {
	readonly #deliver: (unit: CutUnit, change: Change | undefined) => void;
	#waiting: [CutUnit, Change | undefined][] = [];
	#isDelivering = false;

	constructor(deliver: (unit: CutUnit, change: Change | undefined) => void) {
		this.#deliver = deliver;
	}

	/** Whether a listener is called now. */
	get isDelivering(): boolean {
		return this.#isDelivering;
	}

	add(unit: CutUnit, change: Change | undefined): void {
		this.#waiting.push([unit, change]);
	}

	/** Delivers documents that were passed on, then what waits. @returns false if a listener is called already, which does that later. */
	deliver(passed: readonly CutUnit[] = []): boolean {
		if (this.#isDelivering) {
			for (const unit of passed) this.add(unit, undefined);
			return false;
		}
		this.#isDelivering = true;
		try {
			for (const unit of passed) this.#deliver(unit, undefined);
			while (this.#waiting.length > 0) {
				const batch = this.#waiting;
				this.#waiting = [];
				for (const [unit, change] of batch) this.#deliver(unit, change);
			}
		} finally {
			this.#isDelivering = false;
		}
		return true;
	}
}

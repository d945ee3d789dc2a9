// The last events of a capture, by number, within a bound of events and of bytes. Pages read from it, each at its own pace.

import type { TrafficEvent } from "../tools/traffic/index.ts";

/** What one event costs beside its bytes: the object, and its place in the list. */
const EVENT_COST_BYTES = 200;

/** The bounds. */
export interface HistoryLimits {
	/** The most events. */
	readonly maxEvents: number;
	/** The most bytes of documents, each event counted with 200 bytes more. */
	readonly maxBytes: number;
}

/** The events with the numbers `first` to `next` − 1. */
export class EventHistory {
	readonly #limits: HistoryLimits;
	#events: (TrafficEvent | undefined)[] = [];
	/** The index of the oldest event in `#events`. */
	#head = 0;
	#first = 0;
	#bytes = 0;

	constructor(limits: HistoryLimits) {
		this.#limits = limits;
	}

	/** The number of the oldest event. */
	get first(): number {
		return this.#first;
	}

	/** The number that the next event gets. */
	get next(): number {
		return this.#first + this.#events.length - this.#head;
	}

	/** Adds an event, and removes the oldest where a bound is exceeded. The newest always stays. */
	add(event: TrafficEvent): void {
		this.#events.push(event);
		this.#bytes += costOf(event);
		while (this.next - this.#first > 1 && this.#isOver()) this.#removeOldest();
		// Half of the list is empty: it is copied once for each event that left.
		if (this.#head > 1024 && this.#head * 2 > this.#events.length) {
			this.#events = this.#events.slice(this.#head);
			this.#head = 0;
		}
	}

	/** The events from this number on: at most `maxCount`, and no more after `maxBytes` are reached. */
	from(number: number, maxCount: number, maxBytes: number): TrafficEvent[] {
		const found: TrafficEvent[] = [];
		let bytes = 0;
		for (let at = this.#head + number - this.#first; at < this.#events.length; at++) {
			const event = this.#events[at]!;
			if (found.length >= maxCount || (found.length > 0 && bytes + costOf(event) > maxBytes)) break;
			found.push(event);
			bytes += costOf(event);
		}
		return found;
	}

	#isOver(): boolean {
		return this.next - this.#first > this.#limits.maxEvents || this.#bytes > this.#limits.maxBytes;
	}

	#removeOldest(): void {
		this.#bytes -= costOf(this.#events[this.#head]!);
		this.#events[this.#head] = undefined;
		this.#head++;
		this.#first++;
	}
}

function costOf(event: TrafficEvent): number {
	return EVENT_COST_BYTES + ("bytes" in event ? event.bytes.length : 0);
}

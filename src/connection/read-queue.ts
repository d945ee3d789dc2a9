// From a connection or a room to those who read it: listeners get each item at once, `for await` loops in their own time. Items
// that nobody has taken yet wait in a bounded inbox. It never stops the sender by itself: the owner looks at `isFull`.

import { Inbox, type InboxLimits } from "./inbox.ts";

/** How a queue reaches its owner. */
export interface ReadQueueOwner<T> {
	/** Whether there are listeners. */
	hasListeners(): boolean;
	/** Calls the listeners. */
	emit(item: T): void;
	/** There is more room: an item was taken, or a loop was left. */
	moved(): void;
	/** The last step before an item is taken. Default: the item itself. */
	taking?(item: T): T;
}

/** The items of one connection or room on their way to its readers. */
export class ReadQueue<T> {
	readonly #owner: ReadQueueOwner<T>;
	readonly #inbox: Inbox<T>;
	#loops = 0;

	constructor(limits: InboxLimits, owner: ReadQueueOwner<T>) {
		this.#owner = owner;
		this.#inbox = new Inbox(limits, () => owner.moved());
	}

	/** Whether a `for await` loop reads. */
	get hasLoops(): boolean {
		return this.#loops > 0;
	}

	/** Characters of the items that wait. */
	get chars(): number {
		return this.#inbox.chars;
	}

	/** Whether no more should come in. */
	get isFull(): boolean {
		return this.#inbox.isFull;
	}

	/** Whether the characters that wait alone forbid more. */
	get isHeavy(): boolean {
		return this.#inbox.isHeavy;
	}

	/** Whether there is enough room again after the queue was full. */
	get hasRoom(): boolean {
		return this.#inbox.hasRoom;
	}

	/** Hands an item of this size to the listeners and loops; without either it waits. */
	deliver(item: T, chars: number): void {
		// What waits comes first; a listener for one item may have been the last.
		this.flush();
		const isEmitted = this.#owner.hasListeners();
		if (isEmitted) this.#owner.emit(this.#loops > 0 ? item : this.#taken(item));
		if (!isEmitted || this.#loops > 0) this.#inbox.push(item, chars, isEmitted);
	}

	/** Makes room for one more item by dropping the oldest ones. @returns whether an item was lost that nobody had. */
	dropOldest(): boolean {
		let lost = false;
		while (this.#inbox.isFull) {
			const oldest = this.#inbox.shift();
			if (oldest === undefined) break;
			lost ||= !oldest.emitted;
		}
		return lost;
	}

	/** Hands what waits to the listeners. Loops come first: while one reads, this does nothing. */
	flush(): void {
		while (this.#loops === 0 && this.#owner.hasListeners()) {
			const oldest = this.#inbox.shift();
			if (oldest === undefined) return;
			// A loop that has left did not take it, but the listeners had it when it came.
			if (!oldest.emitted) this.#owner.emit(this.#taken(oldest.item));
		}
	}

	/** No more will come. What waits can still be read unless `drop` is set; then loops end, or throw `error`. */
	end(error: unknown, drop: boolean): void {
		this.#inbox.end(error, drop);
	}

	/** The iterator of one loop. */
	read(): AsyncIterator<T, undefined, undefined> {
		const reader = {};
		let left = false;
		this.#loops++;
		return {
			next: () => {
				if (left) return Promise.resolve({ value: undefined, done: true });
				const result = this.#inbox.next(reader);
				if (!this.#owner.taking) return result;
				return result.then((next) => (next.done ? next : { value: this.#taken(next.value), done: false }));
			},
			return: () => {
				if (!left) {
					left = true;
					this.#loops--;
					this.#inbox.leave(reader);
					this.flush();
					this.#owner.moved();
				}
				return Promise.resolve({ value: undefined, done: true });
			},
		};
	}

	#taken(item: T): T {
		return this.#owner.taking ? this.#owner.taking(item) : item;
	}
}

// A bounded queue between a connection or a room and the `for await` loops that read it. It reports when it is full; the owner
// then stops reading from the network until half of it has been taken.

/** The bounds of an inbox. */
export interface InboxLimits {
	readonly maxDocuments: number;
	readonly maxChars: number;
}

interface Waiting<T> {
	readonly reader: object;
	resolve(result: IteratorResult<T, undefined>): void;
	reject(error: unknown): void;
}

/** An item that waits. */
export interface Entry<T> {
	readonly item: T;
	readonly chars: number;
	/** Listeners have had it already. */
	readonly emitted: boolean;
}

/** A queue whose readers wait. Each item goes to one reader, the one that has waited longest. */
export class Inbox<T> {
	readonly #limits: InboxLimits;
	readonly #moved: () => void;
	#items: Entry<T>[] = [];
	#head = 0;
	#chars = 0;
	#waiting: Waiting<T>[] = [];
	#end: { readonly error: unknown } | undefined = undefined;

	/** @param moved is called whenever an item was taken. */
	constructor(limits: InboxLimits, moved: () => void) {
		this.#limits = limits;
		this.#moved = moved;
	}

	/** Items that wait. */
	get length(): number {
		return this.#items.length - this.#head;
	}

	/** Characters of the items that wait. */
	get chars(): number {
		return this.#chars;
	}

	/** Whether no more should come in. */
	get isFull(): boolean {
		return this.length >= this.#limits.maxDocuments || this.#chars >= this.#limits.maxChars;
	}

	/** Whether the size alone forbids more: the bound that also holds while a reply is expected behind what waits. */
	get isHeavy(): boolean {
		return this.#chars >= this.#limits.maxChars;
	}

	/** Whether there is room enough to go on after having been full. */
	get hasRoom(): boolean {
		return this.length * 2 <= this.#limits.maxDocuments && this.#chars * 2 <= this.#limits.maxChars;
	}

	/** Adds an item, whose size counts as `chars`. `emitted`: listeners have had it. */
	push(item: T, chars: number, emitted = false): void {
		if (this.#end) return;
		const first = this.#waiting.shift();
		if (first) first.resolve({ value: item, done: false });
		else {
			this.#items.push({ item, chars, emitted });
			this.#chars += chars;
		}
	}

	/** The oldest item, at once; undefined where none waits. */
	shift(): Entry<T> | undefined {
		const oldest = this.#items[this.#head];
		if (!oldest) return undefined;
		this.#chars -= oldest.chars;
		this.#head++;
		// Moving the array on each item would make a long queue quadratic.
		if (this.#head * 2 >= this.#items.length) {
			this.#items.splice(0, this.#head);
			this.#head = 0;
		}
		this.#moved();
		return oldest;
	}

	/** The oldest item for `reader`, once there is one; after the end, the end, or its error. */
	next(reader: object): Promise<IteratorResult<T, undefined>> {
		const oldest = this.shift();
		if (oldest !== undefined) return Promise.resolve({ value: oldest.item, done: false });
		if (this.#end) {
			return this.#end.error === undefined
				? Promise.resolve({ value: undefined, done: true })
				: Promise.reject(this.#end.error);
		}
		return new Promise((resolve, reject) => this.#waiting.push({ reader, resolve, reject }));
	}

	/** A reader that leaves takes no item with it. */
	leave(reader: object): void {
		const leaving = this.#waiting.filter((waiting) => waiting.reader === reader);
		this.#waiting = this.#waiting.filter((waiting) => waiting.reader !== reader);
		for (const waiting of leaving) waiting.resolve({ value: undefined, done: true });
	}

	/** No more will come. What waits can still be read unless `drop` is set; then readers see the end, or `error`. */
	end(error: unknown, drop: boolean): void {
		if (this.#end) return;
		this.#end = { error };
		if (drop) {
			this.#items = [];
			this.#head = 0;
			this.#chars = 0;
		}
		for (const waiting of this.#waiting.splice(0)) {
			if (error === undefined) waiting.resolve({ value: undefined, done: true });
			else waiting.reject(error);
		}
	}
}

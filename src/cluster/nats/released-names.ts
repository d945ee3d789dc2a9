// Removes what released names leave in the stream. A release writes an empty message, which stays for a minute: without it, the next
// lease of the name would have an id that JetStream still knows, and would not be stored. The daemon that released the name removes
// the message then. Each daemon also searches the stream once an hour, for messages of daemons that ended within that minute. Both
// happen in small steps, so that names can be acquired meanwhile.

const DUE_AFTER_MS = 60_000;
const SEARCH_EVERY_MS = 3_600_000;
const STEP_MS = 1000;
const STEP = 256;
const MAX_REMEMBERED = 10_000;

/** When names are removed and searched for, in milliseconds. */
export interface RemovalTimes {
	/** After a release; longer than JetStream knows an id. Default 60 000. */
	readonly dueAfterMs?: number;
	/** Between two searches. Default 3 600 000. */
	readonly searchEveryMs?: number;
}

/** A message of a name's subject. */
export interface NameMessage {
	/** The last part of its subject. */
	readonly token: string;
	readonly seq: number;
	readonly isReleased: boolean;
	/** Wall time of the server, in milliseconds. */
	readonly storedMs: number;
}

/** What the removal asks of the stream. Both reject if it does not answer. */
export interface NameStream {
	/** The first message with this number or a higher one; undefined if there is none. */
	next(seq: number): Promise<NameMessage | undefined>;
	/** Removes the messages of one name up to a number. */
	remove(token: string, through: number): Promise<void>;
}

/** The released names of one stream. */
export class ReleasedNames {
	readonly #stream: NameStream;
	readonly #dueAfterMs: number;
	readonly #searchEveryMs: number;
	/** Oldest first. */
	readonly #released: { readonly token: string; readonly seq: number; readonly atMs: number }[] = [];
	#removal: ReturnType<typeof setTimeout> | undefined = undefined;
	#search: ReturnType<typeof setTimeout> | undefined = undefined;
	#closed = false;

	constructor(stream: NameStream, times: RemovalTimes = {}) {
		this.#stream = stream;
		this.#dueAfterMs = times.dueAfterMs ?? DUE_AFTER_MS;
		this.#searchEveryMs = times.searchEveryMs ?? SEARCH_EVERY_MS;
		this.#searchLater(1, this.#dueAfterMs);
	}

	/** A name was released with the message `seq`. Beyond 10 000 names, the next search finds it. */
	add(token: string, seq: number): void {
		if (this.#released.length >= MAX_REMEMBERED) return;
		this.#released.push({ token, seq, atMs: performance.now() });
		this.#removeLater();
	}

	/** Ends the removal; what is left does no harm. */
	close(): void {
		this.#closed = true;
		clearTimeout(this.#removal);
		clearTimeout(this.#search);
	}

	#removeLater(): void {
		const [oldest] = this.#released;
		if (!oldest || this.#closed || this.#removal) return;
		const waitMs = Math.max(STEP_MS, oldest.atMs + this.#dueAfterMs - performance.now());
		this.#removal = setTimeout(() => {
			void this.#removeDue().finally(() => {
				this.#removal = undefined;
				this.#removeLater();
			});
		}, waitMs);
		this.#removal.unref();
	}

	async #removeDue(): Promise<void> {
		const dueMs = performance.now() - this.#dueAfterMs;
		for (let step = 0; step < STEP && !this.#closed; step++) {
			const [oldest] = this.#released;
			if (!oldest || oldest.atMs > dueMs) return;
			this.#released.shift();
			// A lease acquired since has a higher number. What stays because the stream does not answer is found by the next search.
			await this.#stream.remove(oldest.token, oldest.seq).catch(() => {});
		}
	}

	// Daemons that were started together do not search together.
	#searchLater(from: number, waitMs: number): void {
		if (this.#closed) return;
		this.#search = setTimeout(
			() => {
				this.#searchStep(from).then(
					(next) => (next === undefined ? this.#searchLater(1, this.#searchEveryMs) : this.#searchLater(next, STEP_MS)),
					() => this.#searchLater(from, this.#dueAfterMs),
				);
			},
			waitMs * (1 + Math.random() / 4),
		);
		this.#search.unref();
	}

	/** @returns where to continue; undefined at the end. */
	async #searchStep(from: number): Promise<number | undefined> {
		let seq = from;
		for (let step = 0; step < STEP && !this.#closed; step++) {
			if (this.#released.length >= MAX_REMEMBERED) return seq;
			const message = await this.#stream.next(seq);
			if (!message) return undefined;
			seq = message.seq + 1;
			// The daemon that has just released a name removes it itself. Clocks may differ: what is added here waits again.
			const isLeft = Date.now() - message.storedMs > 2 * this.#dueAfterMs;
			if (message.isReleased && isLeft) this.add(message.token, message.seq);
		}
		return seq;
	}
}

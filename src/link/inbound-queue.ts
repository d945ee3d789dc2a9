// Passes documents from the decoder to the owner in order: within the rate, not while the owner is paused, and for a bounded time
// without a break. Documents that have to wait are kept here, and the transport is not read meanwhile.
// It cuts nothing, closes nothing and knows no deadline.

import type { Measured, Scheduler } from "./scheduler.ts";
import type { Transport } from "./transport.ts";
import type { TurnTaker } from "./turns.ts";
import type { Work } from "./work.ts";

/** The link that a queue belongs to. */
export interface InboundQueueOwner<Document> {
	/** Whose time is used. */
	readonly link: Measured;
	/** Whether documents are still wanted. */
	readonly isOpen: boolean;
	/** Empty documents seen so far: they count against the rate. */
	readonly emptyDocuments: number;
	/** Passes one document on. If it throws, the rest is not passed on. */
	document(document: Document): void;
	/** A handler has thrown. */
	failed(error: unknown): void;
	/** Nothing waits any more. */
	caughtUp(): void;
	/** The rate has been reached. */
	throttled(): void;
	/** The transport is read again after a break. */
	reading(): void;
}

/** Documents a second, and how many at once. */
export interface Rate {
	readonly documentsPerSecond: number;
	readonly burst: number;
}

/** Documents passed on without a break; the others wait until other connections have had their turn. */
const DOCUMENTS_PER_TICK = 256;
const THROTTLE_MS = 50;

/** The received documents of one link that its owner has not handled yet. */
export class InboundQueue<Document> implements TurnTaker {
	readonly #owner: InboundQueueOwner<Document>;
	readonly #transport: Transport;
	readonly #scheduler: Scheduler;
	readonly #rate: Rate | undefined;
	#backlog: Document[] | undefined = undefined;
	#paused = false;
	#parked = false;
	#delivering = false;
	#retrying = false;
	#tokens: number;
	#tokensAtMs: number;
	#emptySeen = 0;

	constructor(owner: InboundQueueOwner<Document>, transport: Transport, scheduler: Scheduler, rate: Rate | undefined) {
		this.#owner = owner;
		this.#transport = transport;
		this.#scheduler = scheduler;
		this.#rate = rate;
		this.#tokens = rate?.burst ?? 0;
		this.#tokensAtMs = scheduler.clock.now();
	}

	/** Whether documents wait, or are being passed on. */
	get isBusy(): boolean {
		return this.#backlog !== undefined;
	}

	/** Documents that wait. */
	get waiting(): number {
		return this.#backlog?.length ?? 0;
	}

	/** Whether the transport is read: not while the owner paused, and not while documents wait. */
	get isReading(): boolean {
		return !this.#paused && !this.#parked;
	}

	/** Passes documents on, behind those that wait. */
	add(documents: Document[], nowMs: number): void {
		if (this.#backlog) {
			for (const document of documents) this.#backlog.push(document);
		} else this.#deliver(documents, nowMs, this.#scheduler.turns.mayWork);
	}

	get work(): Work {
		return this.#owner.link.work;
	}

	takeTurn(): void {
		this.#retrying = false;
		this.#unpark(true);
	}

	/** Passes nothing on until `resume`, and stops reading the transport. */
	pause(): void {
		if (this.#paused) return;
		this.#paused = true;
		this.#transport.pause();
	}

	/** Continues after `pause`. */
	resume(): void {
		if (!this.#paused) return;
		this.#paused = false;
		// A call from a handler: the loop that called the handler continues by itself.
		if (!this.#delivering) this.#unpark(this.#scheduler.turns.mayWork);
		else if (!this.#parked) this.#transport.resume();
	}

	/** Discards the documents that wait. */
	drop(): void {
		this.#backlog = undefined;
	}

	#deliver(documents: Document[], nowMs: number, mayWork: boolean): void {
		this.#backlog = documents;
		const owner = this.#owner;
		const { clock, turns } = this.#scheduler;
		let allowed =
			this.#paused || (!mayWork && documents.length > 0)
				? 0
				: this.#allowance(Math.min(DOCUMENTS_PER_TICK, documents.length), nowMs);
		let at = 0;
		this.#delivering = true;
		try {
			while (at < documents.length && allowed > 0 && !this.#paused && owner.isOpen) {
				allowed--;
				owner.document(documents[at++]!);
				// Few documents take long, so the clock is not asked after each.
				if (at === documents.length) break;
				if (((at & (at - 1)) === 0 || (at & 15) === 0) && clock.now() - nowMs > turns.turnMs) break;
			}
		} catch (error) {
			owner.failed(error);
			return;
		} finally {
			this.#delivering = false;
		}
		this.#tokens += allowed; // what a pause left over
		if (!owner.isOpen) {
			this.#backlog = undefined;
			return;
		}
		if (at < documents.length) {
			if (at > 0) documents.splice(0, at);
			this.#park();
			return;
		}
		this.#backlog = undefined;
		owner.caughtUp();
	}

	// The rest of a burst waits: for the owner's `resume`, for the rate, or only for the other connections' turn.
	#park(): void {
		if (!this.#parked) {
			this.#parked = true;
			this.#transport.pause();
		}
		if (this.#paused || this.#retrying) return;
		this.#retrying = true;
		const { clock, turns } = this.#scheduler;
		if (this.#rate && this.#tokens < 1) {
			this.#owner.throttled();
			clock.delay(THROTTLE_MS, () => turns.wait(this));
		} else turns.wait(this);
	}

	#unpark(mayWork: boolean): void {
		if (!this.#owner.isOpen || this.#paused) return;
		if (this.#backlog) {
			const backlog = this.#backlog;
			this.#backlog = undefined;
			const nowMs = this.#scheduler.clock.now();
			const isOuter = this.#scheduler.beginHandling(nowMs);
			try {
				this.#deliver(backlog, nowMs, mayWork);
			} finally {
				if (isOuter) this.#scheduler.endHandling(this.#owner.link);
			}
			if (this.#backlog || !this.#owner.isOpen) return;
		}
		if (!this.#paused) {
			this.#parked = false;
			this.#owner.reading();
			this.#transport.resume();
		}
	}

	// A bucket of documents, empty ones included: how many of `wanted` may be handed on now.
	#allowance(wanted: number, nowMs: number): number {
		const rate = this.#rate;
		if (!rate) return wanted;
		const refill = ((nowMs - this.#tokensAtMs) * rate.documentsPerSecond) / 1000;
		const empties = this.#owner.emptyDocuments - this.#emptySeen;
		this.#emptySeen += empties;
		this.#tokensAtMs = nowMs;
		// A flood of empty documents may borrow at most one second ahead.
		this.#tokens = Math.max(-rate.documentsPerSecond, Math.min(rate.burst, this.#tokens + refill) - empties);
		const allowed = Math.max(0, Math.min(wanted, Math.floor(this.#tokens)));
		this.#tokens -= allowed;
		return allowed;
	}
}

// A clock that stands still until the test moves it, and the parts that the link tests are made of.

import { setImmediate as nextTick } from "node:timers/promises";
import type { XMLSocketError } from "../../src/errors/index.ts";
import {
	type Clock,
	Link,
	type LinkClose,
	type LinkOptions,
	type LinkOwner,
	Scheduler,
	type Transport,
	type TransportEvents,
} from "../../src/link/index.ts";

/** Time moves in `advance` and `elapse` alone; what waits for the end of a tick runs in `tick`. */
export class ManualClock implements Clock {
	#nowMs = 1_000_000;
	#ticks: (() => void)[] = [];
	#timers: { readonly atMs: number; readonly run: () => void }[] = [];

	now(): number {
		return this.#nowMs;
	}

	afterTick(run: () => void): void {
		this.#ticks.push(run);
	}

	delay(delayMs: number, run: () => void): () => void {
		const timer = { atMs: this.#nowMs + delayMs, run };
		this.#timers.push(timer);
		return () => {
			this.#timers = this.#timers.filter((other) => other !== timer);
		};
	}

	/** Time passes while a handler runs: no timer can run meanwhile. */
	elapse(ms: number): void {
		this.#nowMs += ms;
	}

	/** Timers that have not run yet. */
	get waiting(): number {
		return this.#timers.length;
	}

	/** What waits for the end of a tick. */
	get ticksWaiting(): number {
		return this.#ticks.length;
	}

	/** Runs what waited for the end of this tick, and not what that puts off in turn. */
	tick(): void {
		const ticks = this.#ticks;
		this.#ticks = [];
		for (const run of ticks) run();
	}

	/** Moves time on and runs every timer that falls due, each at its own time, or late where time has passed that. */
	advance(byMs: number): void {
		const untilMs = this.#nowMs + byMs;
		for (;;) {
			const next = this.#timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
			if (!next) break;
			this.#timers = this.#timers.filter((timer) => timer !== next);
			this.#nowMs = Math.max(this.#nowMs, next.atMs);
			next.run();
		}
		this.#nowMs = untilMs;
	}
}

/** Runs ticks of the clock and of the event loop until both are quiet. */
export async function settle(clock: ManualClock): Promise<void> {
	for (let quiet = 0; quiet < 4; ) {
		quiet = clock.ticksWaiting === 0 ? quiet + 1 : 0;
		clock.tick();
		await nextTick();
	}
}

/** Moves time in steps that the deadline walk notices, with the event loop's turns between. */
export async function pass(clock: ManualClock, ms: number): Promise<void> {
	for (let left = ms; left > 0; left -= 1000) {
		clock.advance(Math.min(1000, left));
		await settle(clock);
	}
}

/** Generous limits without deadlines; a test sets those that it is about. */
export const OPEN_OPTIONS: Omit<LinkOptions<"text">, "decoder"> = {
	output: "text",
	maxDocumentBytes: 1 << 20,
	maxOutboxBytes: 1 << 20,
	firstDocumentTimeoutMs: 0,
	documentTimeoutMs: 0,
	idleTimeoutMs: 0,
	unreadOutputTimeoutMs: 0,
	pingIntervalMs: 0,
	lingerMs: 5000,
};

/** Writes down everything that its link tells. */
export class Recorder implements LinkOwner<"text"> {
	readonly events: string[] = [];
	readonly documents: string[] = [];
	close: LinkClose | undefined = undefined;
	failure: XMLSocketError | undefined = undefined;
	/** Called for each document, after it was written down. */
	react: (document: string) => void = () => {};
	/** What `ended` answers. */
	pending: (() => Promise<void> | undefined) | undefined = undefined;
	/** Called in `failing`. */
	lastWord: () => void = () => {};

	document(document: string): void {
		this.documents.push(document);
		this.events.push(`document ${document}`);
		this.react(document);
	}
	ended(): Promise<void> | undefined {
		this.events.push("ended");
		return this.pending?.();
	}
	idle(): void {
		this.events.push("idle");
	}
	drained(): void {
		this.events.push("drained");
	}
	throttled(): void {
		this.events.push("throttled");
	}
	failing(error: XMLSocketError): void {
		this.events.push(`failing ${error.code}`);
		this.failure = error;
		this.lastWord();
	}
	closed(close: LinkClose): void {
		this.events.push("closed");
		this.close = close;
	}

	/** How often it was told that the connection is over. */
	get timesClosed(): number {
		return this.events.filter((event) => event === "closed").length;
	}
}

/** A link with its owner and its clock over any transport. */
export function linkOver(
	transport: Transport,
	options: Partial<LinkOptions<"text">> = {},
	shared: { readonly clock?: ManualClock; readonly scheduler?: Scheduler } = {},
): { link: Link<"text">; owner: Recorder; clock: ManualClock; scheduler: Scheduler; reports: unknown[] } {
	const clock = shared.clock ?? new ManualClock();
	const reports: unknown[] = [];
	const scheduler = shared.scheduler ?? new Scheduler(clock, (error) => reports.push(error));
	const owner = new Recorder();
	const link = new Link<"text">(transport, { ...OPEN_OPTIONS, ...options }, scheduler, owner);
	return { link, owner, clock, scheduler, reports };
}

/** The far end of a connection as bytes: it reads everything, or nothing while it is stopped. */
export class RawEnd implements TransportEvents {
	readonly transport: Transport;
	readonly chunks: Uint8Array[] = [];
	ended = false;
	closes: (Error | undefined)[] = [];
	drains = 0;

	constructor(transport: Transport) {
		this.transport = transport;
		transport.start(this);
	}

	bytes(chunk: Uint8Array): void {
		this.chunks.push(chunk.slice());
	}
	end(): void {
		this.ended = true;
	}
	drain(): void {
		this.drains++;
	}
	pong(): void {}
	close(error: Error | undefined): void {
		this.closes.push(error);
	}

	/** Writes text as it is. */
	write(text: string): void {
		this.transport.write(new TextEncoder().encode(text));
	}

	/** All that came, as text. */
	get text(): string {
		const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
		return this.chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
	}
}

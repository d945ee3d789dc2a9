// An event stream that is read with `fetch`, because EventSource cannot send a token: the parser, and a stream that opens again with growing
// waits until it is closed. It draws nothing.

import { type AdminApi, ApiFailure, failureWords, type Query } from "./api.ts";

/** One event. */
export interface StreamEvent {
	readonly name: string;
	readonly data: string;
}

/** How a stream is. `lost`: it opens again; `ended`: it does not. */
export type StreamState =
	| { readonly is: "opening" | "open" | "closed" }
	| { readonly is: "lost" | "ended"; readonly words: string };

/** Who gets the events. */
export interface StreamHost {
	events(events: readonly StreamEvent[]): void;
	state(state: StreamState): void;
}

/** An event that is longer is a fault of the server. */
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** A browser has six connections to a server for all its tabs. Two must be free for requests. */
const SLOTS = 4;
/** Statuses that another try will not change. */
const FINAL: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 421, 501]);

/** Cuts the text of a stream into events. */
export class EventParser {
	#rest = "";
	#name = "";
	#data: string[] = [];
	#size = 0;

	/** @throws Error where an event is longer than 16 Mi characters */
	push(text: string): StreamEvent[] {
		const events: StreamEvent[] = [];
		// A CR at the end may be the first half of a line break.
		const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
		this.#rest = lines.pop()!;
		for (const line of lines) {
			if (line === "") {
				if (this.#data.length > 0) events.push({ name: this.#name || "message", data: this.#data.join("\n") });
				this.#name = "";
				this.#data = [];
				this.#size = 0;
				continue;
			}
			const colon = line.indexOf(":");
			const field = colon < 0 ? line : line.slice(0, colon);
			const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
			this.#size += line.length;
			if (field === "data") this.#data.push(value);
			else if (field === "event") this.#name = value;
		}
		if (this.#size + this.#rest.length > MAX_EVENT_CHARACTERS) throw new Error("An event of the stream is too long.");
		return events;
	}
}

/** A stream, from `open` to `close`. */
export class LiveStream {
	readonly #api: AdminApi;
	readonly #path: string;
	readonly #query: Query;
	readonly #host: StreamHost;
	readonly #silenceMs: number;
	#run: AbortController | undefined = undefined;

	/** @param silenceMs a stream without a byte for so long is lost; 0: silence is allowed */
	constructor(api: AdminApi, path: string, query: Query, silenceMs: number, host: StreamHost) {
		this.#api = api;
		this.#path = path;
		this.#query = query;
		this.#silenceMs = silenceMs;
		this.#host = host;
	}

	get isOpen(): boolean {
		return this.#run !== undefined;
	}

	/** Opens the stream, if it is not open. */
	open(): void {
		if (this.#run) return;
		this.#run = new AbortController();
		void this.#keepOpen(this.#run.signal);
	}

	/** Closes the stream. Nothing is reported after this. */
	close(): void {
		if (!this.#run) return;
		this.#run.abort();
		this.#run = undefined;
		this.#host.state({ is: "closed" });
	}

	async #keepOpen(signal: AbortSignal): Promise<void> {
		let waitMs = FIRST_WAIT_MS;
		this.#host.state({ is: "opening" });
		while (!signal.aborted) {
			const openedAt = performance.now();
			let words = "The connection was lost.";
			let atLeastMs = 0;
			try {
				await inSlot(() => this.#read(signal));
			} catch (error) {
				if (signal.aborted) return;
				words = failureWords(error) ?? words;
				if (error instanceof ApiFailure) {
					if (FINAL.has(error.status)) {
						this.#run = undefined;
						this.#host.state({ is: "ended", words });
						return;
					}
					atLeastMs = error.retryAfterMs ?? 0;
				}
			}
			if (signal.aborted) return;
			this.#host.state({ is: "lost", words });
			if (performance.now() - openedAt > LONGEST_WAIT_MS) waitMs = FIRST_WAIT_MS;
			// All pages of a daemon that restarts must not come back in the same moment.
			await pause(Math.max(waitMs * (0.75 + Math.random() / 2), Math.min(atLeastMs, 60_000)), signal);
			waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
		}
	}

	async #read(signal: AbortSignal): Promise<void> {
		const attempt = new AbortController();
		const stop = (): void => attempt.abort();
		signal.addEventListener("abort", stop);
		let timer: ReturnType<typeof setTimeout> | undefined;
		const listen = (): void => {
			clearTimeout(timer);
			if (this.#silenceMs > 0) timer = setTimeout(() => attempt.abort(), this.#silenceMs);
		};
		try {
			listen();
			const body = await this.#api.stream(this.#path, this.#query, attempt.signal);
			const reader = body.getReader();
			const decoder = new TextDecoder();
			const parser = new EventParser();
			this.#host.state({ is: "open" });
			for (;;) {
				const { done, value } = await reader.read();
				if (done) return;
				listen();
				const events = parser.push(decoder.decode(value, { stream: true }));
				if (events.length > 0 && !signal.aborted) this.#pass(events);
			}
		} catch (error) {
			if (attempt.signal.aborted && !signal.aborted)
				throw new Error("No live data arrives. A proxy before the daemon may hold it back.");
			if (error instanceof ApiFailure) throw error;
			throw new Error("The connection was lost.");
		} finally {
			clearTimeout(timer);
			signal.removeEventListener("abort", stop);
			attempt.abort();
		}
	}

	// A mistake of the page is no reason to open the stream again.
	#pass(events: readonly StreamEvent[]): void {
		try {
			this.#host.events(events);
		} catch (error) {
			reportError(error);
		}
	}
}

// Tabs share the browser's connections. Without this, the seventh one would wait for an answer forever, and so would all requests. Where the
// browser has no locks (pages without TLS that are not of this machine), there is no limit.
async function inSlot(run: () => Promise<void>): Promise<void> {
	const { locks } = navigator as { readonly locks?: LockManager };
	if (!locks) return await run();
	for (let slot = 1; slot <= SLOTS; slot++) {
		const options = { ifAvailable: true };
		const hasRun = await locks.request(`xmlsocket-admin-stream-${slot}`, options, async (lock) => {
			if (lock) await run();
			return lock !== null;
		});
		if (hasRun) return;
	}
	throw new Error(`Other tabs have ${SLOTS} live streams open, and this browser has no connection left for one more.`);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, ms);
		signal.addEventListener("abort", () => {
			clearTimeout(timer);
			resolve();
		});
	});
}

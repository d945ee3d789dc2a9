// What the page knows of the daemon at this moment: its status, the samples of the last hour, and the lines of its log since the page was
// opened. One event stream feeds it while the page is visible; without the stream it asks every few seconds. It draws nothing.

import { type AdminApi, failureWords } from "./api.ts";
import type { LiveSample, Sample, Status } from "./api-types.ts";
import { LiveStream, type StreamEvent, type StreamState } from "./event-stream.ts";
import { SampleHistory } from "./history.ts";
import { LogBuffer } from "./log-buffer.ts";

const STATUS_MS = 5000;
/** Samples arrive each second. */
const SILENCE_MS = 12_000;
/** A hidden page keeps the stream so long: a daemon has few of them, and a browser few connections. */
const HIDDEN_MS = 5000;
/** A stream begins with lines of the log that this page may have. */
const REPEATED_MS = 3000;

/** Who draws. */
export interface LiveDataHost {
	/** The status, a sample, the log or the state of the connection has changed. */
	changed(): void;
}

export class LiveData {
	readonly history: SampleHistory = new SampleHistory();
	readonly log: LogBuffer = new LogBuffer();
	status: Status | undefined = undefined;
	/** The newest sample of the stream. */
	sample: LiveSample | undefined = undefined;
	stream: StreamState = { is: "opening" };
	/** Why the status could not be read; empty: it could. */
	trouble = "";
	readonly #api: AdminApi;
	readonly #host: LiveDataHost;
	readonly #stream: LiveStream;
	readonly #stopped = new AbortController();
	#timer: ReturnType<typeof setTimeout> | undefined = undefined;
	#hiding: ReturnType<typeof setTimeout> | undefined = undefined;
	#hasSamples = false;
	#openedAt = 0;
	/** When the stream was last open, at the daemon; undefined: it was not yet. */
	#seenAt: number | undefined = undefined;

	constructor(api: AdminApi, status: Status, host: LiveDataHost) {
		this.#api = api;
		this.#host = host;
		this.status = status;
		this.#stream = new LiveStream(api, "events", {}, SILENCE_MS, {
			events: (events) => this.#received(events),
			state: (state) => this.#streamChanged(state),
		});
		const { signal } = this.#stopped;
		document.addEventListener("visibilitychange", () => this.#visibilityChanged(), { signal });
		addEventListener("online", () => this.#askNow(), { signal });
		this.#visibilityChanged();
		void this.#ask();
	}

	/** Ends everything. */
	stop(): void {
		this.#stopped.abort();
		clearTimeout(this.#timer);
		clearTimeout(this.#hiding);
		this.#stream.close();
	}

	/** Asks for the status now. */
	refresh(): void {
		this.#askNow();
	}

	#askNow(): void {
		clearTimeout(this.#timer);
		void this.#ask();
	}

	async #ask(): Promise<void> {
		const { signal } = this.#stopped;
		if (document.visibilityState === "visible" || this.#stream.isOpen) {
			try {
				if (!this.#hasSamples) await this.#loadSamples(signal);
				const status = (await this.#api.get("status", {}, signal)) as unknown as Status;
				this.status = status;
				this.trouble = "";
			} catch (error) {
				const words = failureWords(error);
				if (words !== undefined) this.trouble = words;
			}
		}
		if (signal.aborted) return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#ask(), STATUS_MS);
		this.#host.changed();
	}

	async #loadSamples(signal: AbortSignal): Promise<void> {
		const answer = await this.#api.get("samples", {}, signal);
		this.history.add(answer.samples as readonly Sample[]);
		this.#hasSamples = true;
	}

	#received(events: readonly StreamEvent[]): void {
		for (const { name, data } of events) {
			if (name === "sample") {
				this.sample = JSON.parse(data) as LiveSample;
				this.history.addLive(this.sample);
			} else if (name === "log") {
				this.log.add(data, performance.now() - this.#openedAt < REPEATED_MS);
			} else if (name === "missed") {
				this.log.missing(Number((JSON.parse(data) as { events?: unknown }).events));
			}
		}
		this.#seenAt = this.#api.now();
		this.#host.changed();
	}

	#streamChanged(state: StreamState): void {
		const isBack = state.is === "open" && this.stream.is !== "open";
		const isLost = state.is === "lost" && this.stream.is === "open";
		this.stream = state;
		if (isBack) {
			this.#openedAt = performance.now();
			if (this.#seenAt !== undefined) this.log.interrupted(this.#seenAt, this.#api.now());
			// What the stream did not bring meanwhile.
			this.#hasSamples = false;
		}
		// Whether the daemon answers at all.
		if (isBack || isLost) this.#askNow();
		this.#host.changed();
	}

	#visibilityChanged(): void {
		clearTimeout(this.#hiding);
		if (document.visibilityState === "visible") {
			if (this.#stream.isOpen) return;
			this.#stream.open();
			this.#askNow();
		} else this.#hiding = setTimeout(() => this.#stream.close(), HIDDEN_MS);
	}
}

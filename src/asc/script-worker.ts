// One run of an application's scripts: a worker thread, the messages to and from it, and the watchdog that stops it when a call does not
// return. `script-application.ts` decides what happens after a run.

import { Worker } from "node:worker_threads";
import { XMLSocketError } from "../errors/index.ts";
import { locateStuckScript } from "./locate-stuck-script.ts";
import {
	type FromWorker,
	sentCharacters,
	type ToWorker,
	WATCH_LENGTH,
	Watch,
	type WorkerSettings,
} from "./messages.ts";
import { QueuedDocuments } from "./queued-documents.ts";

/** The worker's settings, except those that this file adds. */
export type RunSettings = Omit<WorkerSettings, "watch" | "heapMiB">;

/** The limits of one run. */
export interface RunLimits {
	/** Longest call, in milliseconds; 0: no limit. */
	readonly timeoutMs: number;
	/** How much memory the scripts may retain. */
	readonly heapMiB: number;
}

/** The events of a run. */
export interface RunEvents {
	message(message: FromWorker): void;
	/** The worker has ended unexpectedly. Once, and last. */
	failed(error: XMLSocketError): void;
	/** One of the functions above, or a timer, threw. What is thrown there would end the process. */
	threw(error: unknown): void;
}

const YOUNG_MIB = 4;
/** V8's own limit is this many times the heap; see `worker/heap-watch.ts`. */
const HARD_LIMIT = 4;
const MOST_WATCH_MS = 250;

/** A worker that runs an application's scripts. */
export class ScriptWorker {
	readonly #worker: Worker;
	readonly #watch: Int32Array;
	readonly #events: RunEvents;
	readonly #limits: RunLimits;
	readonly #name: string;
	readonly #words = new Map<number, string>();
	readonly #watchdog: NodeJS.Timeout | undefined;
	#outgoing: ToWorker[] = [];
	readonly #queued = new QueuedDocuments();
	#posted = 0;
	#over = false;
	#stopped: ((isStopped: boolean) => void) | undefined;
	#lastCalls = -1;
	#sinceMs = 0;

	constructor(settings: RunSettings, limits: RunLimits, events: RunEvents) {
		const watch = new SharedArrayBuffer(WATCH_LENGTH * 4);
		this.#watch = new Int32Array(watch);
		this.#limits = limits;
		this.#events = events;
		this.#name = settings.name;
		this.#worker = new Worker(new URL("./worker/main.js", import.meta.url), {
			name: `application ${settings.name}`,
			workerData: { ...settings, watch, heapMiB: limits.heapMiB } satisfies WorkerSettings,
			resourceLimits: { maxOldGenerationSizeMb: limits.heapMiB * HARD_LIMIT, maxYoungGenerationSizeMb: YOUNG_MIB },
		});
		this.#worker.on("message", (messages: FromWorker[]) => this.#handleMessages(messages));
		this.#worker.on("error", (error) => this.#fail(this.#errorOf(error)));
		this.#worker.on("exit", () =>
			this.#fail(
				new XMLSocketError("XMLSOCKET_SCRIPT_FAILED", `The application ${this.#name} has ended unexpectedly.`),
			),
		);
		if (limits.timeoutMs > 0) {
			this.#watchdog = setInterval(
				() => this.#guard(() => this.#look()),
				Math.min(MOST_WATCH_MS, Math.max(10, limits.timeoutMs >> 2)),
			);
			this.#watchdog.unref();
		}
	}

	/** Messages that the worker has not received yet. */
	get waiting(): number {
		return (this.#posted - (this.#watch[Watch.received] as number)) | 0;
	}

	/** The documents that wait, by their clients. */
	get queued(): QueuedDocuments {
		this.#queued.settle(this.waiting);
		return this.#queued;
	}

	/** Sends a message, together with the others of this tick. */
	post(message: ToWorker): void {
		this.#queued.settle(this.waiting);
		this.#queued.add(message);
		this.#posted = (this.#posted + 1) | 0;
		if (this.#outgoing.push(message) > 1) return;
		setImmediate(() =>
			this.#guard(() => {
				const messages = this.#outgoing;
				this.#outgoing = [];
				if (!this.#over) this.#worker.postMessage(messages);
			}),
		);
	}

	/**
	 * Runs `onAppStop`, then `onDisconnect` for each client, for at most `graceMs`, then ends the worker.
	 *
	 * @returns false if `onAppStop` may refuse and has: then the worker continues
	 */
	async stop(reason: string, graceMs: number, mayRefuse = false): Promise<boolean> {
		if (this.#over) return true;
		this.post(["stop", reason, mayRefuse]);
		const isStopped = await new Promise<boolean>((resolve) => {
			const timer = setTimeout(() => resolve(true), graceMs);
			this.#stopped = (isStopped) => {
				clearTimeout(timer);
				resolve(isStopped);
			};
		});
		if (isStopped) await this.#end();
		return isStopped;
	}

	#handleMessages(messages: readonly FromWorker[]): void {
		this.#watch[Watch.acknowledged] = ((this.#watch[Watch.acknowledged] as number) + messages.length) | 0;
		for (const message of messages) {
			const characters = sentCharacters(message);
			if (characters > 0)
				this.#watch[Watch.acknowledgedCharacters] =
					((this.#watch[Watch.acknowledgedCharacters] as number) + characters) | 0;
			if (!this.#over) this.#guard(() => this.#handleMessage(message));
		}
	}

	#handleMessage(message: FromWorker): void {
		if (message[0] === "call") this.#words.set(message[1], message[2]);
		else if (message[0] === "stopped") this.#stopped?.(true);
		else if (message[0] === "refused") this.#stopped?.(false);
		else if (message[0] === "heap") {
			this.#fail(this.#outOfMemory());
			void this.#worker.terminate();
		} else this.#events.message(message);
	}

	#guard(run: () => void): void {
		try {
			run();
		} catch (error) {
			this.#events.threw(error);
		}
	}

	#look(): void {
		const watch = this.#watch;
		const calls = watch[Watch.calls] as number;
		const now = performance.now();
		if (watch[Watch.busy] === 0 || calls !== this.#lastCalls) {
			this.#lastCalls = calls;
			this.#sinceMs = now;
		} else if (now - this.#sinceMs >= this.#limits.timeoutMs)
			this.#stopStuck().catch((error) => this.#events.threw(error));
	}

	async #stopStuck(): Promise<void> {
		clearInterval(this.#watchdog);
		const call = this.#words.get(this.#watch[Watch.callName] as number) ?? "a call";
		const { place, release } = await locateStuckScript(this.#worker.threadId);
		const error = new XMLSocketError(
			"XMLSOCKET_SCRIPT_STOPPED",
			`The application ${this.#name} was stopped${place === undefined ? "" : ` at ${place}`}: ${call} ran longer than ${this.#limits.timeoutMs} ms.`,
			{ details: { application: this.#name, call, timeoutMs: this.#limits.timeoutMs, ...(place ? { place } : {}) } },
		);
		if (this.#over) return;
		this.#fail(error);
		const ended = this.#worker.terminate();
		release();
		await ended;
	}

	#errorOf(error: Error & { code?: string }): XMLSocketError {
		return error.code === "ERR_WORKER_OUT_OF_MEMORY"
			? this.#outOfMemory()
			: new XMLSocketError(
					"XMLSOCKET_SCRIPT_FAILED",
					`The application ${this.#name} has failed: ${String(error?.message ?? error)}`,
				);
	}

	#outOfMemory(): XMLSocketError {
		return new XMLSocketError(
			"XMLSOCKET_SCRIPT_OUT_OF_MEMORY",
			`The application ${this.#name} has used up its heap of ${this.#limits.heapMiB} MiB.`,
			{ details: { application: this.#name, heapMiB: this.#limits.heapMiB } },
		);
	}

	#fail(error: XMLSocketError): void {
		if (this.#over) return;
		this.#over = true;
		clearInterval(this.#watchdog);
		this.#stopped?.(true);
		this.#guard(() => this.#events.failed(error));
	}

	async #end(): Promise<void> {
		this.#over = true;
		clearInterval(this.#watchdog);
		await this.#worker.terminate();
	}
}

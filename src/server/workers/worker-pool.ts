// The workers of one daemon, in the primary process: starts them, replaces those that end or do not answer, and ends them. The primary
// serves no clients itself; it has the ports, the log of stored rooms, names, and what is counted over all workers.

import { randomBytes } from "node:crypto";
import { PrimaryHub } from "../../cluster/workers/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import type { MessageLog } from "../../message-log/index.ts";
import { type listen, nodeClock } from "../../transport/index.ts";
import type { Admission } from "../admission.ts";
import type { Logger } from "../logger.ts";
import { poolAdmission } from "../shared-admission.ts";
import { makeTicketKeys, TICKET_KEYS_MS } from "../ticket-keys.ts";
import { PastCounters } from "./past-counters.ts";
import { SharedPorts } from "./shared-ports.ts";
import { Worker, type WorkerHost } from "./worker.ts";

/** What a pool is made of. */
export interface PoolOptions {
	/** The module that each worker runs; it calls `joinPrimary`. */
	readonly module: string;
	/** How many workers. */
	readonly count: number;
	/** What each worker gets to begin with; JSON. */
	readonly data: unknown;
	/** The log of stored rooms; undefined where the workers have another one. Closed with the pool. */
	readonly messages?: MessageLog | undefined;
	/** The limits that hold over all workers. */
	readonly limits: { readonly maxConnectionsPerAddress: number; readonly connectsPerSecondPerAddress: number };
	readonly log: Logger;
	/** Opens the ports; default: `listen`. */
	readonly listen?: typeof listen | undefined;
	/** How long a worker may take to end, in milliseconds, before it is killed. */
	readonly stopTimeoutMs: number;
	/** How long a worker may be silent. Default 10 000. */
	readonly silentMs?: number | undefined;
	/** How long TLS session tickets are made with the same keys. Default 12 hours. */
	readonly ticketKeysMs?: number | undefined;
	/** The wait before the first replacement; it doubles with each end in the last 10 s, up to 50 times as much. Default 100. */
	readonly retryMs?: number | undefined;
}

const SWEEP_MS = 1000;
const SILENT_MS = 10_000;
/** A worker loads its modules, its certificate and its token file before it works. */
const START_MS = 60_000;
const METRICS_MS = 2000;
const MAX_DEATHS = 10;
const DEATHS_MS = 60_000;
/** Ends within this time make the next wait longer. */
const QUICK_DEATHS_MS = 10_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY = 50;
const MAX_UNSHOWN_LINES = 50;
const HURRIED_MS = 1500;

/** Several processes as one daemon. */
export class WorkerPool {
	/** Rejects when the workers end again and again; the pool is closed then. */
	readonly failed: Promise<never>;
	readonly #options: PoolOptions;
	readonly #workers = new Set<Worker>();
	readonly #host: WorkerHost;
	readonly #admission: Admission;
	readonly #ports: SharedPorts;
	readonly #waits = new Set<() => void>();
	readonly #retries = new Set<ReturnType<typeof setTimeout>>();
	readonly #past = new PastCounters<Worker>();
	#deaths: number[] = [];
	#replaced = 0;
	#facts: unknown;
	#fail: (error: XMLSocketError) => void = () => {};
	/** Lines that no worker was there for. */
	readonly #unshown: string[] = [];
	#isStarting = true;
	#isClosing = false;
	#closing: Promise<void> | undefined = undefined;
	#sweptMs = 0;
	#ticketKeys = makeTicketKeys();
	#ticketKeysSinceMs = nodeClock.now();
	#sweep: ReturnType<typeof setInterval> | undefined = undefined;

	private constructor(options: PoolOptions) {
		const currentTicketKeys = (): Buffer => this.#ticketKeys;
		this.#options = options;
		this.#admission = poolAdmission(options.limits);
		this.#ports = new SharedPorts(() => this.#workers, options.listen);
		this.failed = new Promise((_, reject) => {
			this.#fail = reject;
		});
		this.failed.catch(() => {});
		this.#host = {
			module: options.module,
			hub: new PrimaryHub({
				log: options.messages,
				report: (error) => options.log.error({ err: error }, "the primary process failed to do something"),
			}),
			ports: this.#ports,
			admission: this.#admission,
			get ticketKeys() {
				return currentTicketKeys();
			},
			nowMs: () => nodeClock.now(),
			collectMetrics: () => this.#collectMetrics(),
			ready: (_, facts) => {
				this.#facts ??= facts;
				for (const line of this.#unshown.splice(0)) this.logged(line);
				this.#changed();
			},
			gone: (worker) => this.#gone(worker),
		};
	}

	/**
	 * Starts the workers.
	 *
	 * Rejects with the error of the first worker that cannot begin, such as XMLSOCKET_PORT_IN_USE; XMLSOCKET_WORKERS_FAILED for one
	 * that ends without an error. The others are ended then, and the log is closed.
	 */
	static async start(options: PoolOptions): Promise<WorkerPool> {
		const pool = new WorkerPool(options);
		await pool.#start();
		return pool;
	}

	/** What the first worker has reported when it was ready. */
	get facts(): unknown {
		return this.#facts;
	}

	/** Workers that serve clients. */
	get size(): number {
		return [...this.#workers].filter(({ state }) => state === "ready").length;
	}

	/** Connections of all workers, as far as is known. */
	get connections(): number {
		return [...this.#workers].reduce((sum, { connections }) => sum + connections, 0);
	}

	/** Shows a line of this process's log to one of the workers, for the admin API, which asks all of them. */
	logged(line: string): void {
		const worker = [...this.#workers].find(({ state }) => state === "ready");
		if (worker) worker.logged(line);
		else if (this.#unshown.push(line) > MAX_UNSHOWN_LINES) this.#unshown.shift();
	}

	/** Has every worker read its certificate and policy file again. */
	reload(): void {
		for (const worker of this.#workers) worker.reload();
	}

	/**
	 * Ends all workers, then closes the log. Calls after the first wait for the same end.
	 *
	 * @param options.graceMs how long the workers wait for their clients; default: their own setting. 0: not at all, also where an
	 * earlier call still waits.
	 */
	async close(options: { graceMs?: number } = {}): Promise<void> {
		const { graceMs } = options;
		this.#closing ??= this.#close(graceMs);
		if (graceMs === 0) {
			for (const worker of this.#workers) worker.stop(0);
			this.#killLater(HURRIED_MS);
		}
		await this.#closing;
	}

	async #start(): Promise<void> {
		for (let number = 1; number <= this.#options.count; number++) this.#add(number);
		this.#sweptMs = nodeClock.now();
		this.#sweep = setInterval(() => this.#checkWorkers(), SWEEP_MS);
		await this.#until(() => this.size === this.#options.count || this.#ended !== undefined);
		const ended = this.#ended;
		if (ended) {
			await this.close({ graceMs: 0 });
			throw (
				ended.failure ??
				new XMLSocketError("XMLSOCKET_WORKERS_FAILED", `A worker could not begin: it ${endWords(ended)}.`)
			);
		}
		this.#isStarting = false;
	}

	/** A worker that has ended while the first ones started. */
	#ended: Worker | undefined = undefined;

	#add(number: number): void {
		const node = `w${number}x${randomBytes(6).toString("hex")}`;
		this.#workers.add(new Worker(number, node, this.#options.data, this.#host));
	}

	#gone(worker: Worker): void {
		this.#workers.delete(worker);
		this.#past.ended(worker);
		if (this.#isStarting) this.#ended ??= worker;
		else if (!this.#isClosing) this.#replace(worker);
		this.#changed();
	}

	#replace(worker: Worker): void {
		const { log } = this.#options;
		const nowMs = nodeClock.now();
		this.#deaths = this.#deaths.filter((atMs) => nowMs - atMs < DEATHS_MS);
		this.#deaths.push(nowMs);
		this.#replaced++;
		const { number, pid, cause, failure } = worker;
		const facts = { worker: number, pid, ...worker.ending, ...(cause === undefined ? {} : { cause }) };
		if (this.#deaths.length >= MAX_DEATHS) {
			log.error({ ...facts, err: failure }, "too many workers have ended: the daemon ends");
			const error = new XMLSocketError(
				"XMLSOCKET_WORKERS_FAILED",
				`${MAX_DEATHS} workers ended within ${DEATHS_MS / 1000} s; the last one ${endWords(worker)}.`,
				failure ? { cause: failure } : {},
			);
			void this.close().then(
				() => this.#fail(error),
				() => this.#fail(error),
			);
			return;
		}
		const quick = this.#deaths.filter((atMs) => nowMs - atMs < QUICK_DEATHS_MS).length;
		const delayMs = (this.#options.retryMs ?? FIRST_RETRY_MS) * Math.min(2 ** (quick - 1), LONGEST_RETRY);
		log.error(
			{ ...facts, ...(failure ? { err: failure } : {}) },
			`worker ${number} ${endWords(worker)}: another one replaces it, and its clients can connect again`,
		);
		const retry = setTimeout(() => {
			this.#retries.delete(retry);
			if (!this.#isClosing) this.#add(number);
		}, delayMs);
		this.#retries.add(retry);
	}

	#checkWorkers(): void {
		const nowMs = nodeClock.now();
		this.#admission.sweep(nowMs);
		this.#rotateTicketKeys(nowMs);
		// While this process itself did not run, it heard nobody.
		const stalledMs = nowMs - this.#sweptMs - SWEEP_MS;
		this.#sweptMs = nowMs;
		for (const worker of this.#workers) {
			if (stalledMs > 2 * SWEEP_MS) worker.heardMs += stalledMs;
			const limitMs = worker.state === "starting" ? START_MS : (this.#options.silentMs ?? SILENT_MS);
			const silentMs = nowMs - worker.heardMs;
			if (silentMs > limitMs) worker.kill(`it did not answer for ${Math.round(silentMs / 1000)} s`);
			else worker.ping();
		}
	}

	#rotateTicketKeys(nowMs: number): void {
		if (nowMs - this.#ticketKeysSinceMs < (this.#options.ticketKeysMs ?? TICKET_KEYS_MS)) return;
		this.#ticketKeysSinceMs = nowMs;
		this.#ticketKeys = makeTicketKeys();
		for (const worker of this.#workers) worker.replaceTicketKeys(this.#ticketKeys);
	}

	async #close(graceMs: number | undefined): Promise<void> {
		this.#isClosing = true;
		for (const retry of this.#retries) clearTimeout(retry);
		await this.#ports.close();
		for (const worker of this.#workers) worker.stop(graceMs);
		this.#killLater(this.#options.stopTimeoutMs);
		await this.#until(() => this.#workers.size === 0);
		clearInterval(this.#sweep);
		await this.#options.messages?.close();
	}

	#killLater(afterMs: number): void {
		const timer = setTimeout(() => {
			for (const worker of this.#workers) {
				const { number, pid } = worker;
				this.#options.log.warn({ worker: number, pid }, `worker ${number} did not end in time and is killed`);
				worker.kill();
			}
		}, afterMs);
		timer.unref();
	}

	async #collectMetrics(): Promise<readonly string[]> {
		const answers = [...this.#workers]
			.filter(({ state }) => state === "ready" || state === "closing")
			.map(async (worker) => {
				const text = await within(METRICS_MS, worker.metrics());
				if (text !== undefined && this.#workers.has(worker)) this.#past.answered(worker, text);
				return text;
			});
		const texts = (await Promise.all(answers)).filter((text) => text !== undefined);
		return [...texts, JSON.stringify([...this.#numbers(), ...this.#past.metrics])];
	}

	/** The primary's own numbers, in the form of prom-client. */
	#numbers(): object[] {
		const { heapUsed, rss } = process.memoryUsage();
		const gauge = (name: string, help: string, value: number) => metric("gauge", name, help, value);
		return [
			gauge("xmlsocket_workers", "Workers that serve clients", this.size),
			metric("counter", "xmlsocket_workers_replaced_total", "Workers that ended and were replaced", this.#replaced),
			metric("counter", "xmlsocket_bus_relayed_total", "Messages between workers", this.#host.hub.relayed),
			gauge("xmlsocket_primary_resident_memory_bytes", "Resident memory of the primary process", rss),
			gauge("xmlsocket_primary_heap_used_bytes", "Heap in use in the primary process", heapUsed),
		];
	}

	/** Something about the workers has changed. */
	#changed(): void {
		for (const check of [...this.#waits]) check();
	}

	#until(isDone: () => boolean): Promise<void> {
		return new Promise((resolve) => {
			const check = (): void => {
				if (!isDone()) return;
				this.#waits.delete(check);
				resolve();
			};
			this.#waits.add(check);
			check();
		});
	}
}

function endWords({ ending, cause }: Worker): string {
	if (cause !== undefined) return `was ended because ${cause}`;
	if (ending?.signal) return `was ended by ${ending.signal}`;
	return `ended with exit code ${ending?.code}`;
}

function metric(type: string, name: string, help: string, value: number): object {
	return { name, help, type, aggregator: "sum", values: [{ value, labels: {} }] };
}

/** What a promise gives within a time; undefined where it rejects or takes longer. */
function within<Result>(limitMs: number, promise: Promise<Result>): Promise<Result | undefined> {
	return new Promise((resolve) => {
		const timer = setTimeout(() => resolve(undefined), limitMs);
		promise.then(resolve, () => resolve(undefined)).finally(() => clearTimeout(timer));
	});
}

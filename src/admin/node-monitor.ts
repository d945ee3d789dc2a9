// What this process measures of itself for its operator: a sample every 10 s for the last hour, the delay of the event loop, and rates. The
// samples of all nodes have the same times, so that they can be added up.

import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { type ConnectedClient, LATENCY_BOUNDS } from "../application/index.ts";
import type { ChatAdministration } from "../chat/index.ts";
import type { Server } from "../server/index.ts";
import { Rates } from "./rates.ts";

/** Between two samples. */
export const SAMPLE_SECONDS = 10;
/** An hour of them. */
export const MAX_SAMPLES = 360;
/** How often the event loop's delay is measured. */
const DELAY_RESOLUTION_MS = 20;
/** How long the rates of clients are kept up after the last question about them. */
const CLIENT_RATES_MS = 60_000;

/** One moment of a node, or of all nodes together. */
export interface Sample {
	/** Milliseconds since 1970. */
	readonly at: number;
	readonly connections: number;
	readonly clients: number;
	readonly messagesPerSecond: number;
	readonly deliveriesPerSecond: number;
	readonly eventLoopDelayP99Ms: number;
	/** Of the messages of the last 10 s; undefined where none was committed. */
	readonly commitP99Ms?: number | undefined;
	readonly rssBytes: number;
	readonly heldBytes: number;
	readonly outboxBytes: number;
}

/** The delay of the event loop, in milliseconds. */
export interface EventLoopDelay {
	readonly p50: number;
	readonly p99: number;
	readonly max: number;
}

/** What is measured. */
export interface MonitorParts {
	readonly server: () => Server;
	readonly chat: ChatAdministration | undefined;
	/** Monotonic milliseconds. */
	readonly now: () => number;
	/** Between two samples, in milliseconds. Default: `SAMPLE_SECONDS`. */
	readonly periodMs?: number;
}

/** Measures this process. */
export class NodeMonitor {
	readonly samples: Sample[] = [];
	readonly #parts: MonitorParts;
	readonly #periodMs: number;
	readonly #startedMs: number;
	readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
	#delay: EventLoopDelay | undefined = undefined;
	/** The counts of the last reading, and what was added then. */
	#commitCounts: readonly number[] = [];
	#commitP99Ms: number | undefined = undefined;
	readonly #totals: Rates<"posted" | "deliveries">;
	readonly #rooms: Rates<string>;
	readonly #documents: Rates<ConnectedClient>;
	readonly #bytes: Rates<ConnectedClient>;
	#clientsAskedMs = Number.NEGATIVE_INFINITY;
	#timer: NodeJS.Timeout | undefined = undefined;

	constructor(parts: MonitorParts) {
		this.#parts = parts;
		this.#periodMs = parts.periodMs ?? SAMPLE_SECONDS * 1000;
		this.#startedMs = parts.now();
		this.#totals = new Rates(parts.now);
		this.#rooms = new Rates(parts.now);
		this.#documents = new Rates(parts.now);
		this.#bytes = new Rates(parts.now);
	}

	/** Measures until `stop`. */
	start(): void {
		this.#delays.enable();
		this.#sampleLater();
	}

	stop(): void {
		clearTimeout(this.#timer);
		this.#delays.disable();
	}

	/** Of the last 10 s, or since the start. */
	get eventLoopDelayMs(): EventLoopDelay {
		return this.#delay ?? this.#readDelay();
	}

	/** Messages that clients of this node send, a second, and copies that members here get. */
	totals(): { readonly messagesPerSecond: number; readonly deliveriesPerSecond: number } {
		const { posted = 0, deliveries = 0 } = this.#parts.chat?.counts ?? {};
		return {
			messagesPerSecond: this.#totals.rate("posted", posted, this.#startedMs),
			deliveriesPerSecond: this.#totals.rate("deliveries", deliveries, this.#startedMs),
		};
	}

	/** Messages of this node to a room, a second. */
	roomRate(room: string, posted: number): number {
		return this.#rooms.rate(room, posted, this.#parts.now() - SAMPLE_SECONDS * 1000);
	}

	/** What a client sends, a second. Where nobody has asked for a minute, the average since it connected. */
	clientRates(client: ConnectedClient): { readonly documentsPerSecond: number; readonly bytesPerSecond: number } {
		const nowMs = this.#parts.now();
		if (nowMs - this.#clientsAskedMs > CLIENT_RATES_MS) this.#readClients();
		this.#clientsAskedMs = nowMs;
		const { receivedDocuments, receivedBytes, connectedMs } = client;
		return {
			documentsPerSecond: this.#documents.rate(client, receivedDocuments, connectedMs),
			bytesPerSecond: Math.round(this.#bytes.rate(client, receivedBytes, connectedMs)),
		};
	}

	/** This moment. */
	sample(): Sample {
		const server = this.#parts.server();
		let outboxBytes = 0;
		let clients = 0;
		for (const client of server.clients()) {
			outboxBytes += client.outboxBytes;
			clients++;
		}
		return {
			at: Date.now(),
			connections: server.connections,
			clients,
			...this.totals(),
			eventLoopDelayP99Ms: this.eventLoopDelayMs.p99,
			...(this.#commitP99Ms === undefined ? {} : { commitP99Ms: this.#commitP99Ms }),
			rssBytes: process.memoryUsage.rss(),
			heldBytes: server.heldBytes,
			outboxBytes,
		};
	}

	#sampleLater(): void {
		const periodMs = this.#periodMs;
		this.#timer = setTimeout(
			() => {
				this.#takeSample();
				this.#sampleLater();
			},
			periodMs - (Date.now() % periodMs),
		).unref();
	}

	#takeSample(): void {
		const { chat, now } = this.#parts;
		this.#delay = this.#readDelay();
		this.#delays.reset();
		if (chat) this.#readCommits(chat.commitTime.counts);
		const periodMs = this.#periodMs;
		const sample = { ...this.sample(), at: Math.round(Date.now() / periodMs) * periodMs };
		// A clock that was set back gives a time twice.
		if (this.samples.at(-1)?.at !== sample.at) this.samples.push(sample);
		if (this.samples.length > MAX_SAMPLES) this.samples.shift();
		if (now() - this.#clientsAskedMs <= CLIENT_RATES_MS) this.#readClients();
		else if (Number.isFinite(this.#clientsAskedMs)) this.#forgetClients();
		if (!chat) return;
		this.#totals.read([
			["posted", chat.counts.posted],
			["deliveries", chat.counts.deliveries],
		]);
		this.#rooms.read(roomCounts(chat));
	}

	#readCommits(counts: readonly number[]): void {
		const added = counts.map((count, at) => count - (this.#commitCounts[at] ?? 0));
		this.#commitCounts = [...counts];
		this.#commitP99Ms = percentileMs(added, 0.99);
	}

	#readClients(): void {
		const clients = [...this.#parts.server().clients()];
		this.#documents.read(clients.map((client) => [client, client.receivedDocuments]));
		this.#bytes.read(clients.map((client) => [client, client.receivedBytes]));
	}

	#forgetClients(): void {
		this.#documents.read([]);
		this.#bytes.read([]);
	}

	#readDelay(): EventLoopDelay {
		const { count } = this.#delays;
		if (count === 0) return { p50: 0, p99: 0, max: 0 };
		// The histogram has the time between two measurements, which without a delay is the resolution.
		const delay = (nanoseconds: number): number =>
			Math.max(0, Math.round((nanoseconds / 1e6 - DELAY_RESOLUTION_MS) * 100) / 100);
		return {
			p50: delay(this.#delays.percentile(50)),
			p99: delay(this.#delays.percentile(99)),
			max: delay(this.#delays.max),
		};
	}
}

/** The time that this share of counted times does not exceed, as exact as the buckets of `Latency` are; undefined where there are none. */
function percentileMs(counts: readonly number[], share: number): number | undefined {
	let left = counts.reduce((sum, count) => sum + count, 0) * share;
	if (left === 0) return undefined;
	for (const [at, count] of counts.entries()) {
		const from = LATENCY_BOUNDS[at - 1] ?? 0;
		const to = LATENCY_BOUNDS[at] ?? from;
		if (count >= left) return Math.round((from + ((to - from) * left) / count) * 100_000) / 100;
		left -= count;
	}
	return undefined;
}

function* roomCounts(chat: ChatAdministration): Generator<[string, number]> {
	for (const { name, posted } of chat.rooms()) if (posted > 0) yield [name, posted];
}

// The server's counters, kept in plain fields, and the metrics page in the Prometheus format, made on request. No label has a value that a
// client chooses, so the number of lines does not grow with the clients.

import type { ServerResponse } from "node:http";
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Metric, Registry } from "prom-client";
import { LATENCY_BOUNDS, type Latency } from "../application/index.ts";
import { answer } from "./http-answers.ts";
import type { LabelledCount } from "./http-routes.ts";
import { type MetricInfo, metricNamed, metricOf } from "./metric-table.ts";

const RESOLUTION_MS = 20;
/** Reasons that are on the page before anything was refused for them: an alert that waits for a rise above 0 would miss the first time. */
const ZERO_REASONS: ReadonlyMap<string, number> = new Map(
	["internal", "memory-ceiling", "unavailable", "too-many-connections", "busy"].map((reason) => [reason, 0]),
);

/** What the page is made of, besides what `Metrics` counts itself. */
export interface MetricSources {
	/** The numbers of this moment, by metric name without `xmlsocket_`, and without `_total` for counters. */
	readonly numbers: () => Record<string, number>;
	/** Counters of the routes. */
	readonly further?: readonly LabelledCount[];
	/** Times of the application. */
	readonly latencies?: readonly Latency[];
	/** What `json` gives in every process of the daemon, this one included. Absent: there is only this one. */
	readonly collectAll?: (() => Promise<readonly string[]>) | undefined;
}

/** What a server counts. */
export class Metrics {
	/** Connections accepted, by what they turned out to be. */
	readonly accepted: Map<string, number> = new Map<string, number>();
	/** What was refused or cut, by reason: the wire form of an error code, or an admission reason. */
	readonly refused: Map<string, number> = new Map<string, number>();
	/** Documents of connections that are closed; open ones are added when asked. */
	closedDocuments = 0;
	/** Empty documents of closed connections. */
	closedEmptyDocuments = 0;
	#registry: Promise<Registry> | undefined = undefined;
	#eventLoop: IntervalHistogram | undefined = undefined;
	readonly #sources: MetricSources;

	constructor(sources: MetricSources) {
		this.#sources = sources;
	}

	/** Counts one. */
	count(counts: Map<string, number>, key: string): void {
		counts.set(key, (counts.get(key) ?? 0) + 1);
	}

	/** The page of `/metrics` and its content type: the numbers of all processes of the daemon together. */
	async page(): Promise<{ type: string; body: string }> {
		const { collectAll } = this.#sources;
		if (collectAll) {
			const all = (await collectAll()).map((text) => JSON.parse(text) as object[]);
			const { AggregatorRegistry } = await import("prom-client");
			const together = AggregatorRegistry.aggregate(all);
			return { type: together.contentType, body: await together.metrics() };
		}
		const registry = await this.#current();
		return { type: registry.contentType, body: await registry.metrics() };
	}

	/** The numbers of this process, as `page` of another one adds them up. */
	async json(): Promise<string> {
		return JSON.stringify(await (await this.#current()).getMetricsAsJSON());
	}

	/** Releases what measures. */
	close(): void {
		this.#eventLoop?.disable();
	}

	async #current(): Promise<Registry> {
		const registry = await this.#load();
		for (const { info, values } of this.#all()) {
			const name = `xmlsocket_${info.name}`;
			registry.removeSingleMetric(name);
			const { type, help, together: aggregator = "sum" } = info;
			const metric = { name, type, help, aggregator, values };
			registry.registerMetric({ ...metric, get: async () => metric } as unknown as Metric);
		}
		return registry;
	}

	#all(): Iterable<Collected> {
		const { further = [], latencies = [], numbers } = this.#sources;
		const collected = new Map<string, Collected>();
		const add = (info: MetricInfo, value: number, label?: string): void => {
			const labels = label === undefined ? {} : { [info.label ?? "reason"]: label };
			const known = collected.get(info.name);
			if (known) known.values.push({ labels, value });
			else collected.set(info.name, { info, values: [{ labels, value }] });
		};
		const addCounts = (info: MetricInfo, counts: ReadonlyMap<string, number>): void => {
			collected.set(info.name, { info, values: [] });
			for (const [key, value] of counts) add(info, value, key);
		};
		addCounts(metricNamed("accepted_total"), this.accepted);
		addCounts(metricNamed("refused_total"), new Map([...ZERO_REASONS, ...this.refused]));
		for (const [key, value] of Object.entries(numbers())) {
			const { info, label } = metricOf(key);
			add(info, value, label);
		}
		for (const { name, help, label, values } of further) {
			addCounts({ name: name.replace(/^xmlsocket_/, ""), type: "counter", help, label }, values);
		}
		for (const latency of latencies) collected.set(latency.name, buckets(latency));
		const delay = this.#eventLoop!;
		for (const [quantile, ns] of [
			["0.5", delay.percentile(50)],
			["0.99", delay.percentile(99)],
			["1", delay.max],
		] as const) {
			// What is measured contains the interval. Without a measurement there is no number.
			const seconds = delay.count === 0 ? 0 : Math.max(0, ns / 1e9 - RESOLUTION_MS / 1000);
			add(metricNamed("event_loop_delay_seconds"), seconds, quantile);
		}
		delay.reset();
		return collected.values();
	}

	#load(): Promise<Registry> {
		this.#registry ??= this.#makeRegistry();
		this.#registry.catch(() => {
			// The next request tries again.
			this.#registry = undefined;
		});
		return this.#registry;
	}

	// Loaded on the first request: most daemons are never asked, and start faster without it.
	async #makeRegistry(): Promise<Registry> {
		const { collectDefaultMetrics, Registry } = await import("prom-client");
		const registry = new Registry();
		collectDefaultMetrics({ register: registry });
		this.#eventLoop ??= monitorEventLoopDelay({ resolution: RESOLUTION_MS });
		this.#eventLoop.enable();
		return registry;
	}
}

interface Collected {
	readonly info: MetricInfo;
	readonly values: { readonly labels: object; readonly value: number; readonly metricName?: string }[];
}

function buckets({ name, counts, sumSeconds }: Latency): Collected {
	let total = 0;
	const values = counts.map((count, at) => {
		total += count;
		return { metricName: `xmlsocket_${name}_bucket`, labels: { le: LATENCY_BOUNDS[at] ?? "+Inf" }, value: total };
	});
	return {
		info: metricNamed(name),
		values: [
			...values,
			{ metricName: `xmlsocket_${name}_sum`, labels: {}, value: sumSeconds },
			{ metricName: `xmlsocket_${name}_count`, labels: {}, value: total },
		],
	};
}

/** Answers with the numbers in the Prometheus format. Rejects where they cannot be collected. */
export async function sendMetrics(metrics: Metrics, response: ServerResponse): Promise<void> {
	const { type, body } = await metrics.page();
	answer(response, 200, body, type);
}

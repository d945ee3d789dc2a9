// Latencies in Node's own HDR histograms: three digits from a microsecond to an hour, in memory that does not grow. Each second has its own
// histogram, which is added to that of the whole step.

import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { BenchLatency, BenchSample } from "./report.ts";

const HOUR_US = 3_600_000_000;
const CHART_PERCENTILES = [0.1, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999, 100];

/** The latencies of one step. */
export class LatencyRecord {
	readonly samples: BenchSample[] = [];
	readonly #all: RecordableHistogram = histogram();
	readonly #second: RecordableHistogram = histogram();

	/** Adds one latency, in microseconds. */
	add(us: number): void {
		this.#second.record(Math.max(1, Math.min(us, HOUR_US)));
	}

	/** Ends a part of the step. */
	endSample(atSeconds: number, messagesPerSecond: number, deliveriesPerSecond: number): void {
		this.samples.push({ atSeconds, messagesPerSecond, deliveriesPerSecond, latencyMs: latencyOf(this.#second) });
		this.#collect();
	}

	/** All latencies so far. */
	latency(): BenchLatency | undefined {
		this.#collect();
		return latencyOf(this.#all);
	}

	/** Pairs of a percentile and its latency, for a chart. */
	percentiles(): (readonly [number, number])[] {
		this.#collect();
		return this.#all.count === 0
			? []
			: CHART_PERCENTILES.map((percentile) => [percentile, this.#all.percentile(percentile) / 1000] as const);
	}

	#collect(): void {
		if (this.#second.count === 0) return;
		this.#all.add(this.#second);
		this.#second.reset();
	}
}

function histogram(): RecordableHistogram {
	return createHistogram({ lowest: 1, highest: HOUR_US, figures: 3 });
}

function latencyOf(record: RecordableHistogram): BenchLatency | undefined {
	if (record.count === 0) return undefined;
	const at = (percentile: number): number => record.percentile(percentile) / 1000;
	return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: record.max / 1000 };
}

// The counters of workers that have ended, as the last request for metrics has seen them. They are added to those of the others: a sum that falls when a
// worker ends would look like a restart of the daemon, and everything that was counted before would count as new.

interface Value {
	readonly labels: object;
	readonly metricName?: string;
	value: number;
}

interface JsonMetric {
	readonly name: string;
	readonly type: string;
	readonly aggregator?: string;
	readonly values: readonly Value[];
}

/** What is left of workers that have ended. */
export class PastCounters<Worker extends object> {
	/** What each worker that runs has answered last. */
	readonly #last = new Map<Worker, string>();
	readonly #sums = new Map<string, { readonly metric: JsonMetric; readonly values: Map<string, Value> }>();

	/** A worker has answered a request for metrics. @param text as `Metrics.json` gives it. */
	answered(worker: Worker, text: string): void {
		this.#last.set(worker, text);
	}

	/** A worker has ended. */
	ended(worker: Worker): void {
		const text = this.#last.get(worker);
		if (text === undefined) return;
		this.#last.delete(worker);
		for (const metric of JSON.parse(text) as JsonMetric[]) {
			if (metric.type !== "counter" && metric.type !== "histogram") continue;
			let sum = this.#sums.get(metric.name);
			if (!sum) {
				sum = { metric, values: new Map() };
				this.#sums.set(metric.name, sum);
			}
			for (const value of metric.values) {
				const key = `${value.metricName} ${JSON.stringify(value.labels)}`;
				const known = sum.values.get(key);
				if (known) known.value += value.value;
				else sum.values.set(key, { ...value });
			}
		}
	}

	/** The sums, in the form of prom-client. */
	get metrics(): object[] {
		return [...this.#sums.values()].map(({ metric, values }) => ({ ...metric, values: [...values.values()] }));
	}
}

// The server's numbers: counted in plain fields where they arise, and given out in the Prometheus format when asked for.

import type { ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import { answer } from "./http-answers.ts";
import type { LabelledCount } from "./http-routes.ts";

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
	#page: Promise<Page> | undefined = undefined;
	readonly #gauges: () => Record<string, number>;
	readonly #further: readonly LabelledCount[];

	/**
	 * @param gauges the numbers of this moment, by metric name.
	 * @param further counters of others who answer on the port.
	 */
	constructor(gauges: () => Record<string, number>, further: readonly LabelledCount[] = []) {
		this.#gauges = gauges;
		this.#further = further;
	}

	/** Counts one. */
	count(counts: Map<string, number>, key: string): void {
		counts.set(key, (counts.get(key) ?? 0) + 1);
	}

	/** The page of `/metrics` and its content type. */
	async page(): Promise<{ type: string; body: string }> {
		const { registry, setGauge } = await this.#load();
		for (const [name, value] of Object.entries(this.#gauges())) setGauge(name, value);
		return { type: registry.contentType, body: await registry.metrics() };
	}

	#load(): Promise<Page> {
		this.#page ??= this.#makePage();
		this.#page.catch(() => {
			// The next request tries again.
			this.#page = undefined;
		});
		return this.#page;
	}

	// Loaded on the first request: most daemons are never asked, and start faster without it.
	async #makePage(): Promise<Page> {
		const { collectDefaultMetrics, Counter, Gauge, Registry } = await import("prom-client");
		const registry = new Registry();
		collectDefaultMetrics({ register: registry });
		const byLabel = (name: string, help: string, label: string, counts: ReadonlyMap<string, number>): void => {
			new Counter({
				name,
				help,
				labelNames: [label],
				registers: [registry],
				collect() {
					this.reset();
					for (const [key, value] of counts) this.inc({ [label]: key }, value);
				},
			});
		};
		byLabel("xmlsocket_accepted_total", "Connections accepted", "protocol", this.accepted);
		byLabel("xmlsocket_refused_total", "Connections and documents refused or cut", "reason", this.refused);
		for (const { name, help, label, values } of this.#further) byLabel(name, help, label, values);
		const gauges = new Map<string, { set(value: number): void }>();
		const setGauge = (name: string, value: number): void => {
			let gauge = gauges.get(name);
			if (!gauge) {
				gauge = new Gauge({ name: `xmlsocket_${name}`, help: name.replaceAll("_", " "), registers: [registry] });
				gauges.set(name, gauge);
			}
			gauge.set(value);
		};
		return { registry, setGauge };
	}
}

interface Page {
	readonly registry: Registry;
	setGauge(name: string, value: number): void;
}

/** Answers with the numbers in the Prometheus format. Rejects where they cannot be collected. */
export async function sendMetrics(metrics: Metrics, response: ServerResponse): Promise<void> {
	const { type, body } = await metrics.page();
	answer(response, 200, body, type);
}

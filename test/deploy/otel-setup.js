// An OpenTelemetry SDK that prints what it gets to standard error, as an operator's own set-up would send it to a collector.

import { metrics, trace } from "@opentelemetry/api";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

/** @param {object} value */
const print = (value) => process.stderr.write(`otel ${JSON.stringify(value)}\n`);

const exporter = {
	/** @param {any} resource @param {(result: { code: number }) => void} done */
	export(resource, done) {
		for (const { metrics } of resource.scopeMetrics) {
			for (const { descriptor, dataPoints } of metrics) {
				for (const { attributes, value } of dataPoints) print({ metric: descriptor.name, attributes, value });
			}
		}
		done({ code: 0 });
	},
	forceFlush: async () => {},
	shutdown: async () => {},
};
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 200, exportTimeoutMillis: 100 });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
const spans = {
	/** @param {any[]} list @param {(result: { code: number }) => void} done */
	export(list, done) {
		for (const { name, attributes, status } of list) print({ span: name, attributes, status });
		done({ code: 0 });
	},
	shutdown: async () => {},
};
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));

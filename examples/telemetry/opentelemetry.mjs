// @ts-check
// Sends what happens in the daemon to OpenTelemetry: counters, a histogram, and a span for each connection. Load it together with your own set-up of
// an OpenTelemetry SDK:
//
//   node --import ./otel-setup.js --import ./examples/telemetry/opentelemetry.mjs node_modules/xmlsocket/dist/cli/main.js serve
//
// Without an SDK the calls do nothing. docs/guide/observability.md describes the events.

import diagnostics from "node:diagnostics_channel";
import { metrics, SpanStatusCode, trace } from "@opentelemetry/api";

const meter = metrics.getMeter("xmlsocket");
const connections = meter.createUpDownCounter("xmlsocket.connections", { unit: "{connection}" });
const refusals = meter.createCounter("xmlsocket.refusals", { unit: "{refusal}" });
const deliveries = meter.createCounter("xmlsocket.deliveries", { unit: "{message}" });
const commits = meter.createHistogram("xmlsocket.commit.duration", { unit: "ms" });
const tracer = trace.getTracer("xmlsocket");

/**
 * Subscribes with the types of the package.
 *
 * @template {keyof import("xmlsocket/server").DiagnosticsEvents} Name
 * @param {Name} name
 * @param {(event: import("xmlsocket/server").DiagnosticsEvents[Name]) => void} listener
 */
function subscribe(name, listener) {
	diagnostics.subscribe(name, (event) =>
		listener(/** @type {import("xmlsocket/server").DiagnosticsEvents[Name]} */ (event)),
	);
}

/** The spans of open connections. The daemon bounds their number. */
const spans = new Map();

subscribe("xmlsocket:connection:open", ({ id, remoteAddress, transport }) => {
	connections.add(1, { transport });
	const attributes = { "client.address": remoteAddress, "network.transport": transport };
	spans.set(id, tracer.startSpan("connection", { attributes }));
});
subscribe("xmlsocket:connection:close", ({ id, transport, code, documents }) => {
	connections.add(-1, { transport });
	const span = spans.get(id);
	spans.delete(id);
	span?.setAttribute("xmlsocket.documents", documents);
	if (code !== undefined) span?.setStatus({ code: SpanStatusCode.ERROR, message: code });
	span?.end();
});
// Rooms and names are no attributes of metrics: clients choose them, and each value would be a series of its own.
subscribe("xmlsocket:refusal", ({ reason }) => refusals.add(1, { reason }));
subscribe("xmlsocket:message:stored", ({ ms }) => commits.record(ms));
subscribe("xmlsocket:message:delivered", ({ receivers }) => deliveries.add(receivers));

// Every metric of this package: its name, its type, and what it says. docs/operating.md lists the same; a test compares the two, and
// both with the pages of running daemons.

/** One metric. */
export interface MetricInfo {
	/** Without the `xmlsocket_` in front. */
	readonly name: string;
	readonly type: "counter" | "gauge" | "histogram";
	readonly help: string;
	/** Its label, if it has one. */
	readonly label?: string;
	/** How the numbers of several workers become one. Default: their sum. */
	readonly together?: "max" | "min" | "omit";
}

const counter = (name: string, help: string, label?: string): MetricInfo => ({
	name,
	type: "counter",
	help,
	...(label === undefined ? {} : { label }),
});
const gauge = (name: string, help: string, more: Partial<MetricInfo> = {}): MetricInfo => ({
	name,
	type: "gauge",
	help,
	...more,
});
const histogram = (name: string, help: string): MetricInfo => ({ name, type: "histogram", help });

/** All metrics, in the order of the page. */
export const METRICS: readonly MetricInfo[] = [
	gauge("connections", "Connections of any kind that are open"),
	counter("accepted_total", "Connections accepted, by what they turned out to be", "protocol"),
	counter("refused_total", "Connections and documents refused, and clients disconnected, by reason", "reason"),
	gauge("ready", "1 while new clients are accepted and nothing is wrong, as /readyz says; otherwise 0", {
		together: "min",
	}),
	gauge("peers", "Connections whose documents the application handles"),
	counter("documents_received_total", "Documents received, empty ones not counted"),
	counter("documents_empty_total", "Empty documents received"),
	gauge("outbox_bytes", "Bytes that wait for clients to read them"),
	gauge("held_bytes", "Bytes that are held for all clients, compared with memoryCeilingBytes"),
	gauge("event_loop_delay_seconds", "Delay of the event loop since the last request for metrics", {
		label: "quantile",
		together: "max",
	}),
	counter("log_lines_dropped_total", "Log lines that nobody read and that were dropped"),
	gauge("rooms", "Rooms of a program that handles connections itself"),
	gauge("chat_clients", "Clients of the chat"),
	gauge("chat_rooms", "Rooms of the chat that are open", { together: "max" }),
	counter("chat_messages_total", "Messages accepted in rooms, those of other daemons included"),
	counter("chat_deliveries_total", "Messages passed to members of rooms, once for each member"),
	counter("chat_duplicates_total", "Messages that were sent again and are stored once"),
	counter("chat_refused_total", "Documents of chat clients that were refused with an error"),
	counter("chat_unreadable_total", "Entries of the log that hold no message that can be sent"),
	gauge("chat_bans", "Bans in force", { together: "max" }),
	gauge("chat_mutes", "Mutes in force", { together: "max" }),
	gauge("chat_records_unsaved", "Bans, mutes, topics and settings that wait for their storage"),
	gauge("chat_records_unreadable", "Records of bans, mutes, topics and settings that cannot be read", {
		together: "max",
	}),
	histogram("chat_delivery_seconds", "From the receipt of a message to its writing to the members connected here"),
	histogram("chat_commit_seconds", "From the receipt of a message of a stored room to its commit in the log"),
	gauge("chat_nodes", "Daemons of the cluster that run, this one included", { together: "max" }),
	gauge("chat_remote_clients", "Clients that are connected to other daemons", { together: "omit" }),
	counter("chat_live_dropped_total", "Messages of live rooms that did not reach other daemons"),
	counter("chat_bus_dropped_total", "Messages of other daemons that were dropped, by reason", "reason"),
	gauge("relay_clients", "Clients of the relay"),
	counter("relay_documents_total", "Documents relayed"),
	counter("relay_dropped_total", "Documents of the relay that did not reach other workers"),
	gauge("gateway_connections", "Bridges of the gateway that are open"),
	counter("gateway_ended_total", "Bridges ended", "cause"),
	counter("gateway_refused_total", "WebSockets refused", "reason"),
	counter("gateway_bytes_total", "Bytes carried", "to"),
	gauge("asc_clients", "Clients of scripts"),
	counter("asc_errors_total", "Exceptions of scripts"),
	counter("asc_restarts_total", "Applications that were started again"),
	gauge("forwarded_clients", "Clients whose application runs in another worker"),
	counter("forwarded_clients_dropped_total", "Clients disconnected because a worker did not take what was sent to it"),
	gauge("workers", "Workers that serve clients"),
	counter("workers_replaced_total", "Workers that ended and were replaced"),
	counter("bus_relayed_total", "Messages between workers"),
	gauge("primary_resident_memory_bytes", "Resident memory of the primary process"),
	gauge("primary_heap_used_bytes", "Heap in use in the primary process"),
];

const byName = new Map(METRICS.map((info) => [info.name, info]));

/** The metric that a number of `stats()` belongs to, and the value of its label. A program's own number is a gauge. */
export function metricOf(key: string): { readonly info: MetricInfo; readonly label?: string } {
	const info = byName.get(key) ?? byName.get(`${key}_total`);
	if (info) return { info };
	const [, name = "", label = ""] = /^(chat_bus_dropped)_(.+)$/.exec(key) ?? [];
	const labelled = byName.get(`${name}_total`);
	if (labelled) return { info: labelled, label };
	return { info: gauge(key, key.replaceAll("_", " ")) };
}

/** A metric of the table. */
export function metricNamed(name: string): MetricInfo {
	return byName.get(name)!;
}

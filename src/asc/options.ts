// The options of the script host: one schema. An application's own Application.xml wins over the two that it can name, too.

import * as v from "valibot";
import { bytes, count, described, milliseconds } from "../options/index.ts";

/** The schema. */
export const ascSchema = v.strictObject({
	scriptTimeoutMs: v.optional(
		described(
			milliseconds(),
			"stop an application whose script runs for so long in one call; 0: never; MaxTimeOut of Application.xml wins",
			"--script-timeout <ms>",
		),
		5000,
	),
	scriptHeapMiB: v.optional(
		described(
			v.pipe(v.number(), v.integer(), v.minValue(16), v.maxValue(4096)),
			"heap of one application, in MiB; 16 more than RuntimeSize of Application.xml, where that is given",
			"--script-heap <mib>",
		),
		64,
	),
	connectWaitMs: v.optional(
		described(
			milliseconds(),
			"how long a silent client may take to say <connect> before it counts as connected without",
		),
		1000,
	),
	maxQueuedDocuments: v.optional(
		described(count(), "documents that may wait for one application's scripts; past it their sender is cut"),
		10_000,
	),
	scriptRestartMs: v.optional(
		described(
			milliseconds(10),
			"wait before an application that failed is started again; doubles each time, to at most 32 times as long",
		),
		1000,
	),
	httpHosts: v.optional(
		described(
			v.array(v.pipe(v.string(), v.minLength(1))),
			"hosts that scripts may load from over HTTP, each for any port or as host:port; none named: every host",
			"--http-host <host...>",
		),
		[],
	),
	httpTimeoutMs: v.optional(
		described(milliseconds(1), "how long an HTTP request of a script may take, redirects and answer included"),
		20_000,
	),
	maxHttpBytes: v.optional(described(bytes(1024), "longest answer to an HTTP request of a script"), 16 * 1024 * 1024),
	watch: v.optional(
		described(
			v.boolean(),
			"run an application again when one of its files changes; its clients stay connected",
			"--watch",
		),
		false,
	),
});

/** What the script host takes; every option has a default. */
export type AscOptions = v.InferInput<typeof ascSchema>;
/** The same with the defaults filled in. */
export type AscSettings = v.InferOutput<typeof ascSchema>;

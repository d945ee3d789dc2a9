// The options of the script host: one schema. The Application.xml of an application overrides the two options that it can set.

import * as v from "valibot";
import { bytes, count, described, milliseconds } from "../options/index.ts";

/** The schema of the options, for the command line and the configuration file. */
export const ascSchema = v.strictObject({
	scriptTimeoutMs: v.optional(
		described(
			milliseconds(),
			"stop an application when one call of its script runs this long; 0: never; MaxTimeOut of Application.xml overrides it",
			"--script-timeout <ms>",
		),
		5000,
	),
	scriptHeapMiB: v.optional(
		described(
			v.pipe(v.number(), v.integer(), v.minValue(16), v.maxValue(4096)),
			"heap of one application, in MiB; RuntimeSize of Application.xml plus 16 overrides it",
			"--script-heap <mib>",
		),
		64,
	),
	connectWaitMs: v.optional(
		described(
			milliseconds(),
			"how long to wait for the <connect> of a silent client before it counts as connected without one",
		),
		1000,
	),
	maxQueuedDocuments: v.optional(
		described(
			count(),
			"documents that may wait for one application's scripts before all senders are read more slowly; at twice as many the client with the most is disconnected",
		),
		10_000,
	),
	scriptRestartMs: v.optional(
		described(milliseconds(10), "wait before a failed application restarts; doubles each time, up to 32 times as long"),
		1000,
	),
	httpHosts: v.optional(
		described(
			v.array(v.pipe(v.string(), v.minLength(1))),
			"hosts that scripts may load from over HTTP, each for any port or as host:port; default: every host",
			"--http-host <host...>",
		),
		[],
	),
	httpTimeoutMs: v.optional(
		described(milliseconds(1), "time limit of a script's HTTP request, redirects and response included"),
		20_000,
	),
	maxHttpBytes: v.optional(
		described(bytes(1024), "longest response to an HTTP request of a script, in bytes"),
		16 * 1024 * 1024,
	),
	watch: v.optional(
		described(
			v.boolean(),
			"restart an application's scripts when one of its files changes; its clients stay connected",
			"--watch",
		),
		false,
	),
});

/** The options of the script host; each has a default. */
export type AscOptions = v.InferInput<typeof ascSchema>;
/** The options with all defaults filled in. */
export type AscSettings = v.InferOutput<typeof ascSchema>;

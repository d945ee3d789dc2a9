// The options of `play`: the movie's targets and variables, and how the page is shown.

import * as v from "valibot";
import { gatewaySchema } from "../gateway/options.ts";
import { described } from "../options/index.ts";
import { serverSchema } from "../server/options.ts";
import { serveSchema } from "./serve-schema.ts";

const { dialTimeoutMs, learn } = gatewaySchema.entries;

/** The schema of the options, for the command line and the configuration file. */
export const playSchema = v.strictObject({
	allow: v.optional(
		described(
			v.array(v.string()),
			"what the movie may reach: [NAME=]HOST:PORT; NAME is another host name for the target",
			"--allow <[name=]host:port...>",
		),
		[],
	),
	param: v.optional(
		described(
			v.array(v.pipe(v.string(), v.regex(/^[^=]+=/, "NAME=VALUE"))),
			"FlashVars of the movie",
			"--param <name=value...>",
		),
		[],
	),
	open: v.optional(described(v.boolean(), "do not open the browser", "--no-open"), true),
	port: v.optional(
		described(
			v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65535)),
			"port of the page; 0: any free one, which loses the data that the movie saved",
			"-p, --port <n>",
		),
		9001,
	),
	dialTimeoutMs,
	learn,
	record: v.optional(
		described(v.string(), "record the documents of the movie's sockets in this new file, as NDJSON", "--record <file>"),
	),
	encoding: serverSchema.entries.encoding,
	logLevel: v.optional(
		described(
			v.picklist(["silent", "error", "warn", "info", "debug"]),
			"log lines of this level and above, on standard error",
			"--log-level <level>",
		),
		"warn",
	),
	logFormat: serveSchema.entries.logFormat,
});

/** The options with their defaults. */
export type PlaySettings = v.InferOutput<typeof playSchema>;

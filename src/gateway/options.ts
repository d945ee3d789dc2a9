// The gateway's options: one schema, like the server's. Sizes are in bytes, times in milliseconds.

import * as v from "valibot";
import { checkOptions, described } from "../options/index.ts";

const milliseconds = (minimum: number) => v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(2 ** 31 - 1));

/** The schema of the options. Each entry describes its option, and names its command-line flag if `--help` lists one. */
export const gatewaySchema = v.strictObject({
	targets: v.optional(
		described(
			v.array(v.string()),
			"what pages may reach: [NAME=]HOST:PORT, optionally with ?encoding=gbk or ?private=yes",
			"--target <[name=]host:port...>",
		),
		[],
	),
	dialTimeoutMs: v.optional(
		described(
			milliseconds(1),
			"time limit to connect to a target, look-up of its name included",
			"--dial-timeout <ms>",
		),
		10_000,
	),
	learn: v.optional(
		described(
			v.pipe(v.string(), v.nonEmpty()),
			"record every refused host and port in this configuration file",
			"--learn <file>",
		),
	),
	maxMessageBytes: v.optional(
		described(
			v.pipe(v.number(), v.integer(), v.minValue(1024), v.maxValue(1 << 30)),
			"longest WebSocket message from a page to a target, in bytes",
		),
		8 * 1024 * 1024,
	),
});

/** The gateway's own options, and those of the server that bridges use. */
const gatewayOptionsSchema = v.strictObject({
	...gatewaySchema.entries,
	encoding: v.optional(v.string(), "utf-8"),
	maxDocumentBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(64)), 262_144),
	pingIntervalMs: v.optional(milliseconds(0), 30_000),
	unreadOutputTimeoutMs: v.optional(milliseconds(0), 60_000),
	lingerMs: v.optional(milliseconds(0), 5000),
});

/**
 * The options of `createGateway`; each has a default. `encoding` is the encoding of targets that do not name one. The others have the same
 * meaning as for a server, and should have the same values.
 */
export type GatewayOptions = v.InferInput<typeof gatewayOptionsSchema>;
/** The options with all defaults filled in. */
export type GatewaySettings = v.InferOutput<typeof gatewayOptionsSchema>;

/** Checks options and fills in the defaults. @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID */
export function gatewaySettings(options: GatewayOptions): GatewaySettings {
	const settings = checkOptions(gatewayOptionsSchema, options);
	// A list with commas in one entry, as in an environment variable.
	const targets = settings.targets.flatMap((entry) => entry.split(",").map((target) => target.trim()));
	return { ...settings, targets };
}

/** The names of the options that the gateway and its server share. */
export const sharedKeys: readonly string[] = [
	"maxDocumentBytes",
	"pingIntervalMs",
	"unreadOutputTimeoutMs",
	"lingerMs",
];

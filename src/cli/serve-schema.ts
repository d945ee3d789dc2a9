// The options of `serve`: the server's, the chat's, the gateway's, and the few that decide which of them runs.

import * as v from "valibot";
import { adminSchema } from "../admin/options.ts";
import { ascSchema } from "../asc/options.ts";
import { chatSchema } from "../chat/options.ts";
import { gatewaySchema } from "../gateway/options.ts";
import { siteSchema } from "../gateway/site/options.ts";
import { described } from "../options/index.ts";
import { serverSchema } from "../server/options.ts";

// The tokens come from their file; the limits that welcome announces are the server's own.
const { tokens: _tokens, ...chatEntries } = chatSchema.entries;

/** More than the cores of the largest machines in use; each worker exchanges its presence with every other. */
export const MAX_WORKERS = 64;

/** The schema of the daemon's flags, variables and configuration file. */
export const serveSchema = v.strictObject({
	...chatEntries,
	...serverSchema.entries,
	data: v.optional(
		described(v.pipe(v.string(), v.nonEmpty()), "folder of the stored rooms' messages", "--data <dir>"),
		"xmlsocket-data",
	),
	memory: v.optional(
		described(v.boolean(), "keep stored rooms in memory: they end with the process", "--memory"),
		false,
	),
	retain: v.optional(
		described(
			v.array(v.string()),
			"what a stored room keeps, each by its unit: 100000 (messages), 30d (also h, m), 512MiB (also KiB, GiB); default: 1000000 1GiB",
			"--retain <count|age|bytes...>",
		),
		[],
	),
	nats: v.optional(
		described(
			v.array(v.string()),
			"share rooms, names and history with other daemons on these NATS servers: nats://host:4222, several with commas; replaces --data",
			"--nats <url...>",
		),
		[],
	),
	replicas: v.optional(
		described(
			v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(5)),
			"with --nats: number of NATS servers that keep a copy of stored rooms",
			"--replicas <n>",
		),
		1,
	),
	natsStorage: v.optional(
		described(v.picklist(["file", "memory"]), "with --nats: where those servers keep stored rooms"),
		"file",
	),
	workers: v.optional(
		described(
			v.union([v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_WORKERS)), v.picklist(["auto"])]),
			"processes that share the port and serve its clients; auto: one for each core that it can use",
			"--workers <n|auto>",
		),
		1,
	),
	app: v.optional(
		described(
			v.array(v.pipe(v.string(), v.nonEmpty())),
			"no chat: these Server-Side ActionScript applications, each a folder with main.asc or a script; or one module in JavaScript (.mjs)",
			"--app <path...>",
		),
		[],
	),
	...ascSchema.entries,
	...siteSchema.entries,
	...gatewaySchema.entries,
	relay: v.optional(
		described(v.string(), "no chat: every document goes unchanged to all other clients of this room", "--relay [room]"),
	),
	tokenFile: v.optional(
		described(
			v.string(),
			"require tokens: a file with lines TOKEN NAME [operator]; reloaded on change",
			"--token-file <file>",
		),
	),
	loginKeys: v.optional(
		described(
			v.pipe(v.string(), v.nonEmpty()),
			"let a web site's login give the names: a file with the keys of its tokens; reloaded on change",
			"--login-keys <file>",
		),
	),
	...adminSchema.entries,
	logLevel: v.optional(
		described(
			v.picklist(["silent", "error", "warn", "info", "debug"]),
			"log lines of this level and above, on standard error",
			"--log-level <level>",
		),
		"info",
	),
	logFormat: v.optional(
		described(
			v.picklist(["auto", "json", "pretty"]),
			"form of log lines; auto: pretty, for people, on a terminal, and JSON otherwise",
			"--log-format <format>",
		),
		"auto",
	),
});

/** The options with their defaults. */
export type ServeSettings = v.InferOutput<typeof serveSchema>;

/** The keys of the server's options. */
export const serverKeys: readonly string[] = Object.keys(serverSchema.entries);
/** The keys of the chat's options. */
export const chatKeys: readonly string[] = Object.keys(chatEntries);
/** The keys of the script host's options. */
export const ascKeys: readonly string[] = Object.keys(ascSchema.entries);

// The options of `run`: the server's and the script host's. All are also keys of the daemon's configuration file.

import * as v from "valibot";
import { ascSchema } from "../asc/options.ts";
import { serverSchema } from "../server/options.ts";
import { serveSchema } from "./serve-schema.ts";

/** The schema of its flags, variables and configuration file. */
export const runSchema = v.strictObject({
	...ascSchema.entries,
	...serverSchema.entries,
	workers: serveSchema.entries.workers,
	logLevel: serveSchema.entries.logLevel,
	logFormat: serveSchema.entries.logFormat,
});

/** The options with their defaults. */
export type RunSettings = v.InferOutput<typeof runSchema>;

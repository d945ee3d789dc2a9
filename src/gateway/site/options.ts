// The options of a site that a server serves.

import * as v from "valibot";
import { described } from "../../options/index.ts";

/** The schema of the options, for the command line and the configuration file. */
export const siteSchema = v.strictObject({
	web: v.optional(
		described(
			v.pipe(v.string(), v.nonEmpty()),
			"serve this folder, and insert ruffle.js and the configuration of its sockets into the pages",
			"--web <folder>",
		),
	),
	inject: v.optional(described(v.boolean(), "do not change the pages of --web", "--no-inject"), true),
});

// The options of a site served beside the sockets.

import * as v from "valibot";
import { described } from "../../options/index.ts";

/** The schema. */
export const siteSchema = v.strictObject({
	web: v.optional(
		described(
			v.pipe(v.string(), v.nonEmpty()),
			"serve this folder, with Flash content ready to run: ruffle.js and its sockets go into the pages",
			"--web <folder>",
		),
	),
	inject: v.optional(described(v.boolean(), "leave the pages of --web as they are", "--no-inject"), true),
});

// The option of the admin API.

import * as v from "valibot";
import { described } from "../options/index.ts";

/** The schema of the option. */
export const adminSchema = v.strictObject({
	adminTokenFile: v.optional(
		described(
			v.pipe(v.string(), v.nonEmpty()),
			"answer the admin API, for the tokens of this file: lines TOKEN NAME; default: there is no admin API",
			"--admin-token-file <file>",
		),
	),
});

// The options of the server in a page: the daemon's limits, and the address it is known by there.

import * as v from "valibot";
import { checkOptions, count, described, documentLimits, rateLimits, readerLimits } from "../options/index.ts";

/** The schema of the options. A page's own connections can neither go silent nor be half open, so there is no idle limit and no ping. */
export const pageServerSchema = v.strictObject({
	host: v.optional(
		described(
			v.pipe(
				v.string(),
				v.regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+invalid$/, "a host name in lower case that ends with .invalid"),
			),
			"the made-up host of its address; names that end with .invalid exist nowhere else",
		),
		"xmlsocket.invalid",
	),
	maxConnections: v.optional(described(count(), "connections in all"), 1000),
	...documentLimits(),
	...readerLimits(),
	...rateLimits(),
});

/** What `createPageServer` accepts besides the application; every option has a default. */
export type PageServerOptions = v.InferInput<typeof pageServerSchema>;
/** The options with all defaults filled in. */
export type PageServerSettings = v.InferOutput<typeof pageServerSchema>;

/**
 * Checks options and fills in the defaults.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID (all mistakes in one message).
 */
export function pageServerSettings(options: PageServerOptions): PageServerSettings {
	return checkOptions(pageServerSchema, options);
}

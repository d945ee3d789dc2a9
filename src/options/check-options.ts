// What all schemas of options share: words and a flag on each entry, and a check that tells every mistake at once. The schemas
// themselves stand with what they configure.

import * as v from "valibot";
import { nearestName, XMLSocketError } from "../errors/index.ts";

/** An object schema with its entries. */
export type OptionsSchema = v.GenericSchema & { readonly entries: Record<string, v.GenericSchema> };

/** Adds words and, where there is one, the command-line flag to an option's schema. */
export const described = <Schema extends v.GenericSchema>(schema: Schema, about: string, flag?: string) =>
	v.pipe(
		schema,
		v.metadata<v.InferOutput<Schema>, { about: string; flag?: string }>(
			flag === undefined ? { about } : { about, flag },
		),
	);

/**
 * Checks options and fills in the defaults.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, or XMLSOCKET_OPTION_INVALID, with all mistakes in one message, and the nearest name for
 * an unknown one.
 */
export function checkOptions<Schema extends OptionsSchema>(schema: Schema, options: unknown): v.InferOutput<Schema> {
	const result = v.safeParse(schema, options);
	if (result.success) return result.output;
	let unknown = false;
	const lines = result.issues.map((issue) => {
		const key = v.getDotPath(issue) ?? "";
		if (issue.type === "strict_object" && issue.expected === "never" && key !== "") {
			unknown = true;
			const near = nearestName(key, Object.keys(schema.entries));
			return `There is no option "${key}"${near ? `; did you mean "${near}"?` : "."}`;
		}
		return `Option "${key}": ${issue.message}${issue.message.endsWith(".") ? "" : "."}`;
	});
	throw new XMLSocketError(unknown ? "XMLSOCKET_OPTION_UNKNOWN" : "XMLSOCKET_OPTION_INVALID", lines.join("\n"));
}

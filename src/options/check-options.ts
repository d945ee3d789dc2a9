// What all schemas of options share: a description and a flag on each entry, and a check that reports every mistake at once. The
// schemas themselves are with what they configure.

import * as v from "valibot";
import { nearestName, XMLSocketError } from "../errors/index.ts";
import { allowedValues } from "./allowed-values.ts";

/** An object schema with its entries. */
export type OptionsSchema = v.GenericSchema & { readonly entries: Record<string, v.GenericSchema> };

/** Adds a description and, where there is one, the command-line flag to an option's schema. */
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
 * @param nameOf how a message names an option, for example `--port`. Default: `The option port`.
 * @throws XMLSOCKET_OPTION_INVALID, or XMLSOCKET_OPTION_UNKNOWN where unknown names are the only mistakes. One error lists all
 * mistakes, each on its own line, with the nearest name for an unknown one.
 */
export function checkOptions<Schema extends OptionsSchema>(
	schema: Schema,
	options: unknown,
	nameOf: (key: string) => string = (key) => `The option ${key}`,
): v.InferOutput<Schema> {
	const result = v.safeParse(schema, options, { abortPipeEarly: true });
	if (result.success) return result.output;
	// Valibot reports only the first unknown name.
	const known = Object.keys(schema.entries);
	const unknown = Object.keys(Object(options))
		.filter((key) => !known.includes(key))
		.map((key) => {
			const near = nearestName(key, known);
			return `There is no option "${key}"${near ? `; did you mean "${near}"?` : "."}`;
		});
	const mistakes = result.issues.filter(
		(issue) => issue.path === undefined || known.includes(String(issue.path[0].key)),
	);
	const invalid = mistakes.map((issue) => {
		const [first, entry] = issue.path ?? [];
		if (first === undefined) return `The options must be an object, but are ${shown(issue.input)}.`;
		const key = String(first.key);
		const allowed = allowedValues(entry === undefined ? schema.entries[key]! : itemOf(schema.entries[key]!), key);
		const value = shown(issue.input);
		return entry === undefined
			? `${nameOf(key)} must be ${allowed}, but is ${value}.`
			: `${nameOf(key)} has the entry ${value}, but each entry must be ${allowed}.`;
	});
	throw new XMLSocketError(
		invalid.length > 0 ? "XMLSOCKET_OPTION_INVALID" : "XMLSOCKET_OPTION_UNKNOWN",
		[...invalid, ...unknown].join("\n"),
	);
}

interface ListSchema {
	readonly wrapped?: ListSchema;
	readonly item?: v.GenericSchema;
	readonly pipe?: readonly ListSchema[];
}

function itemOf(schema: v.GenericSchema): v.GenericSchema {
	let list = schema as ListSchema;
	while (!list.item) list = (list.wrapped ?? list.pipe?.[0])!;
	return list.item;
}

function shown(value: unknown): string {
	if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
	if (Array.isArray(value)) return "a list";
	return typeof value === "object" && value !== null ? "an object" : String(value);
}

// What an option's schema allows, in words for an error: "a whole number of bytes from 64 to 1073741824". It reads the schema, so that
// no schema repeats its own limits as text.

import type * as v from "valibot";

/** The parts of a schema, or of one of its checks, that the words come from. */
interface SchemaPart {
	readonly type: string;
	readonly message?: unknown;
	readonly requirement?: unknown;
	readonly options?: readonly unknown[];
	readonly wrapped?: SchemaPart;
	readonly item?: SchemaPart;
	readonly pipe?: readonly SchemaPart[];
}

/**
 * The words that follow "must be".
 *
 * @param name the option's name; its ending tells the unit of a number.
 */
export function allowedValues(schema: v.GenericSchema, name: string): string {
	return wordsFor(schema as unknown as SchemaPart, name);
}

function wordsFor(schema: SchemaPart, name: string): string {
	if (schema.wrapped) return wordsFor(schema.wrapped, name);
	const [first = schema, ...checks] = flattened(schema);
	const own = checks.find((check) => typeof check.message === "string");
	if (own) return String(own.message);
	const has = (type: string): boolean => checks.some((check) => check.type === type);
	const limits = (type: string): number[] =>
		checks.filter((check) => check.type === type).map((check) => Number(check.requirement));
	switch (first.type) {
		case "number": {
			const [least, most] = [Math.max(...limits("min_value")), Math.min(...limits("max_value"))];
			const range = `${Number.isFinite(least) ? ` from ${least}` : ""}${Number.isFinite(most) ? ` to ${most}` : ""}`;
			return `a ${has("integer") ? "whole " : ""}number${unitOf(name)}${range}`;
		}
		case "union":
			return (first.options ?? []).map((option) => wordsFor(option as SchemaPart, name)).join(", or ");
		case "boolean":
			return "true or false";
		case "picklist": {
			const values = (first.options ?? []).map(String);
			return values.length > 1 ? `${values.slice(0, -1).join(", ")} or ${values.at(-1)}` : values.join();
		}
		case "array":
			return "a list";
		case "string":
			return has("non_empty") || has("min_length") ? "a text that is not empty" : "a text";
		default:
			return "another value";
	}
}

// A schema and its checks, also where a described schema is part of another pipe.
function flattened(schema: SchemaPart): readonly SchemaPart[] {
	return schema.pipe ? schema.pipe.flatMap(flattened) : [schema];
}

function unitOf(name: string): string {
	if (name.endsWith("Ms")) return " of milliseconds";
	return name.endsWith("Bytes") ? " of bytes" : name.endsWith("MiB") ? " of MiB" : "";
}

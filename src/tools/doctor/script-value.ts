// The values that the reader of scripts knows. Objects are maps, so that no name of a page reaches an object's own properties.

/** A value that depends on more than the scripts' texts. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** A value. Objects are maps, so that no name of a page reaches an object's own properties. */
export type Value = string | number | boolean | null | undefined | typeof UNKNOWN | readonly Value[] | ValueMap;
export interface ValueMap extends ReadonlyMap<string, Value> {}

/** Whether a value is a text or a number. */
export function isPlain(value: Value): value is string | number {
	return typeof value === "string" || typeof value === "number";
}

/** The most items of a list. */
export const MAX_ITEMS = 10_000;
const MAX_CHARACTERS = 65_536;

/** The value, or UNKNOWN if it is so long that no page has it as a configuration. */
export function bounded(value: Value): Value {
	const isLong =
		typeof value === "string" ? value.length > MAX_CHARACTERS : Array.isArray(value) && value.length > MAX_ITEMS;
	return isLong ? UNKNOWN : value;
}

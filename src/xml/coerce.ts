// How ActionScript turns any value into a string, a number, an integer or a Boolean. Unlike JavaScript's own conversions
// these never throw: an object that cannot be converted has a printed form of its own, `[type Object]`.
// Implements docs/xml.md, "Construction" (string coercion, node types) and "Document properties" (status).

/** The text of `value`, as the player would print it. Never throws, also where `toString` does. */
export function toText(value: unknown): string {
	if (typeof value === "string") return value;
	if ((typeof value !== "object" || value === null) && typeof value !== "function") return String(value);
	try {
		const method = (value as { toString?: unknown }).toString;
		// JavaScript prints a function's source, the player does not.
		if (typeof method === "function" && method !== Function.prototype.toString) {
			const text: unknown = method.call(value);
			if (typeof text === "string") return text;
		}
	} catch {
		// A script's exception counts as "no string".
	}
	return typeof value === "function" ? "[type Function]" : "[type Object]";
}

/** The number of `value`: null, undefined and the empty string are NaN, an object counts by its `valueOf`. Never throws. */
export function toNumber(value: unknown): number {
	switch (typeof value) {
		case "number":
			return value;
		case "boolean":
			return value ? 1 : 0;
		case "string":
			return value.trim() === "" ? Number.NaN : Number(value);
		case "bigint":
			return Number(value);
		case "object":
		case "function":
			return value === null ? Number.NaN : numberOfObject(value);
		default:
			return Number.NaN;
	}
}

/** A node type: the integer part of the number, 0 where there is none. */
export function toNodeType(value: unknown): number {
	return toNumber(value) | 0;
}

/** A `status`: the integer part, or -2147483648 for what is no 32-bit number (Flash Player 10 and later). */
export function toStatus(value: unknown): number {
	const number = Math.trunc(toNumber(value));
	return number >= -2147483648 && number <= 2147483647 ? number | 0 : -2147483648;
}

function numberOfObject(value: object): number {
	try {
		const primitive: unknown = value.valueOf();
		return typeof primitive === "object" || typeof primitive === "function" ? Number.NaN : toNumber(primitive);
	} catch {
		return Number.NaN;
	}
}

/** Whether `value` can have properties of its own. */
export function isObject(value: unknown): value is object {
	return (typeof value === "object" && value !== null) || typeof value === "function";
}

// The functions and methods that the reader of scripts knows: those with which pages put addresses together. No function of a page is called.

import { isUrl, urlValue } from "./script-url.ts";
import { isPlain, UNKNOWN, type Value, type ValueMap } from "./script-value.ts";

/** The value of a call of a function by its name. */
export function call(path: string | undefined, values: readonly Value[]): Value {
	const [first, second] = values;
	if (path === "String" && isUrl(first)) return first.get("href");
	if (path === "String" && isPlain(first!)) return String(first);
	if ((path === "Number" || path === "parseInt") && isPlain(first!)) return Number.parseFloat(String(first));
	if (path === "encodeURIComponent" && isPlain(first!)) return encodeURIComponent(String(first));
	if (path === "URL" && typeof first === "string" && (second === undefined || typeof second === "string"))
		return urlValue(first, second);
	return UNKNOWN;
}

/** The value of a call of a method. @param path what it is called on, if that is a name */
export function method(value: Value, path: string | undefined, name: string, values: readonly Value[]): Value {
	const [first, second] = values;
	if (path === "JSON" && name === "parse" && typeof first === "string") return parsedJson(first);
	if (path === "Object" && name === "assign") return merged(values);
	if (path === "Object" && name === "freeze") return first;
	if (Array.isArray(value) && name === "includes") return has(value as readonly Value[], first);
	if (Array.isArray(value) && name === "concat") return concatenated(value as readonly Value[], values);
	if (value instanceof Map && name === "toString") return (value as ValueMap).get("href") ?? UNKNOWN;
	if (typeof value !== "string") return UNKNOWN;
	if (name === "toString" || name === "trim") return name === "trim" ? value.trim() : value;
	if (name === "toLowerCase") return value.toLowerCase();
	if (name === "concat" && values.every(isPlain)) return value + values.join("");
	if (name === "startsWith" && typeof first === "string") return value.startsWith(first);
	if (name === "includes" && typeof first === "string") return value.includes(first);
	if ((name === "replace" || name === "replaceAll") && typeof second === "string")
		return replaced(value, first, second, name === "replaceAll");
	return UNKNOWN;
}

function has(list: readonly Value[], value: Value): Value {
	if (value === UNKNOWN) return UNKNOWN;
	return list.includes(value) || (list.includes(UNKNOWN) ? UNKNOWN : false);
}

function concatenated(list: readonly Value[], values: readonly Value[]): Value {
	const all = [...list];
	for (const each of values) {
		if (Array.isArray(each)) all.push(...(each as readonly Value[]));
		else all.push(each);
	}
	return all;
}

function replaced(text: string, what: Value, by: string, all: boolean): Value {
	if (typeof what === "string") return all ? text.replaceAll(what, by) : text.replace(what, by);
	if (!(what instanceof Map)) return UNKNOWN;
	const source = (what as ValueMap).get("source");
	// A pattern of a page could take forever; those that are plain text with an anchor are enough for addresses.
	const plain = typeof source === "string" ? /^(\^?)([\w:/.\\?-]*?)(\$?)$/.exec(source) : null;
	if (!plain || typeof source !== "string" || /[?]/.test(plain[2]!.replace(/s\?/, ""))) return UNKNOWN;
	return text.replace(new RegExp(source), by);
}

function parsedJson(text: string): Value {
	try {
		return valueOfJson(JSON.parse(text));
	} catch {
		return UNKNOWN;
	}
}

/** A parsed JSON text as a value. */
function valueOfJson(json: unknown): Value {
	if (Array.isArray(json)) return json.map((each: unknown): Value => valueOfJson(each));
	if (typeof json === "object" && json !== null)
		return new Map(Object.entries(json).map(([key, value]) => [key, valueOfJson(value)]));
	return json as string | number | boolean | null;
}

function merged(values: readonly Value[]): Value {
	const all = new Map<string, Value>();
	for (const value of values) if (value instanceof Map) for (const [key, each] of value as ValueMap) all.set(key, each);
	return all;
}

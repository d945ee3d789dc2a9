// Addresses that scripts put together with the class URL: `new URL(path, location.href)`, whose protocol or port a page then changes.

import { isPlain, UNKNOWN, type Value, type ValueMap } from "./script-value.ts";

/** The parts of an address that scripts assign. */
export const URL_PARTS = ["href", "protocol", "host", "hostname", "port", "pathname", "search", "hash"] as const;

/** The value of `new URL(address, base)`. */
export function urlValue(address: string, base: string | undefined): Value {
	if (!URL.canParse(address, base)) return UNKNOWN;
	const url = new URL(address, base);
	return new Map<string, Value>([...URL_PARTS, "origin" as const].map((part) => [part, url[part]]));
}

/** Whether a value is one of `urlValue`. */
export function isUrl(value: Value): value is ValueMap {
	return value instanceof Map && value.has("origin") && value.has("pathname");
}

/** The value after a script has assigned one of its parts. */
export function changedUrl(value: Value, part: (typeof URL_PARTS)[number], given: Value): Value {
	if (!isUrl(value) || !isPlain(given) || (part === "href" && !URL.canParse(String(given)))) return UNKNOWN;
	const url = new URL(value.get("href") as string);
	url[part] = String(given);
	return urlValue(url.href, undefined);
}

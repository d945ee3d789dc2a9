// Parses `--retain`: a count of messages, an age and a size, which differ by their units.

import { XMLSocketError } from "../errors/index.ts";
import type { Retention } from "../message-log/index.ts";

const AGES: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZES: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/**
 * Parses the rules. Each rule applies on its own; at most one of each kind is allowed.
 *
 * @throws XMLSOCKET_OPTION_INVALID
 *
 * @example
 * ```ts
 * parseRetention(["100000", "30d"]); // { maxCount: 100000, maxAgeMs: 2592000000 }
 * ```
 */
export function parseRetention(rules: readonly string[]): Retention {
	const retention: { -readonly [key in keyof Retention]: Retention[key] } = {};
	for (const rule of rules) {
		const found = /^([1-9]\d{0,14})(s|m|h|d|KiB|MiB|GiB|TiB)?$/.exec(rule.trim());
		const number = Number(found?.[1]);
		const unit = found?.[2] ?? "";
		const kind = unit in AGES ? "maxAgeMs" : unit in SIZES ? "maxBytes" : "maxCount";
		const value = number * (AGES[unit] ?? SIZES[unit] ?? 1);
		if (!found || !Number.isSafeInteger(value))
			throw invalid(`"${rule}" is not a rule; write for example 100000, 30d, 12h, 90m, 512MiB or 2GiB.`);
		if (retention[kind] !== undefined) throw invalid(`"${rule}" is the second rule of its kind.`);
		retention[kind] = value;
	}
	return retention;
}

function invalid(words: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_OPTION_INVALID", `Option "retain": ${words}`);
}

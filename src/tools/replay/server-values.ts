// Which values a server chooses again in every session, so that another value is no difference: those that the client repeats later, those that
// rules use, and times.

import type { FieldPair } from "./compare.ts";
import type { Field } from "./field.ts";
import type { RecordedConnection } from "./recorded-connection.ts";
import { isDistinctive } from "./variables.ts";

/** The values of one recorded connection that its server chose. */
export class ServerValues {
	/** Value → the first document of the client that has it, and the names of the fields. */
	readonly #ofClient = new Map<string, { readonly since: number; readonly names: Set<string> }>();
	readonly #ruled: ReadonlySet<string>;
	readonly #startedMs: number;

	/**
	 * @param ruled the fields that rules use.
	 * @param startedMs when the recording began.
	 */
	constructor({ exchanges }: RecordedConnection, ruled: ReadonlySet<string>, startedMs: number) {
		this.#ruled = ruled;
		this.#startedMs = startedMs;
		for (const { request } of exchanges) {
			for (const { value, name } of request.parsed.fields) {
				if (value === "") continue;
				const known = this.#ofClient.get(value);
				if (known) known.names.add(name);
				else this.#ofClient.set(value, { since: request.order, names: new Set([name]) });
			}
		}
	}

	/**
	 * Whether the server chose this value.
	 *
	 * @param order the place of the recorded document, see `RecordedDocument.order`.
	 */
	has({ recorded, live }: FieldPair, order: number, nowMs: number): boolean {
		if (this.#ruled.has(recorded.name) || this.#ruled.has(recorded.path)) return true;
		return (
			this.#isRepeated(recorded, order) || (isTimeAt(recorded.value, this.#startedMs) && isTimeAt(live.value, nowMs))
		);
	}

	// What the client had sent before is its own choice.
	#isRepeated({ value, name }: Field, order: number): boolean {
		const known = this.#ofClient.get(value);
		return known !== undefined && known.since > order && (isDistinctive(value) || known.names.has(name));
	}
}

const TIME_WINDOW_MS = 2 * 24 * 3600 * 1000;

// Seconds or milliseconds since 1970, or a date with a time, within two days of `atMs`.
function isTimeAt(value: string, atMs: number): boolean {
	const number = /^\d{10}(?:\.\d+)?$/.test(value)
		? Number(value) * 1000
		: /^\d{13}$/.test(value)
			? Number(value)
			: undefined;
	const timeMs = number ?? (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value) ? Date.parse(value) : Number.NaN);
	return Math.abs(timeMs - atMs) <= TIME_WINDOW_MS;
}

// Which recorded values mean other values in this session: names, ids, session keys. It learns them where a live document matches a recorded
// one but for some values, and finds where a recorded document repeats them. Only whole fields are replaced. docs/guide/replay.md, "Values
// that change".

import type { FieldPair } from "./compare.ts";
import type { Field, ParsedDocument } from "./field.ts";
import { MASK } from "./ignored-fields.ts";

type LiveByName = Map<string, string>;

/** The values of one connection. */
export class Variables {
	/** Recorded value → name of the field → live value. */
	readonly #known = new Map<string, LiveByName>();
	/** The same for the latest exchange alone, short values included. */
	#latest = new Map<string, LiveByName>();
	readonly #keepsShort: boolean;

	/** @param keepsShort whether short values keep their meaning at fields of their name: true for what servers choose. */
	constructor(keepsShort: boolean) {
		this.#keepsShort = keepsShort;
	}

	/** Whether it has learned nothing. */
	get isEmpty(): boolean {
		return this.#known.size === 0 && this.#latest.size === 0;
	}

	/** Begins the next exchange. Short values of the one before are forgotten. */
	nextExchange(): void {
		this.#latest = new Map();
	}

	/**
	 * Learns from a recorded document and the live one that matches it. Equal values count too: a recorded value that stands for two live
	 * ones is ambiguous.
	 *
	 * @param accepts which changed values to learn. Default: all.
	 */
	learn(recorded: ParsedDocument, live: ParsedDocument, accepts: (pair: FieldPair) => boolean = () => true): void {
		for (const field of recorded.fields) {
			const other = live.paths.get(field.path);
			if (!other || field.value === "" || MASK.test(field.value)) continue;
			if (other.value !== field.value && !accepts({ recorded: field, live: other })) continue;
			remember(this.#latest, field, other.value);
			if (this.#keepsShort || isDistinctive(field.value)) remember(this.#known, field, other.value);
		}
		while (this.#known.size > MOST_VALUES) this.#known.delete(this.#known.keys().next().value!);
	}

	/** Whether a difference is one that is known already, at this field or at another one. */
	explains({ recorded, live }: FieldPair): boolean {
		const { value, name } = recorded;
		const named = this.#latest.get(value)?.get(name) ?? this.#known.get(value)?.get(name);
		if (named !== undefined) return named === live.value;
		return this.#lives(value).has(live.value);
	}

	/**
	 * The fields of a recorded document that have other values in this session.
	 *
	 * @param isAnswer whether the document belongs to the latest exchange.
	 */
	replacements(document: ParsedDocument, isAnswer: boolean): Map<Field, string> {
		const found = new Map<Field, string>();
		if (this.isEmpty) return found;
		for (const field of document.fields) {
			const value = this.#liveValue(field, document, isAnswer);
			if (value !== undefined && value !== field.value) found.set(field, value);
		}
		return found;
	}

	#liveValue(field: Field, document: ParsedDocument, isAnswer: boolean): string | undefined {
		const { value, name } = field;
		const latest = isAnswer ? this.#latest.get(value) : undefined;
		const named = latest?.get(name) ?? this.#known.get(value)?.get(name);
		if (named !== undefined) return named;
		if (isDistinctive(value)) return this.#onlyLive(value);
		if (!latest || COMMON.has(value.toLowerCase())) return undefined;
		// A short value is replaced elsewhere only if this can be no accident: once in the answer, with one meaning.
		const lives = new Set(latest.values());
		const isOnce = document.fields.filter((other) => other.value === value).length === 1;
		return lives.size === 1 && isOnce ? [...lives][0] : undefined;
	}

	#onlyLive(value: string): string | undefined {
		const lives = this.#lives(value);
		return lives.size === 1 ? [...lives][0] : undefined;
	}

	#lives(value: string): Set<string> {
		return new Set([...(this.#known.get(value)?.values() ?? []), ...(this.#latest.get(value)?.values() ?? [])]);
	}
}

function remember(values: Map<string, LiveByName>, field: Field, live: string): void {
	let names = values.get(field.value);
	if (!names) {
		names = new Map();
		values.set(field.value, names);
	}
	names.set(field.name, live);
}

const MOST_VALUES = 10_000;
const COMMON: ReadonlySet<string> = new Set(["true", "false", "null", "yes", "no", "on", "off", "ok", "none"]);

/** Whether a value is long enough to be the same thing wherever it appears: three units with a letter or sign, or four digits. */
export function isDistinctive(value: string): boolean {
	if (COMMON.has(value.toLowerCase())) return false;
	return /^[-+]?\d*$/.test(value) ? value.length >= 4 : value.length >= 3;
}

// Finds the recorded document that a client's document corresponds to, on one connection. Pure: documents in, decisions out. First the next
// one in order, then an equal one anywhere, then one with other values. docs/guide/replay.md, "How a document is matched".

import {
	asDifferences,
	type Comparison,
	compare,
	type FieldDifference,
	type FieldPair,
	similarity,
} from "./compare.ts";
import type { ParsedDocument } from "./field.ts";
import type { IgnoredFields } from "./ignored-fields.ts";
import type { Exchange, RecordedDocument } from "./recorded-connection.ts";
import { isSelector } from "./selectors.ts";
import type { Variables } from "./variables.ts";

/** What was found for a document. */
export type MatchResult =
	| {
			readonly kind: "matched";
			/** The index of the exchange. */
			readonly index: number;
			/** Whether its answers were given before: the client repeats a document. */
			readonly isRepeated: boolean;
			/** Values that differ from the recorded ones and were not known before. */
			readonly differences: readonly FieldDifference[];
	  }
	| {
			readonly kind: "unmatched";
			/** The exchange that comes nearest; undefined if none has anything in common with it. */
			readonly nearest: number | undefined;
			readonly differences: readonly FieldDifference[];
	  };

/** The exchanges of one recorded connection, for look-ups. Shared by all that play it. */
export class ExchangeIndex {
	readonly exchanges: readonly Exchange[];
	readonly #ignored: IgnoredFields;
	readonly #byContent = new Map<string, number[]>();
	readonly #byShape = new Map<string, number[]>();

	constructor(exchanges: readonly Exchange[], ignored: IgnoredFields) {
		this.exchanges = exchanges;
		this.#ignored = ignored;
		for (const [index, { request }] of exchanges.entries()) {
			push(this.#byContent, this.#contentKey(request.parsed), index);
			push(this.#byShape, shapeKey(request.parsed), index);
		}
	}

	/** The exchanges whose document is the same, but for ignored fields and what makes no difference. */
	equal(document: ParsedDocument): readonly number[] {
		return this.#byContent.get(this.#contentKey(document)) ?? [];
	}

	/** The exchanges whose document has the same fields. */
	alike(document: ParsedDocument): readonly number[] {
		return document.paths.size === 0 ? [] : (this.#byShape.get(shapeKey(document)) ?? []);
	}

	#contentKey(document: ParsedDocument): string {
		if (document.paths.size === 0) return `${document.kind}\n${document.text}`;
		const parts: string[] = [];
		for (const [path, field] of document.paths)
			parts.push(field && !this.#ignored.has(field) ? `${path}=${JSON.stringify(field.value)}` : path);
		return `${document.kind}\n${parts.sort().join("\n")}`;
	}
}

/** Follows one live connection through a recorded one. */
export class RequestMatcher {
	readonly #index: ExchangeIndex;
	readonly #variables: Variables;
	readonly #ignored: IgnoredFields;
	readonly #used: Set<number> = new Set();
	/** The exchange that is next in order. */
	#next = 0;

	constructor(index: ExchangeIndex, variables: Variables, ignored: IgnoredFields) {
		this.#index = index;
		this.#variables = variables;
		this.#ignored = ignored;
	}

	/** The exchange that is next in order. */
	get next(): number {
		return this.#next;
	}

	/** Matches a document, and remembers it. */
	match(live: ParsedDocument): MatchResult {
		const found = this.#find(live);
		if (!found) return this.#unmatched(live);
		const { index, differences } = found;
		const isRepeated = this.#used.has(index);
		this.#used.add(index);
		if (index >= this.#next) this.#next = index + 1;
		this.#variables.nextExchange();
		this.#variables.learn(this.#request(index).parsed, live);
		return { kind: "matched", index, isRepeated, differences };
	}

	/** The next exchange in order, whatever the document is. */
	matchInOrder(live: ParsedDocument): MatchResult {
		const index = this.#next;
		if (index >= this.#index.exchanges.length) return this.#unmatched(live);
		const found = this.#differences(index, live);
		this.#used.add(index);
		this.#next++;
		this.#variables.nextExchange();
		if (found.comparison.sameShape) this.#variables.learn(this.#request(index).parsed, live);
		return {
			kind: "matched",
			index,
			isRepeated: false,
			differences: [...asDifferences(found.changed), ...found.comparison.others],
		};
	}

	#find(live: ParsedDocument): { index: number; differences: FieldDifference[] } | undefined {
		const expected = this.#next < this.#index.exchanges.length ? this.#loose(this.#next, live) : undefined;
		if (expected?.length === 0) return { index: this.#next, differences: [] };
		const equal = this.#nearestOf(this.#index.equal(live));
		if (equal !== undefined) return { index: equal, differences: [] };
		if (expected) return { index: this.#next, differences: asDifferences(expected) };
		return this.#bestAlike(live);
	}

	// Fewest differences first, and among those the nearest.
	#bestAlike(live: ParsedDocument): { index: number; differences: FieldDifference[] } | undefined {
		let best: { index: number; changed: readonly FieldPair[] } | undefined;
		const most = Math.min(MOST_COMPARED, Math.ceil(MOST_FIELDS_COMPARED / Math.max(1, live.paths.size)));
		for (const index of this.#inOrderOfUse(this.#index.alike(live), most)) {
			const changed = this.#loose(index, live);
			if (changed && (!best || changed.length < best.changed.length)) best = { index, changed };
			if (best?.changed.length === 0) break;
		}
		return best && { index: best.index, differences: asDifferences(best.changed) };
	}

	// Undefined if it is another document: other fields, or another value where commands are named.
	#loose(index: number, live: ParsedDocument): readonly FieldPair[] | undefined {
		const { comparison, changed } = this.#differences(index, live);
		if (!comparison.sameShape) return undefined;
		return changed.some(({ recorded }) => isSelector(recorded, live)) ? undefined : changed;
	}

	#differences(index: number, live: ParsedDocument): { comparison: Comparison; changed: readonly FieldPair[] } {
		const request = this.#request(index);
		const comparison = compare(request.parsed, live);
		const changed = comparison.changed.filter(
			(pair) => !this.#ignored.hasPair(pair, request.isMasked) && !this.#variables.explains(pair),
		);
		return { comparison, changed };
	}

	#unmatched(live: ParsedDocument): MatchResult {
		let nearest: { index: number; differences: FieldDifference[] } | undefined;
		let highest = 0;
		let fields = 0;
		const from = Math.max(0, this.#next - MOST_COMPARED / 2);
		for (let index = from; index < Math.min(this.#index.exchanges.length, from + MOST_COMPARED); index++) {
			const { parsed } = this.#request(index);
			fields += parsed.paths.size;
			if (fields > MOST_FIELDS_COMPARED) break;
			const found = similarity(parsed, live);
			if (found <= highest) continue;
			highest = found;
			const { comparison, changed } = this.#differences(index, live);
			nearest = { index, differences: [...asDifferences(changed), ...comparison.others] };
		}
		return { kind: "unmatched", nearest: nearest?.index, differences: (nearest?.differences ?? []).slice(0, 20) };
	}

	#nearestOf(indices: readonly number[]): number | undefined {
		return this.#inOrderOfUse(indices, 1)[0];
	}

	// Those that come next, then those that were passed over, then the latest of those that were played. `indices` rise.
	#inOrderOfUse(indices: readonly number[], most: number): number[] {
		const middle = firstFrom(indices, this.#next);
		const ahead = indices.slice(middle, middle + most);
		if (ahead.length === most) return ahead;
		const behind = indices.slice(Math.max(0, middle - MOST_COMPARED), middle);
		const passed = behind.filter((index) => !this.#used.has(index));
		const played = behind.filter((index) => this.#used.has(index)).reverse();
		return [...ahead, ...passed, ...played].slice(0, most);
	}

	#request(index: number): RecordedDocument {
		return this.#index.exchanges[index]!.request;
	}
}

/** A document is compared with this many recorded ones at most. */
const MOST_COMPARED = 500;
/** And with documents of this many fields together, about. */
const MOST_FIELDS_COMPARED = 200_000;
function shapeKey(document: ParsedDocument): string {
	return document.paths.size === 0
		? `${document.kind}\n${document.text}`
		: `${document.kind}\n${[...document.paths.keys()].sort().join("\n")}`;
}

// The place of the first index that is not below `least`.
function firstFrom(indices: readonly number[], least: number): number {
	let low = 0;
	let high = indices.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (indices[middle]! < least) low = middle + 1;
		else high = middle;
	}
	return low;
}

function push(map: Map<string, number[]>, key: string, index: number): void {
	const list = map.get(key);
	if (list) list.push(index);
	else map.set(key, [index]);
}

// Long lists in pages. Each node gives the first entries behind a position in the order of the list, and the pages of several nodes are
// merged. A position is what an entry is sorted by and its id, so that a page begins at the right place although entries come and go.

import { XMLSocketError } from "../errors/index.ts";

/** What an entry is sorted by, and its id, which decides where that is equal. */
export type Position = readonly [key: string | number, id: string];

/** The order of a list: of its keys; ids always rise. */
export type Order = "rising" | "falling";

/** An entry with its position. */
export interface Placed<Row> {
	readonly at: Position;
	readonly row: Row;
}

/** A part of a list. */
export interface ListPart<Row> {
	readonly entries: Placed<Row>[];
	/** Whether more entries follow. */
	readonly more: boolean;
}

/** About the characters of one node's part as JSON, so that it is one message between nodes. */
const MAX_PART_CHARACTERS = 200_000;

/** Which of two entries comes first: negative for `a`. */
export function compare(order: Order, a: Position, b: Position): number {
	const byKey = a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
	if (byKey !== 0) return order === "rising" ? byKey : -byKey;
	return a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0;
}

/**
 * The first entries behind a position.
 *
 * @param positions of all entries, in any order. @param rowOf is called for those alone that are part of the answer.
 */
export function firstAfter<Item, Row>(
	positions: Iterable<readonly [Position, Item]>,
	order: Order,
	after: Position | undefined,
	limit: number,
	rowOf: (item: Item) => Row,
): ListPart<Row> {
	const first: (readonly [Position, Item])[] = [];
	let more = false;
	for (const entry of positions) {
		if (after && compare(order, entry[0], after) <= 0) continue;
		if (first.length === limit) {
			more = true;
			if (compare(order, entry[0], first.at(-1)![0]) > 0) continue;
			first.pop();
		}
		first.splice(placeOf(first, entry[0], order), 0, entry);
	}
	const entries: Placed<Row>[] = [];
	let characters = 0;
	for (const [at, item] of first) {
		const row = rowOf(item);
		characters += JSON.stringify(row).length;
		if (characters > MAX_PART_CHARACTERS && entries.length > 0) return { entries, more: true };
		entries.push({ at, row });
	}
	return { entries, more };
}

// Where an entry belongs among those that are sorted already.
function placeOf(sorted: readonly (readonly [Position, unknown])[], at: Position, order: Order): number {
	let low = 0;
	let high = sorted.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (compare(order, sorted[middle]![0], at) < 0) low = middle + 1;
		else high = middle;
	}
	return low;
}

/** One list of the parts of several nodes; `next` is where its next page begins. */
export function mergeParts<Row>(
	parts: readonly ListPart<Row>[],
	order: Order,
	limit: number,
): { readonly rows: Row[]; readonly next: string | undefined } {
	// Behind the last entry of a part that has more, entries of that node are missing.
	const ends = parts.flatMap(({ entries, more }) => (more && entries.length > 0 ? [entries.at(-1)!.at] : []));
	const all = parts
		.flatMap(({ entries }) => entries)
		.filter(({ at }) => ends.every((end) => compare(order, at, end) <= 0))
		.sort((a, b) => compare(order, a.at, b.at));
	const page = all.slice(0, limit);
	const isLast = page.length === all.length && !parts.some(({ more }) => more);
	return { rows: page.map(({ row }) => row), next: isLast || page.length === 0 ? undefined : encode(page.at(-1)!.at) };
}

function encode(position: Position): string {
	return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/** The position of the parameter `after`. @throws XMLSOCKET_OPTION_INVALID where it is not a `next` of an answer. */
export function decodePosition(text: string): Position {
	try {
		const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
		if (isPosition(value)) return value;
	} catch {
		// It is answered below.
	}
	throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", 'The parameter after is not the "next" of an answer.');
}

/** Whether a value is a position. */
export function isPosition(value: unknown): value is Position {
	if (!Array.isArray(value) || value.length !== 2 || typeof value[1] !== "string") return false;
	return typeof value[0] === "string" || Number.isFinite(value[0]);
}

// Compares a recorded document with a live one: equal, equal but for some values, or another document. Attribute order, quotes, white space
// between elements, key order in JSON, and the order of elements with different names make no difference.

import type { Field, ParsedDocument } from "./field.ts";

/** One place where two documents differ. */
export interface FieldDifference {
	/** `msg/body/@action`, `$.id`, `xt[3]`; `text` or `byte 12` where the documents have no fields. */
	readonly path: string;
	/** The recorded value; undefined if the recorded document has nothing there. An element is shown as an empty text. */
	readonly recorded: string | undefined;
	/** The live value; undefined if the live document has nothing there. */
	readonly live: string | undefined;
}

/** A value of the same field in both documents. */
export interface FieldPair {
	readonly recorded: Field;
	readonly live: Field;
}

/** What a comparison found. */
export interface Comparison {
	/** Whether both have the same fields, whatever their values. */
	readonly sameShape: boolean;
	/** Fields of both with different values. */
	readonly changed: readonly FieldPair[];
	/** What only one of them has, at most 100; with `changed` all differences. */
	readonly others: readonly FieldDifference[];
}

/** Whether two documents are byte for byte the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Compares two documents. */
export function compare(recorded: ParsedDocument, live: ParsedDocument): Comparison {
	if (sameBytes(recorded.bytes, live.bytes)) return { sameShape: true, changed: [], others: [] };
	if (recorded.kind !== live.kind || recorded.paths.size === 0 || live.paths.size === 0)
		return { sameShape: false, changed: [], others: [wholeDifference(recorded, live)] };
	const changed: FieldPair[] = [];
	const others: FieldDifference[] = [];
	for (const [path, field] of recorded.paths) {
		const other = live.paths.get(path);
		if (other === undefined) others.push({ path, recorded: field?.value ?? "", live: undefined });
		else if (field && other && field.value !== other.value) changed.push({ recorded: field, live: other });
	}
	for (const [path, field] of live.paths) {
		if (!recorded.paths.has(path)) others.push({ path, recorded: undefined, live: field?.value ?? "" });
	}
	return { sameShape: others.length === 0, changed, others: others.slice(0, 100) };
}

/** Changed values as differences. */
export function asDifferences(pairs: readonly FieldPair[]): FieldDifference[] {
	return pairs.map(({ recorded, live }) => ({ path: recorded.path, recorded: recorded.value, live: live.value }));
}

/** How much two documents have in common: 0, nothing, to 1, everything. */
export function similarity(a: ParsedDocument, b: ParsedDocument): number {
	if (a.kind !== b.kind) return 0;
	if (a.paths.size === 0 || b.paths.size === 0) {
		const length = Math.max(a.text.length, b.text.length);
		let at = 0;
		while (at < length && a.text[at] === b.text[at]) at++;
		return length === 0 ? 1 : at / length;
	}
	let common = 0;
	for (const [path, field] of a.paths) {
		const other = b.paths.get(path);
		if (other !== undefined) common += other?.value === field?.value ? 1 : 0.5;
	}
	return common / Math.max(a.paths.size, b.paths.size);
}

function wholeDifference(recorded: ParsedDocument, live: ParsedDocument): FieldDifference {
	if (recorded.kind !== "binary" && live.kind !== "binary")
		return { path: recorded.kind === "text" ? "text" : recorded.kind, recorded: recorded.text, live: live.text };
	let at = 0;
	while (at < recorded.bytes.length && recorded.bytes[at] === live.bytes[at]) at++;
	return { path: `byte ${at}`, recorded: hex(recorded.bytes, at), live: hex(live.bytes, at) };
}

const SHOWN_BYTES = 16;

function hex(bytes: Uint8Array, from: number): string {
	const shown = Buffer.from(bytes.subarray(from, from + SHOWN_BYTES)).toString("hex");
	return bytes.length > from + SHOWN_BYTES ? `${shown}…` : shown;
}

// What a replayed server reports while it runs. Documents in it are cut to a length that fits a log. Types alone.

import type { FieldDifference } from "./compare.ts";

/** A live connection takes over a recorded one. */
export interface ConnectionReplayed {
	readonly kind: "connection";
	/** The number of the live connection: 1, 2, … */
	readonly connection: number;
	/** The number of the recorded connection. */
	readonly recorded: number;
	readonly from: string;
	readonly transport: string;
	/** Whether this recorded connection was played before. */
	readonly isRepeated: boolean;
}

/** A client's document matched a recorded one with other values; the answers get these values. */
export interface ValuesFound {
	readonly kind: "values";
	readonly connection: number;
	/** The place of the recorded document among those of the client, from 1. */
	readonly request: number;
	readonly differences: readonly FieldDifference[];
}

/** A client's document matched no recorded one, and got no answer. */
export interface RequestUnmatched {
	readonly kind: "unmatched";
	readonly connection: number;
	/** The document, at most 500 characters. */
	readonly document: string;
	/** The recorded document that comes nearest, and its place among those of the client, from 1. */
	readonly nearest?: { readonly request: number; readonly document: string };
	readonly differences: readonly FieldDifference[];
}

/** A client was refused because every recorded connection was played (`strict`). */
export interface ConnectionRefused {
	readonly kind: "refused";
	readonly connection: number;
	readonly from: string;
}

/** A live connection is over. */
export interface ConnectionEnded {
	readonly kind: "close";
	readonly connection: number;
	/** Documents that matched, and that did not. */
	readonly matched: number;
	readonly unmatched: number;
	/** Recorded documents of the client that did not come. */
	readonly remaining: number;
}

/** What a replayed server reports. */
export type ReplayEvent = ConnectionReplayed | ValuesFound | RequestUnmatched | ConnectionRefused | ConnectionEnded;

// Makes inputs of other inputs: changes bytes, inserts pieces of the format, removes, repeats, and joins two inputs.

import type { Random } from "../xml/random-documents.ts";
import { bytesOf } from "./target.ts";

const INTERESTING = [
	0, 1, 9, 10, 13, 0x20, 0x22, 0x26, 0x27, 0x2f, 0x3a, 0x3c, 0x3e, 0x5d, 0x7f, 0x80, 0xbf, 0xc3, 0xe2, 0xed, 0xef, 0xf0,
	0xff,
];
const MOST_CHANGES = 6;
/** One input in so many becomes long, by repetition: what costs more than its length shows there. */
const LONG_ONE_IN = 20_000;
const LONG_BYTES = 60_000;
/** The longest input otherwise: short ones run faster, and reach the same code. */
export const ORDINARY_BYTES = 300;

/**
 * A mutation of one of `corpus`.
 *
 * @param tokens pieces of the format.
 * @param maxBytes the longest result.
 */
export function mutate(
	corpus: readonly Uint8Array[],
	tokens: readonly Uint8Array[],
	maxBytes: number,
	random: Random,
): Uint8Array {
	let bytes = corpus.length === 0 ? new Uint8Array() : random.pick(corpus);
	for (let change = 1 + random.below(MOST_CHANGES); change > 0; change--)
		bytes = changed(bytes, corpus, tokens, random);
	if (bytes.length > ORDINARY_BYTES) bytes = bytes.subarray(0, ORDINARY_BYTES);
	if (maxBytes >= LONG_BYTES && bytes.length > 0 && random.once(LONG_ONE_IN)) bytes = repeated(bytes, random);
	return bytes.length > maxBytes ? bytes.subarray(0, maxBytes) : bytes;
}

function changed(
	bytes: Uint8Array,
	corpus: readonly Uint8Array[],
	tokens: readonly Uint8Array[],
	random: Random,
): Uint8Array {
	const at = random.below(bytes.length + 1);
	const length = 1 + random.below(random.once(4) ? 64 : 4);
	switch (random.below(9)) {
		case 0:
			return replaced(bytes, at, 1, Uint8Array.of(random.pick(INTERESTING)));
		case 1:
			return replaced(bytes, at, 1, Uint8Array.of(random.below(256)));
		case 2:
			return replaced(bytes, at, 0, Uint8Array.of(random.pick(INTERESTING)));
		case 3:
			return replaced(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
		case 4:
			return replaced(bytes, at, length, EMPTY);
		case 5: {
			const from = random.below(bytes.length + 1);
			return replaced(bytes, at, 0, bytes.subarray(from, from + length));
		}
		case 6: {
			const other = corpus.length === 0 ? EMPTY : random.pick(corpus);
			return replaced(bytes, at, random.once(2) ? 0 : bytes.length, other.subarray(random.below(other.length + 1)));
		}
		default:
			if (tokens.length === 0) return replaced(bytes, at, 0, Uint8Array.of(random.below(256)));
			return replaced(bytes, at, random.once(3) ? length : 0, random.pick(tokens));
	}
}

const EMPTY = new Uint8Array();

function replaced(bytes: Uint8Array, at: number, length: number, by: Uint8Array): Uint8Array {
	const end = Math.min(bytes.length, at + length);
	const result = new Uint8Array(bytes.length - (end - at) + by.length);
	result.set(bytes.subarray(0, at));
	result.set(by, at);
	result.set(bytes.subarray(end), at + by.length);
	return result;
}

function repeated(bytes: Uint8Array, random: Random): Uint8Array {
	const from = random.below(bytes.length);
	const piece = bytes.subarray(from, from + 1 + random.below(16));
	const result = new Uint8Array(bytes.length + piece.length * Math.floor((LONG_BYTES - bytes.length) / piece.length));
	result.set(bytes.subarray(0, from));
	let at = from;
	for (; at + piece.length <= result.length - (bytes.length - from); at += piece.length) result.set(piece, at);
	result.set(bytes.subarray(from), at);
	return result.subarray(0, at + bytes.length - from);
}

/** Tokens as bytes. */
export function tokenBytes(tokens: readonly string[] = []): Uint8Array[] {
	return tokens.map(bytesOf);
}

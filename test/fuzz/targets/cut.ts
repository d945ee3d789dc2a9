// Cuts a stream into segments: whole, byte by byte, in two, or at random.

import type { Random } from "../../xml/random-documents.ts";

const SINGLE_BYTES_UP_TO = 300;

/** Segments of all bytes, as a network could deliver them. */
export function cut(bytes: Uint8Array, random: Random): Uint8Array[] {
	const way = random.below(4);
	if (way === 0 || bytes.length < 2) return [bytes];
	if (way === 1) {
		const at = random.below(bytes.length + 1);
		return [bytes.subarray(0, at), bytes.subarray(at)];
	}
	const longest = way === 2 && bytes.length <= SINGLE_BYTES_UP_TO ? 1 : 1 + random.below(bytes.length);
	const segments: Uint8Array[] = [];
	for (let at = 0; at < bytes.length; ) {
		const end = at + 1 + random.below(longest);
		segments.push(bytes.subarray(at, end));
		at = end;
	}
	return segments;
}

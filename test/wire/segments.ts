// Ways to cut a byte stream: whole, byte by byte, at every position, at random from a printed seed.

/** The bytes that a text of Latin-1 characters stands for: `"AA\0BB"`. */
export function latin1(text: string): Uint8Array {
	return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Every segmentation that each vector must survive: whole, one byte at a time, and in two at each position. */
export function* segmentations(
	bytes: Uint8Array,
): Generator<{ readonly how: string; readonly segments: Uint8Array[] }> {
	yield { how: "whole", segments: [bytes] };
	yield { how: "byte by byte", segments: Array.from(bytes, (byte) => Uint8Array.of(byte)) };
	for (let at = 0; at <= bytes.length; at++) {
		yield { how: `cut at ${at}`, segments: [bytes.subarray(0, at), bytes.subarray(at)] };
	}
}

/** Numbers from 0 up to, not including, 1: the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** Segments of 1 to `maxBytes` bytes. */
export function cutAtRandom(bytes: Uint8Array, maxBytes: number, random: () => number): Uint8Array[] {
	const segments: Uint8Array[] = [];
	for (let at = 0; at < bytes.length; ) {
		const end = at + 1 + Math.floor(random() * maxBytes);
		segments.push(bytes.subarray(at, end));
		at = end;
	}
	return segments;
}

/** One array of all. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}

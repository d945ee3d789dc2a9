// Random numbers that come again: the same words give the same numbers, so that a campaign's schedule can be played again from
// its seed. Never for secrets.

/**
 * @typedef {object} Random
 * @property {() => number} fraction from 0 up to 1
 * @property {(low: number, high: number) => number} between a whole number, both ends included
 * @property {(probability: number) => boolean} chance
 * @property {<T>(list: readonly T[]) => T} pick
 */

/**
 * A source of its own for each list of words: a seed, a fault's name, a round.
 *
 * @param {...(string | number)} words
 * @returns {Random}
 */
export function seeded(...words) {
	// FNV-1a makes the state of the words, mulberry32 the numbers of the state.
	let state = 0x811c9dc5;
	for (const character of words.join("\0")) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
	const fraction = () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	/** @param {number} low @param {number} high */
	const between = (low, high) => low + Math.floor(fraction() * (high - low + 1));
	return {
		fraction,
		between,
		chance: (probability) => fraction() < probability,
		pick: (list) => list[between(0, list.length - 1)],
	};
}

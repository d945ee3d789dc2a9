// Gives equal names one string: a document of a thousand `item` elements holds the word once, and comparing names costs
// a pointer comparison. The cache is direct-mapped, of fixed size, and holds short names only.

const SLOTS = 512;
/** Units of the longest name that {@link nameAt} shares; it holds no other text in memory. */
export const LONGEST_SHARED = 24;
// Strings of 13 units and more are views of the string they were cut from; kept here they would keep a whole document.
const LONGEST_COPY = 12;

const cache: string[] = new Array<string>(SLOTS).fill("");

/** The name in `source` between `start` and `end`, which is not empty. */
export function nameAt(source: string, start: number, end: number): string {
	const length = end - start;
	if (length > LONGEST_SHARED) return source.slice(start, end);
	const slot =
		(source.charCodeAt(start) * 31 +
			source.charCodeAt(end - 1) * 7 +
			source.charCodeAt(start + (length >> 1)) * 3 +
			length) &
		(SLOTS - 1);
	const kept = cache[slot] as string;
	if (kept.length === length && source.startsWith(kept, start)) return kept;
	const name = length > LONGEST_COPY ? detached(source.slice(start, end)) : source.slice(start, end);
	cache[slot] = name;
	return name;
}

// The same text over storage of its own: the views of a joined string refer to that string alone.
function detached(text: string): string {
	return ` ${text}`.slice(1);
}

/** Whether two names are the same but for the case of ASCII letters, as end tags are compared with open elements. */
export function sameName(name: string | null, other: string): boolean {
	if (name === other) return true;
	if (name === null || name.length !== other.length) return false;
	for (let at = 0; at < name.length; at++) {
		if (lower(name.charCodeAt(at)) !== lower(other.charCodeAt(at))) return false;
	}
	return true;
}

function lower(unit: number): number {
	return unit >= 65 && unit <= 90 ? unit + 32 : unit;
}

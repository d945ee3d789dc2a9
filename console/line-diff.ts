// The differences of two lists of lines: which lines are equal, and which stand only on one side. Lines that replace others are paired.

/** One line of a comparison. `same`: both sides are equal; otherwise a side that has no line here is undefined. */
export interface DiffRow {
	readonly same: boolean;
	/** Index into the left lines. */
	readonly left: number | undefined;
	readonly right: number | undefined;
}

/** Beyond this number of comparisons, what is between the equal beginning and the equal end counts as replaced. */
const MAX_CELLS = 4_000_000;

/** Compares. */
export function diffLines(left: readonly string[], right: readonly string[]): DiffRow[] {
	let start = 0;
	while (start < left.length && start < right.length && left[start] === right[start]) start++;
	let leftEnd = left.length;
	let rightEnd = right.length;
	while (leftEnd > start && rightEnd > start && left[leftEnd - 1] === right[rightEnd - 1]) {
		leftEnd--;
		rightEnd--;
	}
	const rows: DiffRow[] = [];
	for (let at = 0; at < start; at++) rows.push({ same: true, left: at, right: at });
	rows.push(...middle(left.slice(start, leftEnd), right.slice(start, rightEnd), start));
	for (let at = leftEnd; at < left.length; at++) rows.push({ same: true, left: at, right: at - leftEnd + rightEnd });
	return rows;
}

/** The part of two different lines that differs: the number of equal characters at the beginning and at the end. */
export function equalEnds(left: string, right: string): { readonly start: number; readonly end: number } {
	const most = Math.min(left.length, right.length);
	let start = 0;
	while (start < most && left[start] === right[start]) start++;
	let end = 0;
	while (end < most - start && left[left.length - 1 - end] === right[right.length - 1 - end]) end++;
	return { start, end };
}

function middle(left: readonly string[], right: readonly string[], offset: number): DiffRow[] {
	const rows: DiffRow[] = [];
	let onlyLeft: number[] = [];
	let onlyRight: number[] = [];
	const flush = (): void => {
		for (let at = 0; at < Math.max(onlyLeft.length, onlyRight.length); at++)
			rows.push({ same: false, left: onlyLeft[at], right: onlyRight[at] });
		onlyLeft = [];
		onlyRight = [];
	};
	const width = right.length + 1;
	const isSmall = left.length * right.length <= MAX_CELLS;
	const lengths = isSmall ? commonLengths(left, right) : undefined;
	let a = 0;
	let b = 0;
	while (a < left.length || b < right.length) {
		if (a < left.length && b < right.length && left[a] === right[b]) {
			flush();
			rows.push({ same: true, left: offset + a++, right: offset + b++ });
		} else if (
			b >= right.length ||
			(a < left.length && (!lengths || lengths[(a + 1) * width + b]! >= lengths[a * width + b + 1]!))
		) {
			onlyLeft.push(offset + a++);
		} else onlyRight.push(offset + b++);
	}
	flush();
	return rows;
}

/** For each pair of positions, the most lines that what follows has in common. */
function commonLengths(left: readonly string[], right: readonly string[]): Uint32Array {
	const width = right.length + 1;
	const lengths = new Uint32Array((left.length + 1) * width);
	for (let a = left.length - 1; a >= 0; a--) {
		for (let b = right.length - 1; b >= 0; b--) {
			const at = a * width + b;
			lengths[at] =
				left[a] === right[b] ? lengths[at + width + 1]! + 1 : Math.max(lengths[at + width]!, lengths[at + 1]!);
		}
	}
	return lengths;
}

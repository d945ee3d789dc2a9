// "Did you mean …?" for unknown names, wherever a schema refuses one.

/** The known name that takes the fewest changed letters to reach, where that is near enough to be meant. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
	const wanted = name.slice(0, LONGEST).toLowerCase();
	let best: string | undefined;
	let least = Math.max(2, Math.floor(wanted.length / 3)) + 1;
	for (const candidate of known) {
		const changes = changesBetween(wanted, candidate.toLowerCase());
		if (changes < least) {
			least = changes;
			best = candidate;
		}
	}
	return best;
}

const LONGEST = 40;

// A name that begins with the wanted one, or contains a long one, counts as near: `timeout` for `connectTimeoutMs`.
function changesBetween(a: string, b: string): number {
	if (b.startsWith(a)) return 1;
	if (a.length >= 5 && b.includes(a)) return 2;
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
			next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
		}
		row = next;
	}
	return row[b.length]!;
}

// Names of people in lists and in texts: their order, their initials, and whether a text mentions one. It knows no DOM.

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
/** Shorter names are also letters and short words: they count only after an @. */
const MIN_PLAIN = 3;
/** Scripts that write words without spaces. */
const WITHOUT_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** The order of two names as people sort them: `guest-2` before `guest-10`. */
export function compareNames(a: string, b: string): number {
	return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** The names in order: the user first, then operators. */
export function orderMembers(names: readonly string[], me: string, operators: ReadonlySet<string>): string[] {
	const rank = (name: string): number => (name === me ? 0 : operators.has(name) ? 1 : 2);
	return [...names].sort((a, b) => rank(a) - rank(b) || compareNames(a, b));
}

/** Whether a text has that part in it, whatever the case and the form of its letters. */
export function includesText(text: string, part: string): boolean {
	return folded(text).includes(folded(part.trim()));
}

/** One or two letters for a name: the first ones of its first two words; `guest-12` is `12`. */
export function initials(name: string): string {
	const guest = /^guest-(\d+)$/.exec(name);
	if (guest) return guest[1]!.slice(-2);
	const words = name.split(/[\s._-]+/u).filter((word) => word !== "");
	const first = [...new Intl.Segmenter().segment(words[0] ?? name)][0]?.segment ?? "";
	const [next = ""] = words.slice(1);
	const second = /^\d{1,2}$/.test(next) ? next : ([...new Intl.Segmenter().segment(next)][0]?.segment ?? "");
	return `${first}${second}`.toLocaleUpperCase();
}

/** Whether a text has the name in it as a word of its own. */
export function mentions(text: string, name: string): boolean {
	if (name === "") return false;
	const needle = folded(name);
	const hay = folded(text);
	if (WITHOUT_SPACES.test(needle)) return hay.includes(needle);
	for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + 1)) {
		const before = hay.slice(Math.max(0, at - 3), at);
		const end = at + needle.length;
		const isCalled = /(?:^|[^\p{L}\p{N}_])@$/u.test(before);
		const isPlain = needle.length >= MIN_PLAIN && !/[\p{L}\p{N}_@./-]$/u.test(before);
		if ((isCalled || isPlain) && !/^(?:[\p{L}\p{N}_]|[-./](?=[\p{L}\p{N}]))/u.test(hay.slice(end, end + 3)))
			return true;
	}
	return false;
}

function folded(text: string): string {
	return text.normalize("NFKC").toLowerCase();
}

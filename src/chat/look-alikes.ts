// Letters that look like a Latin letter, for comparing names. The table has the Latin, Greek and Cyrillic characters that Unicode Technical
// Standard 39 (confusables.txt, 10.0) maps to one Latin letter, after case folding, and the lower case of capitals that it maps so. It leaves
// out ASCII ("bill" and "bi11" are two names) and the letters ь, σ and ς, which differ from others within ordinary words.

const LOOK_ALIKES: Readonly<Record<string, string>> = {
	a: "ɑαа",
	b: "βв",
	c: "с",
	d: "ԁ",
	e: "εеҽꬲ",
	f: "ϝẝꞙꬵ",
	g: "ƍɡԍᶃ",
	h: "ηнһ",
	i: "ıɩιіӏꙇ",
	j: "ϳј",
	k: "κк",
	m: "μϻм",
	o: "οоᴑꬽ",
	p: "ρр",
	q: "ԛ",
	r: "гᴦꭇꭈ",
	s: "ƽѕ",
	t: "τт",
	u: "ʋυꞟꭎꭒ",
	v: "νѵ",
	w: "ɯѡԝ",
	x: "χх",
	y: "ɣγуүᶌỿꭚ",
	z: "ζ",
};

const LATIN: ReadonlyMap<string, string> = new Map(
	Object.entries(LOOK_ALIKES).flatMap(([letter, others]) => [...others].map((other) => [other, letter] as const)),
);

/** The text with each letter that looks like a Latin letter replaced by that letter. The text must be in lower case. */
export function withoutLookAlikes(text: string): string {
	return [...text].map((character) => LATIN.get(character) ?? character).join("");
}

// What XML 1.0 (fifth edition) allows as a character and in a name. The player allows nearly everything; these rules are
// for what leaves to readers of every kind: fragments that are passed on, templates, and the well-formedness check.

const BEGINS = 2;
const CONTINUES = 1;
// What an ASCII character may do in a name.
const ASCII = Uint8Array.from({ length: 128 }, (_, unit) => {
	const character = String.fromCharCode(unit);
	return /[A-Za-z_:]/.test(character) ? BEGINS | CONTINUES : /[0-9.-]/.test(character) ? CONTINUES : 0;
});

// Whether a UTF-16 unit beyond ASCII may begin a name; units of a surrogate pair are judged by `nameEnd`.
function startsName(unit: number): boolean {
	return (
		(unit >= 0xc0 && unit <= 0x2ff && unit !== 0xd7 && unit !== 0xf7) ||
		(unit >= 0x370 && unit <= 0x1fff && unit !== 0x37e) ||
		unit === 0x200c ||
		unit === 0x200d ||
		(unit >= 0x2070 && unit <= 0x218f) ||
		(unit >= 0x2c00 && unit <= 0x2fef) ||
		(unit >= 0x3001 && unit <= 0xd7ff) ||
		(unit >= 0xf900 && unit <= 0xfdcf) ||
		(unit >= 0xfdf0 && unit <= 0xfffd)
	);
}

function continuesName(unit: number): boolean {
	return startsName(unit) || unit === 0xb7 || (unit >= 0x300 && unit <= 0x36f) || unit === 0x203f || unit === 0x2040;
}

/** The end of the name that begins at `start` and ends before `end`; `start` itself where there is no name. */
export function nameEnd(source: string, start: number, end: number): number {
	let at = start;
	let wanted = BEGINS;
	while (at < end) {
		const unit = source.charCodeAt(at);
		if (unit < 128) {
			if (((ASCII[unit] as number) & wanted) === 0) break;
			at++;
		} else if (wanted === BEGINS ? startsName(unit) : continuesName(unit)) at++;
		// U+10000 to U+EFFFF: the first unit of the pair is below 0xDB80.
		else if (unit >= 0xd800 && unit < 0xdb80 && isTrail(source.charCodeAt(at + 1)) && at + 1 < end) at += 2;
		else break;
		wanted = CONTINUES;
	}
	return at;
}

/** Whether `text` is a name of XML 1.0. */
export function isName(text: string): boolean {
	return text !== "" && nameEnd(text, 0, text.length) === text.length;
}

/** The units of the character at `at`: 1 or 2, or 0 where XML 1.0 allows no such character. */
export function characterLength(source: string, at: number): 0 | 1 | 2 {
	const unit = source.charCodeAt(at);
	if (unit >= 32 && unit < 0xd800) return 1;
	if (unit < 32) return unit === 9 || unit === 10 || unit === 13 ? 1 : 0;
	if (unit >= 0xe000) return unit < 0xfffe ? 1 : 0;
	return unit < 0xdc00 && isTrail(source.charCodeAt(at + 1)) ? 2 : 0;
}

/** Whether XML 1.0 allows the character with this code point. */
export function isCharacter(code: number): boolean {
	if (code < 32) return code === 9 || code === 10 || code === 13;
	return code < 0xd800 || (code >= 0xe000 && code < 0xfffe) || (code >= 0x10000 && code <= 0x10ffff);
}

function isTrail(unit: number): boolean {
	return unit >= 0xdc00 && unit <= 0xdfff;
}

// Makes characters visible that would not be seen, or that would control a terminal or reorder a line: controls, marks of text direction, lone
// surrogates, strange bytes. Everything that others have sent is shown through this. It also measures the columns of a text.

/** A run of text, or a character in its visible form. */
export interface VisiblePart {
	readonly text: string;
	/** Whether `text` is a visible form, not what is in the document. */
	readonly control: boolean;
}

// Controls, format characters but the joiners inside words and emoji, separators of lines, surrogates, and characters not assigned or private.
const HIDDEN = /[^\P{Cc}]|[^\P{Cf}\u200c\u200d]|[\u2028\u2029]|\p{Cs}|\p{Noncharacter_Code_Point}/gu;

/** Cuts text into what is shown as it is and visible forms: `␀` to `␟`, `␡`, `\x85`, `\u202e`; `\xE9` for a byte that is not of the encoding. */
export function visibleParts(text: string): VisiblePart[] {
	if (PLAIN.test(text)) return text === "" ? [] : [{ text, control: false }];
	const parts: VisiblePart[] = [];
	let from = 0;
	for (const { index, 0: hidden } of text.matchAll(HIDDEN)) {
		if (index > from) parts.push({ text: text.slice(from, index), control: false });
		parts.push({ text: visibleForm(hidden), control: true });
		from = index + hidden.length;
	}
	if (from < text.length) parts.push({ text: text.slice(from), control: false });
	return parts;
}

/** The text with visible forms in it. Nothing of it controls a terminal, and it has no line breaks. */
export function visible(text: string): string {
	return PLAIN.test(text) ? text : text.replace(HIDDEN, visibleForm);
}

function visibleForm(character: string): string {
	const code = character.codePointAt(0) as number;
	if (code < 0x20) return String.fromCharCode(0x2400 + code);
	if (code === 0x7f) return "\u2421";
	if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16).toUpperCase()}`;
	if (code < 0x100) return `\\x${code.toString(16)}`;
	return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** The columns that a text takes in a terminal: 2 for wide characters of East Asia and emoji, 0 for marks on others. */
export function columnsOf(text: string): number {
	if (PLAIN.test(text)) return text.length;
	let columns = 0;
	for (const character of text) columns += widthOf(character);
	return columns;
}

/** The longest beginning of a text that takes at most so many columns. */
export function cutToColumns(text: string, most: number): string {
	if (text.length <= most && PLAIN.test(text)) return text;
	let columns = 0;
	let end = 0;
	for (const character of text) {
		columns += widthOf(character);
		if (columns > most) return text.slice(0, end);
		end += character.length;
	}
	return text;
}

const PLAIN = /^[\x20-\x7e]*$/;
const MARK = /^[\p{Mn}\p{Me}\u200c\u200d]/u;

function widthOf(character: string): number {
	const code = character.codePointAt(0) as number;
	if (code < 0x300) return 1;
	if (MARK.test(character)) return 0;
	if (code < 0x1100) return 1;
	for (let at = 0; at < WIDE.length; at += 2) {
		if (code < (WIDE[at] as number)) return 1;
		if (code <= (WIDE[at + 1] as number)) return 2;
	}
	return 1;
}

// First and last code points of the wide blocks, in order.
const WIDE: readonly number[] = [
	0x1100, 0x115f, 0x2e80, 0x303e, 0x3041, 0x4dbf, 0x4e00, 0xa4cf, 0xa960, 0xa97f, 0xac00, 0xd7a3, 0xf900, 0xfaff,
	0xfe30, 0xfe6f, 0xff00, 0xff60, 0xffe0, 0xffe6, 0x1f300, 0x1f64f, 0x1f680, 0x1f6ff, 0x1f900, 0x1f9ff, 0x20000,
	0x3fffd,
];

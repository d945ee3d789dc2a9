// Cuts XML text into its pieces as it is written: tags, texts, comments, sections. The pieces put together are the text, whatever it is, so that
// what is shown is what was sent: quotes, references and CDATA sections stay. It builds no tree and refuses nothing.

/** What a piece is. `broken` is a "<" with no end: the rest of the text. */
export type PieceKind = "open" | "empty" | "close" | "text" | "comment" | "cdata" | "declaration" | "broken";

/** A piece of the text, from `start` up to `end`. */
export interface Piece {
	readonly kind: PieceKind;
	readonly start: number;
	readonly end: number;
}

/** The most pieces that are read; the rest of a text with more of them is one `broken` piece. */
const MOST_PIECES = 200_000;

/** The pieces of a text in order. */
export function xmlPieces(text: string): Piece[] {
	const pieces: Piece[] = [];
	let at = 0;
	while (at < text.length) {
		const start = at;
		if (pieces.length >= MOST_PIECES) {
			pieces.push({ kind: "broken", start, end: text.length });
			break;
		}
		if (text.charCodeAt(at) !== 60) {
			at = text.indexOf("<", at);
			if (at < 0) at = text.length;
			pieces.push({ kind: "text", start, end: at });
			continue;
		}
		const [kind, end] = markupAt(text, at);
		at = end < 0 ? text.length : end;
		pieces.push({ kind: end < 0 ? "broken" : kind, start, end: at });
	}
	return pieces;
}

function markupAt(text: string, at: number): [PieceKind, number] {
	if (text.startsWith("<!--", at)) return ["comment", behind(text, "-->", at + 4)];
	if (/^<!\[cdata\[/i.test(text.slice(at, at + 9))) return ["cdata", behind(text, "]]>", at + 9)];
	if (text.startsWith("<?", at)) return ["declaration", behind(text, "?>", at + 2)];
	if (text.startsWith("<!", at)) return ["declaration", behind(text, ">", at + 2)];
	if (text.startsWith("</", at)) return ["close", behind(text, ">", at + 2)];
	const end = endOfTag(text, at + 1);
	return [end > 0 && text.charCodeAt(end - 2) === 47 ? "empty" : "open", end];
}

// Behind the ">" that ends a start tag; one in quotes does not end it. -1 where there is none.
function endOfTag(text: string, at: number): number {
	TAG_MARK.lastIndex = at;
	for (let found = TAG_MARK.exec(text); found !== null; found = TAG_MARK.exec(text)) {
		if (found[0] === ">") return TAG_MARK.lastIndex;
		const close = text.indexOf(found[0], TAG_MARK.lastIndex);
		if (close < 0) return -1;
		TAG_MARK.lastIndex = close + 1;
	}
	return -1;
}

const TAG_MARK = /[>"']/g;

function behind(text: string, mark: string, from: number): number {
	const at = text.indexOf(mark, from);
	return at < 0 ? -1 : at + mark.length;
}

const NAME = /[^\s<>/!?"'=]{1,256}/y;
const BLANK = /[\s\ufeff]*/y;

/** The name of the root element of a text, complete or not; undefined where it does not begin with one. Looks at the first 4096 units. */
export function rootNameOf(text: string): string | undefined {
	const head = text.length > 4096 ? text.slice(0, 4096) : text;
	let at = 0;
	for (;;) {
		BLANK.lastIndex = at;
		BLANK.exec(head);
		at = BLANK.lastIndex;
		if (head.charCodeAt(at) !== 60) return undefined;
		const next = head.charCodeAt(at + 1);
		if (next !== 33 && next !== 63) {
			NAME.lastIndex = at + 1;
			return NAME.exec(head)?.[0];
		}
		const end = markupAt(head, at)[1];
		if (end < 0) return undefined;
		at = end;
	}
}

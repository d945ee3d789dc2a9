// Small looks at a source text that the parser and the root reader share. They compare in place and make no strings.
// White space is space, tab, CR and LF everywhere; a no-break space is text.

/** Whether a UTF-16 unit is white space of XML. */
export function isSpace(unit: number): boolean {
	return unit === 32 || unit === 10 || unit === 9 || unit === 13;
}

/** Whether there is nothing but white space between `start` and `end`. */
export function isWhite(source: string, start: number, end: number): boolean {
	for (let at = start; at < end; at++) if (!isSpace(source.charCodeAt(at))) return false;
	return true;
}

/** Whether `word`, which is written in lower case, is at `start` in any letter case of ASCII. */
export function startsWithWord(source: string, start: number, word: string): boolean {
	for (let at = 0; at < word.length; at++) {
		const unit = source.charCodeAt(start + at);
		if ((unit >= 65 && unit <= 90 ? unit + 32 : unit) !== word.charCodeAt(at)) return false;
	}
	return true;
}

/** The end of the document type declaration that begins at `start`, behind the ">" that matches its "<"; else -1. */
export function endOfDocType(source: string, start: number): number {
	let depth = 0;
	for (let at = start; at < source.length; at++) {
		const unit = source.charCodeAt(at);
		if (unit === 60) depth++;
		else if (unit === 62 && --depth === 0) return at + 1;
	}
	return -1;
}

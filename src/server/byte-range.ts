// The Range header of a GET request for one file: RFC 9110, 14.1.2. One range; a list of ranges is answered with the whole file,
// as the standard allows.

/** First and last byte, both included. */
export interface ByteRange {
	readonly start: number;
	readonly end: number;
}

/**
 * Reads a Range header.
 *
 * @returns undefined where the whole file is the answer; "unsatisfiable" where no byte of the file is in the range.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
	const match = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/.exec(header ?? "");
	if (!match) return undefined;
	const [, from, to, suffix] = match;
	const start = from === undefined ? Math.max(0, size - Number(suffix)) : Number(from);
	const end = to === undefined || to === "" ? size - 1 : Math.min(Number(to), size - 1);
	return start > end ? "unsatisfiable" : { start, end };
}

// The last lines of the daemon's log, for the log of the admin page. It keeps the lines as they are; nothing is parsed here.

const MAX_LINES = 500;
const MAX_LINE_CHARACTERS = 4096;

/** Lines behind a number. */
export interface LogPart {
	readonly lines: readonly string[];
	/** The number to ask with next time. */
	readonly next: number;
	/** Lines that were there and are not in the part. */
	readonly dropped: number;
}

/** A bounded number of lines. */
export class RecentLog {
	readonly #lines: string[] = [];
	/** The number of the line behind the last one. */
	#next = 0;

	/** Keeps a line, for a while. */
	add(line: string): void {
		this.#lines[this.#next % MAX_LINES] =
			line.length <= MAX_LINE_CHARACTERS ? line.trimEnd() : `${line.slice(0, MAX_LINE_CHARACTERS)}…`;
		this.#next++;
	}

	/** The lines from a number on, the newest `limit` of them. Default of the number: wherever those begin. */
	from(given: number | undefined, limit: number): LogPart {
		const next = this.#next;
		const number = given === undefined ? Math.max(0, next - Math.min(limit, MAX_LINES)) : Math.min(given, next);
		const first = Math.max(number, next - Math.min(limit, MAX_LINES));
		const lines = Array.from({ length: next - first }, (_, at) => this.#lines[(first + at) % MAX_LINES]!);
		return { lines, next, dropped: first - number };
	}
}

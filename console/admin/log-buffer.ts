// The newest lines of the daemon's log that reached this page, within a bound, each taken apart into time, level, text and further facts.
// It draws nothing.

/** A line of the log. */
export interface LogLine {
	/** Counts up from 1. */
	readonly number: number;
	/** Milliseconds since 1970; NaN: unknown. */
	readonly time: number;
	readonly level: LogLevel;
	readonly text: string;
	/** The other fields, as `name=value`. */
	readonly facts: string;
	/** Who wrote it. */
	readonly node: string;
}

export type LogLevel = "debug" | "info" | "warning" | "error";
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

const MAX_LINES = 1000;
const MAX_RECENT = 100;
const SHORT_MS = 2000;
const MAX_CHARACTERS = 4000;
/** Fields that say the same in every line, or are shown elsewhere. */
const NOT_FACTS: ReadonlySet<string> = new Set(["level", "time", "msg", "pid", "hostname", "v"]);

export class LogBuffer {
	/** Lines that did not reach this page. */
	dropped = 0;
	#lines: LogLine[] = [];
	#count = 0;
	/** The newest lines as they came. */
	#recent: string[] = [];

	/** The oldest first. */
	get lines(): readonly LogLine[] {
		return this.#lines;
	}

	/**
	 * Adds an event of the stream: a line with its node, or the number of lines that are missing.
	 *
	 * @param isRepeated whether it may be one of the newest lines again, with which a stream begins
	 */
	add(data: string, isRepeated: boolean): void {
		if (isRepeated && this.#recent.includes(data)) return;
		this.#recent.push(data);
		if (this.#recent.length > MAX_RECENT) this.#recent.shift();
		let value: unknown;
		try {
			value = JSON.parse(data);
		} catch {
			return;
		}
		const { dropped, line, node } = (value ?? {}) as { dropped?: unknown; line?: unknown; node?: unknown };
		if (typeof dropped === "number") this.missing(dropped);
		else if (typeof line === "object" && line !== null) {
			this.#push(parts(line as Record<string, unknown>, typeof node === "string" ? node : ""));
		}
	}

	/** Notes that events are missing. */
	missing(count: number): void {
		if (!(count > 0)) return;
		this.dropped += count;
		const text = count === 1 ? "1 line is missing here." : `${count.toLocaleString()} lines are missing here.`;
		this.#push({ time: Number.NaN, level: "warning", text, facts: "", node: "" });
	}

	/** Notes that there was no stream between two times, in milliseconds since 1970. Short breaks lose nothing. */
	interrupted(from: number, to: number): void {
		if (to - from < SHORT_MS) return;
		const text = "There was no connection before this line. Lines may be missing.";
		this.#push({ time: to, level: "info", text, facts: "", node: "" });
	}

	#push(line: Omit<LogLine, "number">): void {
		this.#lines.push({ number: ++this.#count, ...line });
		if (this.#lines.length > MAX_LINES) this.#lines = this.#lines.slice(-MAX_LINES);
	}
}

function parts(fields: Record<string, unknown>, node: string): Omit<LogLine, "number"> {
	const { time, level, msg } = fields;
	const facts = Object.entries(fields)
		.filter(([name]) => !NOT_FACTS.has(name))
		.map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
		.join(" ");
	return {
		time: typeof time === "number" ? time : Date.parse(String(time)),
		level: levelOf(level),
		text: String(msg ?? "").slice(0, MAX_CHARACTERS),
		facts: facts.slice(0, MAX_CHARACTERS),
		node,
	};
}

// Numbers as in the daemon's JSON lines: 30 is information, 40 a warning, 50 an error.
function levelOf(level: unknown): LogLevel {
	if (typeof level === "number")
		return level >= 50 ? "error" : level >= 40 ? "warning" : level >= 30 ? "info" : "debug";
	if (level === "error" || level === "fatal") return "error";
	if (level === "warn" || level === "warning") return "warning";
	return level === "debug" || level === "trace" ? "debug" : "info";
}

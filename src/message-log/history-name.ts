// The name of a history, which clients receive as `log` and send back when they resume. It also comes from outside: from an export
// file, and from a stream that other programs can write to. So it is checked wherever it is read.

const HISTORY_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether a value can name a history: 1 to 64 letters, digits, '-' and '_'. */
export function isHistoryName(value: unknown): value is string {
	return typeof value === "string" && HISTORY_NAME.test(value);
}

// Quotes one argument for a command line.

/** The argument, in quotes if a POSIX shell would interpret it. */
export function quoteForShell(text: string): string {
	return /^[\w.:=@,+/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

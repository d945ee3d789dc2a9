// One word of a command line, as a shell has to be given it.

/** The word, in quotes where it holds what a shell would read for itself. */
export function quoteForShell(text: string): string {
	return /^[\w.:=@,+/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

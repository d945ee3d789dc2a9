// The `%xt%…%` documents of some game servers: where their command is.

/**
 * The index of the command among the fields behind the first `%`, of which the first is `xt`.
 *
 * Servers put it second (`%xt%sm%…`); clients put the letter of an extension before it (`%xt%s%m#sm%…`, `%xt%z%zo%…`).
 */
export function commandIndexOf(fields: readonly string[]): number {
	const [, second, third] = fields;
	if (second?.length !== 1 || third === undefined || !/^[^-\d]/.test(third)) return 1;
	return third.includes("#") || second === "s" || second === "z" ? 2 : 1;
}

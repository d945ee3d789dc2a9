// Names as tokens of NATS subjects. A subject gives '.', '*', '>' and '$' a meaning and ends at a blank, so that no name of a room
// or a person goes into one as it is.

/**
 * Any name as one safe token of a subject: base64url of its UTF-8 without padding, after an underscore, so that the empty name
 * has one too.
 *
 * @example
 * ```ts
 * subjectToken("a.>"); // "_YS4-"
 * nameOfToken("_YS4-"); // "a.>"
 * ```
 */
export function subjectToken(name: string): string {
	return `_${Buffer.from(name, "utf8").toString("base64url")}`;
}

/** The name of a token that `subjectToken` made. */
export function nameOfToken(token: string): string {
	return Buffer.from(token.slice(1), "base64url").toString("utf8");
}

// What the server needs of a logger; pino's loggers have it. The command line gives one that writes JSON lines to standard
// error; a program that embeds the server gives its own, or none.

/** Structured logging: an object with the facts, then words. */
export interface Logger {
	debug(facts: object, words: string): void;
	info(facts: object, words: string): void;
	warn(facts: object, words: string): void;
	error(facts: object, words: string): void;
}

const silence = (): void => {};
/** Says nothing. */
export const silentLogger: Logger = { debug: silence, info: silence, warn: silence, error: silence };

const MAX_LOGGED = 256;

/** A peer's text as it may stand in a log: at most 256 characters, without controls that would forge or hide lines. */
export function loggable(text: string): string {
	return text.slice(0, MAX_LOGGED).replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd");
}

// The logger that a server accepts; pino's loggers fit. The command line passes one that writes JSON lines to standard error; a
// program that embeds the server passes its own, or none.

/** Structured logging: an object with the facts, then a message. */
export interface Logger {
	debug(facts: object, message: string): void;
	info(facts: object, message: string): void;
	warn(facts: object, message: string): void;
	error(facts: object, message: string): void;
}

const silence = (): void => {};
/** A logger that writes nothing. */
export const silentLogger: Logger = { debug: silence, info: silence, warn: silence, error: silence };

const MAX_LOGGED = 256;

/** A client's text in a form that is safe to log: at most 256 characters, without controls that would forge or hide lines. */
export function loggable(text: string): string {
	return text.slice(0, MAX_LOGGED).replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd");
}

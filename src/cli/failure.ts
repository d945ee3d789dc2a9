// The error text and the exit code of a failed command.

import { ERROR_CODES } from "../errors/codes.ts";
import { type ErrorEntry, XMLSocketError } from "../errors/index.ts";
import { isTooManyFiles, TOO_MANY_FILES } from "./too-many-files.ts";

const COULD_NOT_CONNECT: ReadonlySet<string> = new Set([
	"XMLSOCKET_CONNECT_FAILED",
	"XMLSOCKET_CONNECT_TIMEOUT",
	"XMLSOCKET_ABORTED",
]);
const USAGE: ReadonlySet<string> = new Set([
	"XMLSOCKET_OPTION_INVALID",
	"XMLSOCKET_OPTION_UNKNOWN",
	"XMLSOCKET_ADDRESS_INVALID",
	"XMLSOCKET_HOST_UNAVAILABLE",
	"XMLSOCKET_TARGET_INVALID",
	"XMLSOCKET_PORT_RESERVED",
	"XMLSOCKET_CONFIG_UNREADABLE",
	"XMLSOCKET_NUL_IN_DOCUMENT",
	"XMLSOCKET_FOLDER_UNREADABLE",
	"XMLSOCKET_MOVIE_UNREADABLE",
	"XMLSOCKET_SCRIPT_UNREADABLE",
	"XMLSOCKET_APPLICATION_XML_INVALID",
	"XMLSOCKET_FILE_EXISTS",
	"XMLSOCKET_FILE_NOT_WRITTEN",
	"XMLSOCKET_RECORDING_EMPTY",
	"XMLSOCKET_RECORDING_EXISTS",
	"XMLSOCKET_RECORDING_INVALID",
	"XMLSOCKET_RECORDING_TOO_NEW",
	"XMLSOCKET_RECORDING_UNREADABLE",
	"XMLSOCKET_REPLAY_RULES_INVALID",
	"XMLSOCKET_FILTER_INVALID",
	"XMLSOCKET_TARGET_IS_SELF",
]);

/** 3: could not connect; 2: wrong usage; 1: any other failure. */
export function exitCodeOf(error: unknown): number {
	if (!(error instanceof XMLSocketError)) return 1;
	if (COULD_NOT_CONNECT.has(error.code)) return 3;
	return USAGE.has(error.code) ? 2 : 1;
}

/** What to do about an error with this code. */
export function hintOf(code: string): string | undefined {
	const entry: ErrorEntry | undefined = code in ERROR_CODES ? ERROR_CODES[code as keyof typeof ERROR_CODES] : undefined;
	return entry?.hint;
}

/** What happened, then what to do about it. */
export function failureText(error: unknown): string {
	if (!(error instanceof XMLSocketError) && isTooManyFiles(error)) return TOO_MANY_FILES;
	if (!(error instanceof XMLSocketError))
		return `xmlsocket: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
	const hint = hintOf(error.code);
	return `xmlsocket: ${error.message}${hint === undefined ? "" : `\n  ${hint}`} (${error.code})`;
}

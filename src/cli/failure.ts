// The error text and the exit code of a failed command.

import { ERROR_CODES } from "../errors/codes.ts";
import { type ErrorEntry, XMLSocketError } from "../errors/index.ts";

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
]);

/** 3: could not connect; 2: wrong usage; 1: any other failure. */
export function exitCodeOf(error: unknown): number {
	if (!(error instanceof XMLSocketError)) return 1;
	if (COULD_NOT_CONNECT.has(error.code)) return 3;
	return USAGE.has(error.code) ? 2 : 1;
}

/** What happened, then what to do about it. */
export function failureText(error: unknown): string {
	if (!(error instanceof XMLSocketError) && /^(EMFILE|ENFILE)$/.test((error as NodeJS.ErrnoException).code ?? ""))
		return "xmlsocket: Too many files are open, so the program cannot start.\n  Raise the limit: `ulimit -n 65536` in a shell, LimitNOFILE= in a systemd unit, --ulimit nofile=65536 for a container.";
	if (!(error instanceof XMLSocketError))
		return `xmlsocket: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
	const { hint }: ErrorEntry = ERROR_CODES[error.code];
	return `xmlsocket: ${error.message}${hint === undefined ? "" : `\n  ${hint}`} (${error.code})`;
}

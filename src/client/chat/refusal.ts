// A server's refusal as an error: the code of the wire becomes one of ours, the server's sentence stays. docs/errors.md.

import { type ErrorCode, XMLSocketError } from "../../errors/index.ts";

/**
 * The error of `<error code="name-taken">`: XMLSOCKET_NAME_TAKEN. A code that this version does not know is turned over in
 * the same way, so that a program can look at it.
 */
export function refusal(code: string, words: string, id?: string): XMLSocketError {
	const own = `XMLSOCKET_${code.toUpperCase().replaceAll("-", "_")}` as ErrorCode;
	return new XMLSocketError(own, words || `The server refused that (${code}).`, {
		...(id === undefined ? {} : { details: { id } }),
	});
}

/** A message has left, and what became of it cannot be found out. `details.id` is its id. */
export function outcomeUnknown(id: string, why: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_OUTCOME_UNKNOWN", `It is not known whether the message ${id} arrived: ${why}.`, {
		...(cause === undefined ? {} : { cause }),
		details: { id },
	});
}

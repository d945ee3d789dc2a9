// Answers of the admin API: JSON that no cache keeps, and errors with their code, their text and a hint.

import type { ServerResponse } from "node:http";
import { ERROR_CODES, type ErrorEntry } from "../errors/codes.ts";
import { type ErrorCode, XMLSocketError } from "../errors/index.ts";
import { answer, countAsAnswered, refuseRequest } from "../server/index.ts";

const JSON_TYPE = "application/json; charset=utf-8";

/** The status of each code; 400 for the others. */
const STATUS: Partial<Readonly<Record<ErrorCode, number>>> = {
	XMLSOCKET_ADMIN_UNAUTHORIZED: 401,
	XMLSOCKET_ADMIN_FOREIGN_ORIGIN: 403,
	XMLSOCKET_ADMIN_PATH_UNKNOWN: 404,
	XMLSOCKET_ADMIN_CLIENT_UNKNOWN: 404,
	XMLSOCKET_NODE_UNKNOWN: 404,
	XMLSOCKET_NAME_UNKNOWN: 404,
	XMLSOCKET_ROOM_UNKNOWN: 404,
	XMLSOCKET_SANCTION_UNKNOWN: 404,
	XMLSOCKET_ADMIN_METHOD: 405,
	XMLSOCKET_ADMIN_NOT_APPLICABLE: 409,
	XMLSOCKET_DOCUMENT_TOO_LARGE: 413,
	XMLSOCKET_TOO_MANY_GUESSES: 429,
	XMLSOCKET_ADMIN_TOO_MANY_STREAMS: 429,
	XMLSOCKET_UNAVAILABLE: 503,
};

/** Answers with a value. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
	response.setHeader("cache-control", "no-store");
	countAsAnswered(response);
	answer(response, status, `${JSON.stringify(value)}\n`, JSON_TYPE);
}

/** Answers with an error. Rethrows what is no XMLSocketError: the server reports it and answers 500. */
export function sendError(response: ServerResponse, error: unknown): void {
	if (!(error instanceof XMLSocketError)) throw error;
	const { code, message, details } = error;
	// Another node can have codes that this version does not know.
	const { hint } = (ERROR_CODES[code] as ErrorEntry | undefined) ?? {};
	const body = `${JSON.stringify({ error: { code, text: message, ...(hint === undefined ? {} : { hint }) } })}\n`;
	response.setHeader("cache-control", "no-store");
	if (code === "XMLSOCKET_ADMIN_UNAUTHORIZED") {
		response.setHeader("www-authenticate", 'Bearer realm="xmlsocket admin"');
		refuseRequest(response, 401, "wrong-admin-token", body, JSON_TYPE);
	} else if (code === "XMLSOCKET_TOO_MANY_GUESSES") {
		response.setHeader("retry-after", String(details.waitSeconds ?? 1));
		refuseRequest(response, 429, "token-guessing", body, JSON_TYPE);
	} else if (code === "XMLSOCKET_ADMIN_FOREIGN_ORIGIN") {
		refuseRequest(response, 403, "foreign-origin", body, JSON_TYPE);
	} else {
		countAsAnswered(response);
		answer(response, STATUS[code] ?? 400, body, JSON_TYPE);
	}
}

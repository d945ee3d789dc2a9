// What the page says when something was refused or ended: the server's codes in everyday words. The server's own sentence
// stands where there is no better one.

import { wireCode, XMLSocketError } from "../src/errors/index.ts";

const ERRORS: Readonly<Record<string, string>> = {
	"name-taken": "Someone else is using that name. Please choose another.",
	"name-invalid": "That name cannot be used. A name has 1 to 64 characters and no control characters.",
	"name-unknown": "Nobody of that name is here.",
	"token-invalid": "This name needs its token. The operator of the server can give you one.",
	"room-not-joined": "You are not in this room any more. Enter it again to speak.",
	"room-unknown": "There is no such room, and new ones cannot be made here.",
	"not-operator": "Only operators may do that.",
	"document-too-large": "That message is too long.",
	unavailable: "The server cannot reach its store just now.",
	kicked: "An operator has sent you out of this room.",
	banned: "An operator has banned you from this room.",
	"outcome-unknown": "The connection was lost before the answer came; it may have arrived.",
};

/** One is to be in the room, and the server has no access to it for now. */
export const OUTSIDE = "This room cannot be reached just now; the page will try again.";

const FAREWELLS: Readonly<Record<string, string>> = {
	XMLSOCKET_SESSION_RESUMED: "You have gone on with this chat in another tab or window.",
};

const NAME_REFUSALS: ReadonlySet<string> = new Set([
	"XMLSOCKET_NAME_TAKEN",
	"XMLSOCKET_NAME_INVALID",
	"XMLSOCKET_TOKEN_INVALID",
	"XMLSOCKET_SESSION_IN_USE",
]);

/** A refusal in words. */
export function errorWords(code: string, text: string): string {
	return own(ERRORS, code) ?? (text || `The server refused that (${code}).`);
}

/** What a promise was rejected with, in words. */
export function refusalWords(error: unknown): string {
	return error instanceof XMLSocketError ? errorWords(wireCode(error.code), error.message) : String(error);
}

/** Whether the server does not give the name that was asked for. */
export function isNameRefusal(error: unknown): boolean {
	return error instanceof XMLSocketError && NAME_REFUSALS.has(error.code);
}

/** Why the chat is over, in words. */
export function farewellWords(code: string | undefined): string {
	return own(FAREWELLS, code ?? "") ?? "The server has closed the connection.";
}

function own(table: Readonly<Record<string, string>>, key: string): string | undefined {
	return Object.hasOwn(table, key) ? table[key] : undefined;
}

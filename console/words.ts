// The texts of the page for refusals and for the end of the chat, by the server's codes. Other codes show the server's own text.

import { wireCode, XMLSocketError } from "../src/errors/index.ts";

const ERRORS: Readonly<Record<string, string>> = {
	"name-taken": "Someone else is using that name. Please choose another.",
	"name-unknown": "No one with that name is here.",
	"token-invalid": "This name needs its token. The operator of the server can give you one.",
	"token-expired": "Your login has ended. Reload the page of the site that you came from, or log in there again.",
	"token-used": "This login was used already. Reload the page of the site that you came from to get a new one.",
	"token-too-early": "Your login is not valid yet: the clocks of the site and of this server differ.",
	"room-not-allowed": "Your login is not for this room.",
	"room-not-joined": "You are no longer in this room. Enter it again to send messages.",
	"room-unknown": "There is no such room, and you cannot create one here.",
	"not-operator": "Only operators may do that.",
	"document-too-large": "That message is too long.",
	unavailable: "The server cannot reach its storage at the moment.",
	kicked: "An operator has removed you from this room.",
	banned: "An operator has banned you from this room.",
	"outcome-unknown": "The connection was lost before the answer arrived; the message may have been delivered.",
};

/** The user should be in the room, and the server cannot reach it at the moment. */
export const OUTSIDE = "This room cannot be reached at the moment; the page will try again.";

const FAREWELLS: Readonly<Record<string, string>> = {
	XMLSOCKET_SESSION_RESUMED: "You have continued this chat in another tab or window.",
};

const NAME_REFUSALS: ReadonlySet<string> = new Set([
	"XMLSOCKET_NAME_TAKEN",
	"XMLSOCKET_NAME_INVALID",
	"XMLSOCKET_TOKEN_INVALID",
	"XMLSOCKET_TOKEN_EXPIRED",
	"XMLSOCKET_TOKEN_TOO_EARLY",
	"XMLSOCKET_TOKEN_USED",
	"XMLSOCKET_LOGIN_REFUSED",
	"XMLSOCKET_SESSION_IN_USE",
]);

/** The text of a refusal. */
export function errorWords(code: string, text: string): string {
	return own(ERRORS, code) ?? (text || `The server refused that (${code}).`);
}

/** The text of a rejected promise. */
export function refusalWords(error: unknown): string {
	return error instanceof XMLSocketError ? errorWords(wireCode(error.code), error.message) : String(error);
}

/** Whether the server refused the name. */
export function isNameRefusal(error: unknown): boolean {
	return error instanceof XMLSocketError && NAME_REFUSALS.has(error.code);
}

/** The text for the end of the chat. */
export function farewellWords(code: string | undefined): string {
	return own(FAREWELLS, code ?? "") ?? "The server has closed the connection.";
}

function own(table: Readonly<Record<string, string>>, key: string): string | undefined {
	return Object.hasOwn(table, key) ? table[key] : undefined;
}

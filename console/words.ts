// What the page says when something was refused or ended: the server's codes in everyday words. The server's own sentence
// stands where there is no better one.

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
};

const FAREWELLS: Readonly<Record<string, string>> = {
	"session-resumed": "You have gone on with this chat in another tab or window.",
};

const EXITS: Readonly<Record<string, string>> = {
	kicked: "An operator has sent you out of this room.",
	banned: "An operator has banned you from this room.",
	unavailable: "This room cannot be reached just now; the page will try again.",
};

/** A refusal in words. */
export function errorWords(code: string, text: string): string {
	return own(ERRORS, code) ?? (text || `The server refused that (${code}).`);
}

/** A farewell of the server in words. */
export function farewellWords(reason: string): string {
	return own(FAREWELLS, reason) ?? "The server has closed the connection.";
}

/** Why one is not in a room any more, in words. */
export function exitWords(reason: string | undefined): string {
	return own(EXITS, reason ?? "") ?? "You are not in this room any more.";
}

/** Whether coming back by oneself after this farewell would do harm: two tabs would push each other out without end. */
export function staysAway(reason: string): boolean {
	return reason === "session-resumed";
}

function own(table: Readonly<Record<string, string>>, key: string): string | undefined {
	return Object.hasOwn(table, key) ? table[key] : undefined;
}

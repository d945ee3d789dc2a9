// What the page says when something was refused or ended: the server's codes in everyday words. The server's own sentence
// stands where there is no better one.

const ERRORS: Readonly<Record<string, string>> = {
	"name-taken": "Someone else is using that name. Please choose another.",
	"name-invalid": "That name cannot be used. A name has 1 to 64 characters and no control characters.",
	"name-reserved": "Names that begin with “guest-” are reserved. Please choose another.",
	"token-required": "This server asks for a token. Its operator can give you one.",
	"token-invalid": "The server does not know that token, or it belongs to another name.",
	"room-not-joined": "You are not in this room any more. Enter it again to speak.",
	"rate-limited": "That was a little fast. Wait a moment and try again.",
	muted: "An operator has muted you in this room.",
	banned: "An operator has banned you from this room.",
	"not-allowed": "Only operators may do that.",
	"document-too-large": "That message is too long.",
};

const FAREWELLS: Readonly<Record<string, string>> = {
	draining: "The server is restarting.",
	replaced: "You opened this chat somewhere else with the same session.",
	"session-replaced": "You opened this chat somewhere else with the same session.",
	kicked: "An operator has ended your connection.",
	banned: "An operator has banned you.",
};

/** A refusal in words. */
export function errorWords(code: string, text: string): string {
	return own(ERRORS, code) ?? (text || `The server refused that (${code}).`);
}

/** A farewell of the server in words. */
export function farewellWords(reason: string): string {
	return own(FAREWELLS, reason) ?? "The server has closed the connection.";
}

/** Whether coming back by oneself after this farewell would do harm, such as two tabs that push each other out. */
export function staysAway(reason: string): boolean {
	return reason !== "draining" && Object.hasOwn(FAREWELLS, reason);
}

function own(table: Readonly<Record<string, string>>, key: string): string | undefined {
	return Object.hasOwn(table, key) ? table[key] : undefined;
}

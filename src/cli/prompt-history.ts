// The lines that were typed into the prompt of `connect`, kept across runs in the state folder of the XDG specification. Each line is added when it
// is entered, so that a killed prompt loses none and several prompts at a time lose none of each other's.

import { appendFileSync, chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/** As many lines are offered; the file may have twice as many before it is shortened. */
export const MAX_HISTORY = 500;
// An attribute, element, key or word that carries a password or a token: hello, login and <auth> elements of chats and Jabber, and others.
const SECRET =
	/(?:pass(?:wor[dt])?|pwo?r?d|passwd|secret|token|session|ticket|credentials?|api-?key)["']?\s*[=:>]|<(?:auth|response|password|token|secret|digest)\b/i;

/** Whether a line is not kept, because it seems to contain a password or a token, or begins with a space. */
export function isPrivate(line: string): boolean {
	return line.startsWith(" ") || SECRET.test(line);
}

/** The lines of earlier runs, newest first. */
export function readHistory(file = historyFile()): string[] {
	try {
		const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
		if (lines.length > 2 * MAX_HISTORY) shorten(file, lines.slice(-MAX_HISTORY));
		return [...new Set(lines.reverse())].slice(0, MAX_HISTORY);
	} catch {
		return [];
	}
}

/** Adds a line. A history that cannot be written is lost; that is no reason to fail. */
export function addToHistory(line: string, file = historyFile()): void {
	if (line.trim() === "" || isPrivate(line)) return;
	try {
		mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
		appendFileSync(file, `${line}\n`, { mode: 0o600 });
		// A file from a copy or a backup may be readable by others.
		chmodSync(file, 0o600);
	} catch {}
}

/** $XDG_STATE_HOME/xmlsocket/history; the specification ignores a relative path. */
export function historyFile(): string {
	const { XDG_STATE_HOME: state = "", LOCALAPPDATA: local = "" } = process.env;
	if (isAbsolute(state)) return join(state, "xmlsocket", "history");
	if (process.platform === "win32" && local !== "") return join(local, "xmlsocket", "history");
	return join(homedir(), ".local", "state", "xmlsocket", "history");
}

// A whole file takes the place of the old one, so that no reader sees half of it.
function shorten(file: string, lines: readonly string[]): void {
	const next = `${file}.${process.pid}`;
	writeFileSync(next, `${lines.join("\n")}\n`, { mode: 0o600 });
	renameSync(next, file);
}

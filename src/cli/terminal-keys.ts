// The keys of a server that runs in the foreground of a terminal: `h` and Enter shows them. Lines are read, not single keys, so that Ctrl+C, Ctrl+Z
// and pasted text work as the terminal's user is used to.

import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { isatty } from "node:tty";
import { openBrowser } from "./open-browser.ts";

/** What the keys do. */
export interface KeyActions {
	/** The banner, printed again. */
	readonly show: () => string;
	/** The page to open; undefined where the server has none. */
	readonly page: string | undefined;
	readonly reload: () => void;
	readonly stop: () => void;
}

/** How often a server in the background looks whether it is in the foreground again. */
const LOOK_MS = 1000;
const CLEAR = "\u001b[2J\u001b[3J\u001b[H";

/** Whether a user can type to this process. */
export function hasKeys(): boolean {
	return isatty(0) && isatty(1) && isInForeground();
}

/** Reads keys until the process ends. Does nothing where nobody can type. */
export function watchKeys({ show, page, reload, stop }: KeyActions): void {
	if (!hasKeys()) return;
	const { stdin, stdout } = process;
	const keys: Record<string, readonly [about: string, act: () => void]> = {
		u: ["show the addresses again", () => stdout.write(show())],
		...(page === undefined ? {} : { o: ["open the page in a browser", () => openPage(page)] }),
		r: [
			"reload the certificate, the policy file and the token files",
			() => {
				reload();
				stdout.write("Reloaded.\n");
			},
		],
		c: ["clear the screen", () => stdout.write(CLEAR)],
		q: ["stop, as Ctrl+C does", stop],
	};
	const help = (): void => {
		const lines = Object.entries(keys).map(([key, [about]]) => `  ${key}  ${about}\n`);
		stdout.write(`Press a key, then Enter:\n${lines.join("")}  h  show these keys\n`);
	};
	// A terminal that goes away ends the input with an error.
	stdin.on("error", () => {});
	const lines = createInterface({ input: stdin, terminal: false });
	lines.on("line", (line) => {
		const key = line.trim().toLowerCase();
		if (Object.hasOwn(keys, key)) keys[key]![1]();
		else if (key !== "") help();
	});
	// A process in the background that reads from its terminal is stopped by the system. After Ctrl+Z and `bg`, it must not read; and no signal
	// tells it about `fg`.
	const follow = (): void => {
		if (isInForeground()) lines.resume();
		else {
			lines.pause();
			setTimeout(follow, LOOK_MS).unref();
		}
	};
	process.on("SIGCONT", follow);
}

/** Whether this process has no controlling terminal, or no longer has one. Always true on Windows, which has no /dev/tty. */
export function hasNoTerminal(): boolean {
	try {
		closeSync(openSync("/dev/tty", "r"));
		return false;
	} catch {
		return true;
	}
}

function openPage(page: string): void {
	openBrowser(page, (words) => process.stdout.write(`No browser could be opened (${words}): open ${page} yourself.\n`));
}

/** Whether the terminal's foreground process group is that of this process. */
function isInForeground(): boolean {
	if (process.platform === "win32") return true;
	try {
		const [group, foreground] = process.platform === "linux" ? groupsFromProc() : groupsFromPs();
		return group !== undefined && group === foreground;
	} catch {
		return false;
	}
}

// pid (name) state ppid pgrp session tty_nr tpgid …; the name may contain spaces and parentheses.
function groupsFromProc(): (string | undefined)[] {
	const stat = readFileSync("/proc/self/stat", "latin1");
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return [fields[2], fields[5]];
}

function groupsFromPs(): (string | undefined)[] {
	const row = execFileSync("ps", ["-o", "pgid=,tpgid=", "-p", String(process.pid)], { encoding: "utf8" });
	return row.trim().split(/\s+/);
}

// Opens the user's browser with the command of the system. If that fails, the caller prints a line; the address is already printed.

import { spawn } from "node:child_process";

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
	darwin: ["open"],
	// `start` uses its first quoted argument as a title.
	win32: ["cmd", "/d", "/c", "start", ""],
};

/** Opens a page, without waiting for the browser. `failed` receives the reason if there is no browser to open. */
export function openBrowser(url: string, failed: (words: string) => void): void {
	const [program, ...before] = OPENERS[process.platform] ?? ["xdg-open"];
	const opener = spawn(program, [...before, url], { stdio: "ignore", detached: true });
	opener.once("error", (error) => failed(error.message));
	opener.once("exit", (code) => {
		if (code !== 0 && code !== null) failed(`${program} ended with ${code}`);
	});
	opener.unref();
}

// Opens the user's browser, as each system does it. Where that does not work the address has been printed, and a line says so.

import { spawn } from "node:child_process";

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
	darwin: ["open"],
	// `start` takes its first quoted argument for a title.
	win32: ["cmd", "/d", "/c", "start", ""],
};

/** Opens a page; `failed` is told in words where there is no browser to open. Nothing waits for the browser's end. */
export function openBrowser(url: string, failed: (words: string) => void): void {
	const [program, ...before] = OPENERS[process.platform] ?? ["xdg-open"];
	const opener = spawn(program, [...before, url], { stdio: "ignore", detached: true });
	opener.once("error", (error) => failed(error.message));
	opener.once("exit", (code) => {
		if (code !== 0 && code !== null) failed(`${program} ended with ${code}`);
	});
	opener.unref();
}

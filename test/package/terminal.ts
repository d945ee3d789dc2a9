// A terminal with a shell in it, into which a test pastes what a page says, as a reader does.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cleanEnvironment } from "../end-to-end/daemon.ts";
import { findProgram } from "../peer-programs.js";

/** `script` of util-linux, which makes a pseudo terminal; undefined where it is absent. */
export const scriptProgram: string | undefined =
	process.platform === "linux" ? findProgram(["script"], "bsdutils") : undefined;

/** A shell in a terminal. */
export interface Terminal {
	/** All that it has shown. */
	readonly shown: () => string;
	/** Pastes lines, and waits until the shell is ready for the next ones. @returns what was shown meanwhile. */
	paste(text: string): Promise<string>;
	/** Ends the shell and what it started. */
	close(): Promise<void>;
}

/** Opens a terminal in a folder, with these variables in addition. */
export async function openTerminal(cwd: string, env: Record<string, string>): Promise<Terminal> {
	const child = spawn(scriptProgram!, ["-q", "-e", "-c", "bash --norc --noprofile -i", "/dev/null"], {
		cwd,
		env: cleanEnvironment({ ...env, TERM: "dumb", PS1: "$ ", HISTFILE: "" }),
		stdio: ["pipe", "pipe", "inherit"],
	});
	let shown = "";
	child.stdout.on("data", (chunk) => {
		shown += String(chunk);
	});
	const exited = once(child, "exit");
	let ended = false;
	void exited.then(() => {
		ended = true;
	});
	let pastes = 0;
	const paste = async (text: string): Promise<string> => {
		const from = shown.length;
		const deadline = Date.now() + 90_000;
		pastes++;
		// The command that is shown while it is typed differs from what it prints.
		child.stdin.write(`${text.trim()}\necho pasted-$((${pastes}))\n`);
		// A program in the background may have written on this line before.
		while (!shown.slice(from).includes(`pasted-${pastes}\r`)) {
			if (ended || Date.now() > deadline) throw new Error(`the shell is not ready: ${JSON.stringify(shown)}`);
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		return shown.slice(from).replaceAll("\r\n", "\n");
	};
	return {
		shown: () => shown,
		paste,
		async close() {
			// A signal to npx alone would leave what it has started.
			if (!ended) child.stdin.end("\nfor job in $(jobs -p); do kill -- -$job; done; wait; exit\n");
			await exited;
		},
	};
}

// A terminal for tests: Debian's tmux with a server of its own, so that it touches no session of the user.

import { execFileSync } from "node:child_process";
import { findProgram } from "../peer-programs.js";

/** Whether the program is there. In CI it must be. */
export function hasTmux(): boolean {
	return findProgram(["tmux"]) !== undefined;
}

let count = 0;

/** One terminal of 60 columns and 24 rows that runs a command. */
export class Terminal {
	readonly #name = `xmlsocket-test-${process.pid}-${++count}`;

	constructor(command: string, environment: Readonly<Record<string, string>> = {}) {
		const set = Object.entries(environment).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
		this.#tmux([
			"-f",
			"/dev/null",
			"new-session",
			"-d",
			"-x",
			"60",
			"-y",
			"24",
			...set,
			`${command}; echo "exit $?"; cat`,
		]);
	}

	/** Types a text. */
	type(text: string): void {
		this.#tmux(["send-keys", "-l", text]);
	}

	/** Presses a key: `Enter`, `Tab`, `C-c`, `Up`. */
	press(key: string): void {
		this.#tmux(["send-keys", key]);
	}

	/** Pastes a text as a terminal does: marked as pasted where the program wants that. */
	paste(text: string, marked = true): void {
		this.#tmux(["load-buffer", "-"], text);
		this.#tmux(["paste-buffer", ...(marked ? ["-p"] : [])]);
	}

	/** What the terminal shows, with what has scrolled away; rows that a long line wraps into are joined. */
	text(): string {
		return this.#tmux(["capture-pane", "-p", "-J", "-S", "-"]);
	}

	/** What it shows now, with the escape sequences of colours. */
	screen(): string {
		return this.#tmux(["capture-pane", "-p", "-e"]);
	}

	/** Gives it another size. */
	resize(columns: number, rows: number): void {
		this.#tmux(["resize-window", "-x", String(columns), "-y", String(rows)]);
	}

	close(): void {
		try {
			this.#tmux(["kill-server"]);
		} catch {
			// The command has ended, and the server with it.
		}
	}

	#tmux(args: readonly string[], input = ""): string {
		return execFileSync("tmux", ["-L", this.#name, ...args], { input, encoding: "utf8", stdio: "pipe" });
	}
}

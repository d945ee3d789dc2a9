#!/usr/bin/env node
// The command line's entry: runs the command, and turns what it throws into an error text and an exit code. program.ts names the
// commands. Exit codes: 0 done, 1 failed, 2 usage, 3 could not connect, 130 interrupted prompt.

import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { createProgram } from "./program.ts";
import { isTooManyFiles, TOO_MANY_FILES } from "./too-many-files.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
	version: string;
};

const { program, isServer } = createProgram(version);

// A reader that has seen enough, as in `xmlsocket config | head -1`, ends a command quietly. A server continues without output.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (isServer()) return;
	if (error.code === "EPIPE") process.exit();
	process.stderr.write(`xmlsocket: Standard output cannot be written: ${error.message}.\n`, () => process.exit(1));
});
process.stderr.on("error", () => {});

try {
	await program.parseAsync();
} catch (error) {
	if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
	else {
		// The texts and hints of all errors load only here.
		const { exitCodeOf, failureText } = await import("./failure.ts").catch((problem: unknown) => {
			if (!isTooManyFiles(problem)) throw problem;
			return { exitCodeOf: () => 1, failureText: () => TOO_MANY_FILES };
		});
		// An open handle of a failed command, for example a connection to a silent server, must not keep the process alive.
		const exit = (): never => process.exit(exitCodeOf(error));
		process.stderr.on("error", exit);
		process.stderr.write(`${failureText(error)}\n`, exit);
		// The reader of standard error may never read.
		setTimeout(exit, 1000);
	}
}

// `xmlsocket completion SHELL`: prints the script that completes commands, flags and values in that shell.

import type { Command } from "commander";
import { XMLSocketError } from "../../errors/index.ts";
import { bashScript } from "../completion/bash-script.ts";
import { commandTable } from "../completion/command-table.ts";
import { fishScript } from "../completion/fish-script.ts";
import { zshScript } from "../completion/zsh-script.ts";

const SCRIPTS: Readonly<Record<string, typeof bashScript>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Prints the script. @param program with the flags of all its commands */
export function completion(shell: string, program: Command): void {
	const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
	if (!script) {
		const known = Object.keys(SCRIPTS).join(", ");
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `The shell must be one of ${known}, but is "${shell}".`);
	}
	process.stdout.write(script(commandTable(program)));
}

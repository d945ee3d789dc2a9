// What every command's help has: examples at its end, --help-all for options that --help does not list, and --version.

import { type Command, CommanderError, type Option } from "commander";

/** Adds examples to the end of a command's help. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
	return command.addHelpText("after", `\nExamples:\n${examples.map((example) => `  ${example}\n`).join("")}`.trimEnd());
}

/** Adds the flags that all commands have. Their events come before a missing argument is noticed. */
export function addCommonFlags(command: Command, version: string): void {
	const option = (flags: string, about: string): Option => command.createOption(flags, about).hideHelp();
	command.addOption(option("--help-all", "show help with all options"));
	command.on("option:help-all", () => {
		for (const each of command.options) if (!isCommon(each)) each.hidden = false;
		command.help();
	});
	if (command.parent === null) return;
	command.addOption(option("--version", "print the version"));
	command.on("option:version", () => {
		process.stdout.write(`${version}\n`);
		throw new CommanderError(0, "commander.version", version);
	});
}

/** Says at the end of the options that there are more. */
export function mentionHidden(command: Command): void {
	const hidden = command.options.filter((option) => option.hidden && !isCommon(option)).length;
	command.addHelpText("after", () =>
		command.options.some((option) => option.hidden && !isCommon(option))
			? `\n${hidden} more options: xmlsocket ${command.name()} --help-all`
			: "",
	);
}

function isCommon({ long }: Option): boolean {
	return long === "--help-all" || long === "--version";
}

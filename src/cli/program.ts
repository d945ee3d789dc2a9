// The program: its commands in the order of the help, and what happens before one runs. A command's work, and the flags that come from a schema, load
// when that command is called, so that `--help` and `connect` start fast.

import { setFlagsFromString } from "node:v8";
import { Command } from "commander";
import { nearestName } from "../errors/nearest-name.ts";
import type { OptionsSchema } from "../options/index.ts";
import { addAdminCommands } from "./admin-commands.ts";
import { addCheckCommands } from "./check-commands.ts";
import { addClientCommands } from "./client-commands.ts";
import { addFolderCommands } from "./folder-commands.ts";
import { addCommonFlags, mentionHidden, withExamples } from "./help.ts";
import { addServerCommands } from "./server-commands.ts";
import { addTrafficCommands } from "./traffic-commands.ts";

/** The program, and whether the command that runs is a server, which continues when nothing reads its output. */
export interface Program {
	readonly program: Command;
	readonly isServer: () => boolean;
}

/** Creates the commands. */
export function createProgram(version: string): Program {
	const program = new Command("xmlsocket")
		.description(
			"The XMLSocket protocol: a daemon with chat rooms on one port, and tools for any XMLSocket server.\nWithout a command, `xmlsocket` runs `serve`.",
		)
		.version(version)
		.helpOption("-h, --help", "show help")
		.helpCommand(false)
		.configureHelp({
			sortSubcommands: false,
			// Long flags leave 30 of 80 columns for their descriptions.
			minWidthToWrap: 30,
			subcommandTerm: (command) => command.name(),
			subcommandDescription: (command) => command.description().split(/; |\. /)[0]!,
		})
		.enablePositionalOptions();
	const schemas = new Map<Command, () => Promise<OptionsSchema>>();
	let running: Command | undefined;
	const isServer = (): boolean => running !== undefined && isServerCommand(running);

	program.commandsGroup("Servers:");
	addServerCommands(program, schemas, version);
	program.commandsGroup("Clients:");
	addClientCommands(program);
	program.commandsGroup("Look and test:");
	addTrafficCommands(program);
	addCheckCommands(program);
	program.commandsGroup("A running daemon:");
	addAdminCommands(program);
	program.commandsGroup("Files and help:");
	addFolderCommands(program);
	const completion = program
		.command("completion <bash|zsh|fish>")
		.description("print a script for your shell, so that Tab completes commands, flags and their values")
		.action(async (shell: string) => {
			for (const command of program.commands) await loadFlags(command);
			await (await import("./commands/completion.ts")).completion(shell, program);
		});
	withExamples(
		completion,
		'eval "$(xmlsocket completion bash)"     # in ~/.bashrc',
		"source <(xmlsocket completion zsh)      # in ~/.zshrc, after compinit",
		"xmlsocket completion fish > ~/.config/fish/completions/xmlsocket.fish",
	);
	const help = program
		.command("help [command]")
		.description("show help for a command")
		.action(async (name: string | undefined) => {
			const command = name === undefined ? program : findCommand(program, name);
			await loadFlags(command);
			command.help();
		});
	withExamples(help, "xmlsocket help serve", "xmlsocket serve --help-all");
	withExamples(
		program,
		"xmlsocket                            # a chat, on http://localhost:9000/",
		"xmlsocket connect localhost:9000     # a prompt in the same chat",
		"xmlsocket help serve                 # the options of a command",
	);

	async function loadFlags(command: Command): Promise<void> {
		const load = schemas.get(command);
		if (!load) return;
		const [schema, { addFlags }] = await Promise.all([load(), import("./settings.ts")]);
		addFlags(schema, command);
		mentionHidden(command);
	}
	program.hook("preSubcommand", async (_, command) => {
		const [first] = program.args;
		// An unknown word makes commander run the default command, whose error would be about its flags.
		if (first !== undefined && !first.startsWith("-")) findCommand(program, first);
		running = command;
		if (isServer()) limitHeapGrowth();
		await loadFlags(command);
	});
	program.hook("preAction", async (_, command) => {
		// The schemas of all commands load only where there is a variable to look up.
		if (!schemas.has(command) || !Object.keys(process.env).some((name) => name.startsWith("XMLSOCKET_"))) return;
		const { checkVariables } = await import("./environment.ts");
		checkVariables(process.env);
	});
	for (const command of [program, ...program.commands]) {
		addCommonFlags(command, version);
		command.exitOverride().configureOutput({ outputError: (text, write) => write(withSuggestion(text, running)) });
	}
	return { program, isServer };
}

// Under a flood V8 lets memory grow, and gives little of it back. The space for new objects grows from 1 MiB for each half to 16 MiB on Node 20
// and to 64 MiB on Node 24; that for old ones to four times what lives before it is looked at again. A server needs hardly more processor
// time without that. V8 reads the flags whenever a space is about to grow.
function limitHeapGrowth(): void {
	setFlagsFromString("--semi-space-growth-factor=1");
	setFlagsFromString("--heap-growing-percent=50");
}

const SERVERS: ReadonlySet<string> = new Set(["serve", "gateway", "run", "play"]);

function isServerCommand(command: Command): boolean {
	return SERVERS.has(command.name()) || (command.name() === "replay" && command.opts().as === "server");
}

function findCommand(program: Command, name: string): Command {
	const found = program.commands.find((command) => command.name() === name);
	if (found) return found;
	const near = nearestName(
		name,
		program.commands.map((command) => command.name()),
	);
	return program.error(
		`error: unknown command '${name}'${near ? `\n(Did you mean ${near}?)` : "\n`xmlsocket --help` lists the commands."}`,
		{ exitCode: 2, code: "commander.unknownCommand" },
	);
}

/** What other servers call the flags. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
	"--address": "--host",
	"--bind": "--host",
	"--ip": "--host",
	"--interface": "--host",
	"--listen": "--port",
	"--ssl-cert": "--tls-cert",
	"--ssl-key": "--tls-key",
	"--cors": "--origin",
	"--allow-origin": "--origin",
	"--directory": "--web",
	"--root": "--web",
	"--static": "--web",
	"--verbose": "--log-level",
	"--debug": "--log-level",
};

// Commander suggests only flags that the help lists.
function withSuggestion(text: string, command: Command | undefined): string {
	const [host, port] = command?.args ?? [];
	if (
		text.startsWith("error: too many arguments") &&
		/^\d+$/.test(host ?? "") &&
		command?.options.some(({ long }) => long === "--port")
	)
		return `${text.trimEnd()}\n(Did you mean --port ${host}?)\n`;
	if (text.startsWith("error: too many arguments") && /^\d+$/.test(port ?? ""))
		return `${text.trimEnd()}\nWrite the host and the port as one word: ${host}:${port}\n`;
	const [, flag, suggested] = /^error: unknown option '(--[^']+)'\n?(.+)?\n?$/.exec(text) ?? [];
	if (flag === undefined || !command) return text;
	const names = command.options.flatMap(({ long }) => long ?? []);
	const meant = OTHER_NAMES[flag];
	const near = names.find((name) => name === meant || name.endsWith(flag.slice(1))) ?? nearestName(flag, names);
	return near && !suggested?.includes(near) ? `error: unknown option '${flag}'\n(Did you mean ${near}?)\n` : text;
}

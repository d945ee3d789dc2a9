// Arguments of the command line: commander and the options of `serve` accept them or refuse them with an error of their own. No
// command runs.

import { CommanderError } from "commander";
import { createProgram } from "../../../src/cli/program.ts";
import { serveSchema } from "../../../src/cli/serve-schema.ts";
import { optionsOf, resolveSettings } from "../../../src/cli/settings.ts";
import type { Random } from "../../xml/random-documents.ts";
import { allow, type Target, utf8Of } from "../target.ts";

const CODES = ["XMLSOCKET_OPTION_UNKNOWN", "XMLSOCKET_OPTION_INVALID", "XMLSOCKET_CONFIG_UNREADABLE"];
const COMMANDS = [
	"serve",
	"config",
	"gateway",
	"run",
	"play",
	"connect",
	"send",
	"listen",
	"policy",
	"data",
	"explain",
	"help",
];
const VALUES = [
	"",
	"9000",
	"-1",
	"x",
	"*",
	"lobby:live",
	"1e9",
	"0x10",
	"--",
	"-",
	"on",
	"off",
	"localhost:1",
	"a=b",
	"\u0000",
	"é",
];

async function run(input: Uint8Array): Promise<void> {
	const words = utf8Of(input).split("\n");
	const { program } = createProgram("0.0.0");
	let flags: Record<string, unknown> | undefined;
	for (const command of [program, ...program.commands]) {
		command.configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} });
		if (command !== program && command.name() !== "help") {
			command.action(() => {
				flags = command.name() === "serve" ? command.opts() : undefined;
			});
		}
	}
	try {
		await program.parseAsync(words, { from: "user" });
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
	}
	if (flags) {
		const { config: _, json: __, ...own } = flags;
		allow(CODES, () => resolveSettings(serveSchema, own, {}, false));
	}
}

/** The target. */
export function open(): Target {
	const options = optionsOf(serveSchema).map(({ name }) => `--${name}`);
	return {
		run,
		generate(random: Random) {
			const words = random.once(4) ? [] : [random.pick(COMMANDS)];
			for (let count = random.below(6); count > 0; count--) words.push(random.pick(random.once(2) ? options : VALUES));
			return new TextEncoder().encode(words.join("\n"));
		},
		tokens: ["\n", "=", ...COMMANDS, ...options, "-p", "-h", "--help", "--version", "-c", "--json"],
		maxBytes: 2000,
	};
}

// The commands as a shell needs them to complete a line: flags, what follows a flag, and arguments. It reads the program, so that no list is kept twice.

import type { Command, Option } from "commander";
import { ERROR_CODES } from "../../errors/codes.ts";
import { wireCode } from "../../errors/index.ts";
import { INIT_KINDS } from "../commands/init.ts";

/** What can follow: words, the name of a file or a folder, or a text that the shell cannot know. */
export interface Values {
	readonly words: readonly string[];
	readonly kind: "file" | "folder" | "text";
}

/** One flag. */
export interface FlagRow {
	/** `--port`, `-p`. */
	readonly names: readonly string[];
	readonly about: string;
	/** What follows it; undefined: nothing does. */
	readonly values: Values | undefined;
	/** Whether the value can be left out. */
	readonly isOptional: boolean;
	/** Whether it takes several values, or can be repeated. */
	readonly isRepeated: boolean;
}

/** One command. */
export interface CommandRow {
	readonly name: string;
	readonly about: string;
	readonly flags: readonly FlagRow[];
	/** What its arguments can be; the last one stands for all that follow. */
	readonly values: readonly Values[];
}

/** Names of values in flags and arguments that stand for something else. All others, in a list such as `auto|off|file`, stand for themselves. */
const FILES: ReadonlySet<string> = new Set(["file", "movie", "path", "paths"]);
const FOLDERS: ReadonlySet<string> = new Set(["dir", "folder"]);
const TEXTS: ReadonlySet<string> = new Set(["age", "bytes", "count", "n"]);

/** The commands of a program whose flags are loaded. */
export function commandTable(program: Command): CommandRow[] {
	const names = program.commands.map((command) => command.name());
	/** Arguments whose values are known, by the name in the usage. */
	const known: Readonly<Record<string, readonly string[]>> = {
		address: ["localhost:9000"],
		code: Object.keys(ERROR_CODES).map((code) => wireCode(code as keyof typeof ERROR_CODES)),
		command: names,
		kind: Object.keys(INIT_KINDS),
	};
	return program.commands.map((command) => ({
		name: command.name(),
		about: firstSentence(command.description()),
		flags: [...command.options.map(flagRow), HELP].filter(({ names: [name] }) => name !== "--version"),
		values: command.registeredArguments.map((argument) => {
			const words = Object.hasOwn(known, argument.name()) ? known[argument.name()]! : undefined;
			return words ? { words, kind: "text" } : valuesOf(argument.name());
		}),
	}));
}

const HELP: FlagRow = {
	names: ["--help", "-h"],
	about: "show help",
	values: undefined,
	isOptional: false,
	isRepeated: false,
};

function flagRow({ long, short, flags, description, variadic, parseArg, optional, argChoices }: Option): FlagRow {
	const placeholder = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1];
	return {
		names: [long, short].filter((name) => name !== undefined && name !== null),
		about: firstSentence(description),
		values: argChoices
			? { words: argChoices, kind: "text" }
			: placeholder === undefined
				? undefined
				: valuesOf(placeholder.replace("...", "")),
		isOptional: optional,
		isRepeated: variadic || parseArg !== undefined,
	};
}

function valuesOf(placeholder: string): Values {
	const parts = placeholder.split("|");
	const kind = parts.some((part) => FILES.has(part))
		? "file"
		: parts.some((part) => FOLDERS.has(part))
			? "folder"
			: "text";
	const words = parts.filter(
		(part) => /^[a-z]+$/.test(part) && ![FILES, FOLDERS, TEXTS].some((names) => names.has(part)),
	);
	return { words: parts.length > 1 ? words : [], kind };
}

function firstSentence(text: string): string {
	return text.split(/[;:.(] |\n/)[0]!.trim();
}

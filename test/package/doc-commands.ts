// Reads the shell lines of the pages, and gives those that call xmlsocket to the program's own command tables, without running the commands.

import { createProgram } from "../../src/cli/program.ts";

/** Programs that the pages call. Another name is a mistake until it is added here. */
const PROGRAMS: ReadonlySet<string> = new Set(
	`apt-get caddy cat cd chmod cp curl cut docker echo eval export git grep haxe journalctl jq kubectl mkdir nats nats-server nc node npm npx openssl printf promtool ruffle sed sudo
	systemctl systemd-analyze tee vitest websockify wc`.split(/\s+/),
);

/** The commands of a block: one for each line, and for each part of a pipe or a list. */
export function commandLines(code: string): string[] {
	return code
		.replaceAll(/\\\n\s*/g, " ")
		.split("\n")
		.flatMap((line) => splitList(line))
		.filter((line) => line !== "");
}

/**
 * Why a command cannot work; undefined where it can.
 *
 * @param isExcerpt it is a part of a sentence: arguments can be missing
 */
export async function checkCommandLine(
	line: string,
	scripts: Record<string, string>,
	{ isExcerpt = false }: { isExcerpt?: boolean } = {},
): Promise<string | undefined> {
	const words = wordsOf(line);
	while (words[0] === "sudo" || words[0] === "npx" || words[0] === "time" || /^[A-Z_]+=/.test(words[0] ?? ""))
		words.shift();
	const [program, ...args] = words;
	// Flags alone are a part of a command.
	if (program === undefined || program.startsWith("--")) return undefined;
	if (program === "npm" && args[0] === "run") {
		const name = args.find((word, at) => at > 0 && !word.startsWith("-"));
		return name === undefined || name in scripts ? undefined : `there is no such script: ${name}`;
	}
	if (program !== "xmlsocket")
		return PROGRAMS.has(program) ? undefined : `${program} is not a command that is known here`;
	return await parseError(args, isExcerpt);
}

async function parseError(args: readonly string[], isExcerpt: boolean): Promise<string | undefined> {
	const { program } = createProgram("0.0.0");
	let problem = "";
	for (const command of [program, ...program.commands]) {
		if (command !== program && command.name() !== "help") command.action(() => {});
		command.configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: (text) => (problem += text) });
	}
	try {
		await program.parseAsync(args, { from: "user" });
	} catch (error) {
		const { code } = error as { code?: string };
		if (code === "commander.helpDisplayed" || code === "commander.help" || code === "commander.version")
			return undefined;
		if (isExcerpt && (code === "commander.missingArgument" || code === "commander.optionMissingArgument"))
			return undefined;
		return problem.trim() || String(error);
	}
	return undefined;
}

// Splits at `|`, `&&`, `;` and a comment, outside of quotes, and takes away what redirects.
function splitList(line: string): string[] {
	const parts: string[] = [];
	let part = "";
	let quote = "";
	for (let at = 0; at < line.length; at++) {
		const character = line[at]!;
		if (quote !== "") {
			part += character;
			if (character === "\\" && quote === '"') part += line[++at] ?? "";
			else if (character === quote) quote = "";
		} else if (character === "\\") part += line[++at] ?? "";
		else if (character === "#" && /^\s?$/.test(line[at - 1] ?? "")) break;
		else if (character === "|" || character === ";" || character === "&") {
			parts.push(part);
			part = "";
		} else {
			if (character === '"' || character === "'") quote = character;
			part += character;
		}
	}
	parts.push(part);
	return parts.map((one) => one.replace(/(?:^|\s)\d?[<>]+\s*\S+/g, "").trim());
}

// The words of a command, without quotes. A substitution `$(…)` stays one word.
function wordsOf(line: string): string[] {
	const words: string[] = [];
	for (const [word] of line.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\$\([^)]*\)|[^\s"'])+/g))
		words.push(word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double, single) => double ?? single));
	return words;
}

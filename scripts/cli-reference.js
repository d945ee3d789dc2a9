// The reference of the command line: each command with its usage, its flags and its examples, as the program's own tables have them.
// It is the part of docs/cli.md between two marks; the rest of the page is written by hand.

import { createProgram } from "../dist/cli/program.js";

const BEGIN = "<!-- commands -->";
const END = "<!-- end commands -->";
const cell = (text) => text.replaceAll("|", "\\|");

/** What `xmlsocket help NAME` prints, and the command with the flags of its schema. */
async function commandWithFlags(name) {
	const { program } = createProgram("");
	const command = program.commands.find((one) => one.name() === name);
	let help = "";
	command.configureOutput({
		writeOut: (text) => (help += text),
		getOutHelpWidth: () => 100,
		getOutHasColors: () => false,
	});
	await program.parseAsync(["help", name], { from: "user" }).catch((error) => {
		if (!/^commander\.help/.test(error.code)) throw error;
	});
	return { command, help };
}

function flagsOf(command) {
	const rows = command.options
		.filter((option) => !/^(?:-h, )?--(?:help|version)/.test(option.flags))
		.map(({ flags: plain, description, defaultValue, argChoices }) => {
			const flags = argChoices ? plain.replace(/<.+>/, `<${argChoices.join("|")}>`) : plain;
			const isShown = defaultValue !== undefined && defaultValue !== false && !/default/i.test(description);
			const shown =
				isShown && !(Array.isArray(defaultValue) && defaultValue.length === 0) ? ` (default: \`${defaultValue}\`)` : "";
			return `| \`${cell(flags)}\` | ${cell(description.replaceAll("<", "&lt;"))}${shown} |`;
		});
	return rows.length === 0 ? "" : `\n| flag | |\n|---|---|\n${rows.join("\n")}\n`;
}

async function sectionOf(name) {
	const { command, help } = await commandWithFlags(name);
	const usage = /Usage: (.+)/.exec(help)?.[1] ?? command.usage();
	const examples = /^Examples:\n([\s\S]*?)(?:\n\n|\s*$)/m.exec(help)?.[1];
	return `### ${name}

${command
	.description()
	.replaceAll("<", "&lt;")
	.replace(/^./, (first) => first.toUpperCase())
	.replace(/(?<![.!?])$/, ".")}

\`\`\`text
${usage}
\`\`\`
${flagsOf(command)}${examples ? `\n\`\`\`sh\n${examples.replaceAll(/^ {2}/gm, "").trim()}\n\`\`\`\n` : ""}`;
}

/** docs/cli.md with the part of the commands as it must be. */
export async function cliPage(before) {
	const [head, rest] = before.split(BEGIN);
	const tail = rest?.split(END)[1];
	if (tail === undefined) throw new Error(`docs/cli.md has no part between ${BEGIN} and ${END}.`);
	const { program } = createProgram("");
	const names = program.commands.map((command) => command.name()).filter((name) => name !== "help");
	const sections = [];
	for (const name of names) sections.push(await sectionOf(name));
	return `${head}${BEGIN}\n\n${sections.join("\n")}\n${END}${tail}`;
}

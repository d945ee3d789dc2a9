// The completion script for fish.

import type { CommandRow, FlagRow, Values } from "./command-table.ts";

/** The script. */
export function fishScript(commands: readonly CommandRow[]): string {
	const lines = commands.flatMap(({ name, about, flags, values }) => {
		const condition = `-n 'test (__xmlsocket_command) = ${name}'`;
		return [
			`complete -c xmlsocket -n __xmlsocket_is_first -a ${name} -d ${quoted(about)}`,
			...flags.map((flag) => `complete -c xmlsocket ${condition} ${flagWords(flag)}`),
			...values.flatMap((each) =>
				each.kind === "text" && each.words.length === 0
					? []
					: [`complete -c xmlsocket ${condition} ${valueWords(each)}`],
			),
		];
	});
	return `# Completion of xmlsocket for fish, made by: xmlsocket completion fish
function __xmlsocket_is_first
	test (count (commandline -opc)) -eq 1
end
function __xmlsocket_command
	set -l words (commandline -opc)
	if set -q words[2]; and not string match -q -- '-*' $words[2]
		echo $words[2]
	else
		echo serve
	end
end
complete -c xmlsocket -f
${lines.join("\n")}
`;
}

function flagWords({ names, about, values, isOptional }: FlagRow): string {
	const named = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(" ");
	const takes = values && !isOptional ? ` -r ${valueWords(values)}` : "";
	return `${named}${takes} -d ${quoted(about)}`;
}

function valueWords({ words, kind }: Values): string {
	const offered = words.length > 0 ? [`-a ${quoted(words.join(" "))}`] : [];
	if (kind === "file") return [...offered, "-F"].join(" ");
	return [...offered, ...(kind === "folder" ? ["-a '(__fish_complete_directories)'"] : []), "-f"].join(" ");
}

function quoted(text: string): string {
	return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

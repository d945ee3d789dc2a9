// The completion script for zsh, for `source` and for a folder of $fpath.

import type { CommandRow, FlagRow, Values } from "./command-table.ts";

/** The script. */
export function zshScript(commands: readonly CommandRow[]): string {
	const list = commands.map(({ name, about }) => `\t\t${quoted(`${name}:${about}`)}`);
	const cases = commands.map(({ name, flags, values }) => {
		const specifications = [
			...flags.flatMap(flagSpecifications),
			...values.map((each, at) => `${at === values.length - 1 ? "*" : at + 1}:value:${action(each)}`),
		];
		return `\t\t${name})\n\t\t\t_arguments -S \\\n${specifications.map((each) => `\t\t\t\t${quoted(each)}`).join(" \\\n")}\n\t\t\t;;`;
	});
	return `#compdef xmlsocket
# Completion of xmlsocket for zsh, made by: xmlsocket completion zsh
_xmlsocket() {
	local command=serve
	local -a commands
	commands=(
${list.join("\n")}
	)
	if [[ $words[2] != -* ]]; then
		if (( CURRENT == 2 )); then
			_describe -t commands command commands
			return
		fi
		command=$words[2]
		shift words
		(( CURRENT-- ))
	fi
	case $command in
${cases.join("\n")}
	esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _xmlsocket "$@"; else compdef _xmlsocket xmlsocket; fi
`;
}

function flagSpecifications({ names, about, values, isOptional, isRepeated }: FlagRow): string[] {
	const text = about.replace(/[[\]\\]/g, "\\$&");
	const before = isRepeated ? "*" : names.length > 1 ? `(${names.join(" ")})` : "";
	const after = values ? `${isOptional ? "::" : ":"}value:${action(values)}` : "";
	return names.map((name) => `${before}${name}${values && name.startsWith("--") ? "=" : ""}[${text}]${after}`);
}

function action({ words, kind }: Values): string {
	if (words.length > 0 && kind === "text") return `(${words.join(" ").replaceAll(":", "\\:")})`;
	if (kind === "folder") return "_files -/";
	return kind === "file" ? "_files" : "";
}

function quoted(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}

// The completion script for bash 3.2, which macOS has, and newer. It needs nothing of the package bash-completion.

import type { CommandRow, Values } from "./command-table.ts";

/** The script. */
export function bashScript(commands: readonly CommandRow[]): string {
	const flags = commands.map(({ name, flags }) => {
		const takes = flags.flatMap((flag) => (flag.values && !flag.isOptional ? flag.names : []));
		return `\t\t${name}) flags="${flags.flatMap(({ names }) => names).join(" ")}" takes=" ${takes.join(" ")} " ;;`;
	});
	const values = commands.flatMap(({ name, flags, values }) => [
		...flags.flatMap((flag) => offer(flag.names.map((each) => `${name}:${each}`).join("|"), flag.values)),
		...values.flatMap((each, at) => offer(`${name}:${at === values.length - 1 ? "[0-9]" : at}`, each)),
	]);
	return `# Completion of xmlsocket for bash, made by: xmlsocket completion bash
_xmlsocket() {
	# Bash splits words at ":" and "=" too, so the line is split again.
	local line="\${COMP_LINE:0:COMP_POINT}" command="serve" flags="" takes="" what="" words="" kind="text"
	local -a typed
	read -ra typed <<< "$line"
	case "$line" in *[[:space:]]) typed+=("") ;; esac
	local last=$((\${#typed[@]} - 1)) at=1 position=0
	local current="\${typed[last]}"
	case "\${typed[1]-}" in
		-*) ;;
		*) command="\${typed[1]-}" at=2 ;;
	esac
	case "$command" in
${flags.join("\n")}
	esac
	while [ "$at" -lt "$last" ]; do
		case "\${typed[at]}" in
			-*)
				case "$takes" in *" \${typed[at]} "*)
					what="\${typed[at]}" at=$((at + 1))
					[ "$at" -lt "$last" ] && what=""
					;;
				esac
				;;
			*) position=$((position + 1)) ;;
		esac
		at=$((at + 1))
	done
	if [ "$last" -eq 1 ] && [ "$at" -eq 2 ]; then
		words="${commands.map(({ name }) => name).join(" ")}"
	elif [ -z "$what" ]; then
		case "$current" in
			--*=*) what="\${current%%=*}" current="\${current#*=}" ;;
			-*) words="$flags" ;;
			*) what="$position" ;;
		esac
	fi
	case "$command:$what" in
${values.join("\n")}
	esac
	COMPREPLY=($(compgen -W "$words" -- "$current" || :))
	# Bash replaces only what follows the last ":".
	if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
		local head="\${current%"\${current##*:}"}"
		COMPREPLY=("\${COMPREPLY[@]#"$head"}")
	fi
	# Without words, "-o default" offers files.
	if [ "$kind" = text ]; then compopt +o default 2> /dev/null || :; fi
	return 0
}
complete -o default -F _xmlsocket xmlsocket
`;
}

function offer(pattern: string, values: Values | undefined): string[] {
	if (!values) return [];
	const settings = [
		...(values.words.length > 0 ? [`words="${values.words.join(" ")}"`] : []),
		...(values.kind === "text" ? [] : ['kind="file"']),
	];
	return settings.length > 0 ? [`\t\t${pattern}) ${settings.join(" ")} ;;`] : [];
}

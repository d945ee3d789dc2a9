// The commands about folders: data folders, and files to start from. As in program.ts, their work loads when they are called.

import type { Command } from "commander";
import type { InitFlags } from "./commands/init.ts";

/** Adds the commands. */
export function addFolderCommands(program: Command): void {
	program
		.command("data <dir> [backup|export|import|repair] [target]")
		.usage("[options] <dir> [backup <target>|export|import|repair]")
		.description(
			"show what a data folder holds; `backup` copies it, also while a daemon uses it; `export` writes it to standard output as JSON lines, `import` reads them, `repair` makes a damaged one readable",
		)
		.option("--json", "print one JSON object")
		.addHelpText(
			"after",
			`
Examples:
  xmlsocket data ./xmlsocket-data
  xmlsocket data ./xmlsocket-data backup /backups/monday
  xmlsocket data ./xmlsocket-data export > rooms.ndjson`,
		)
		.action(async (dir: string, action: string | undefined, target: string | undefined, flags: { json?: boolean }) =>
			(await import("./commands/data.ts")).data(dir, action, target, flags),
		);
	program
		.command("init [kind]")
		.description(
			"write files to start from into this folder: a configuration, a systemd unit, Docker, Kubernetes, a proxy; without a kind, list them",
		)
		.option("--dir <folder>", "write into this folder; it is made if it does not exist", ".")
		.option("--json", "print one JSON object per line")
		.addHelpText(
			"after",
			`
Files that exist are never replaced. docs/guide/deployment.md explains each kind.

Examples:
  xmlsocket init
  xmlsocket init systemd --dir deploy
  xmlsocket init docker-caddy`,
		)
		.action(async (kind: string | undefined, flags: InitFlags) =>
			(await import("./commands/init.ts")).init(kind, flags),
		);
}

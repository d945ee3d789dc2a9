// The commands that administer a running daemon over its admin API: names, arguments, flags and help.

import type { Command } from "commander";
import type { AdminFlags } from "./admin/admin-client.ts";
import type { KickFlags, LiftFlags, SanctionFlags } from "./commands/admin-acts.ts";
import type { ClientsFlags, RoomsFlags } from "./commands/admin-lists.ts";
import type { TopFlags } from "./commands/top.ts";

/** Adds the commands. */
export function addAdminCommands(program: Command): void {
	withAdminFlags(program.command("rooms"), "xmlsocket rooms --sort members")
		.description("list the rooms of a running daemon")
		.option(
			"--sort <name|members|rate>",
			"name, members, or rate: the rooms that have messages now, busiest first",
			"name",
		)
		.option("--under <room>", "this room and those below it, as lobby/games/3 is below lobby/games, with their sum")
		.action(async (flags: RoomsFlags) => (await import("./commands/admin-lists.ts")).rooms(flags));
	withAdminFlags(program.command("who <room>"), "xmlsocket who lobby --json | wc -l")
		.description("list the members of a room of a running daemon")
		.action(async (room: string, flags: AdminFlags) => (await import("./commands/admin-lists.ts")).who(room, flags));
	withAdminFlags(
		program.command("clients"),
		"xmlsocket clients --sort outbox\n  xmlsocket clients --room lobby --name bob",
	)
		.description("list the clients of a running daemon")
		.option("--room <room>", "those in this room")
		.option("--name <part>", "those with this in their names")
		.option("--from <part>", "those with this in their addresses")
		.option(
			"--sort <name|outbox|rate|age>",
			"name, outbox (what waits for them), rate (what they send), age (oldest first)",
			"name",
		)
		.action(async (flags: ClientsFlags) => (await import("./commands/admin-lists.ts")).clients(flags));
	withAdminFlags(program.command("say <room> <text...>"), 'xmlsocket say lobby "The server restarts at noon."')
		.description("send a text to a room of a running daemon, from the server's name")
		.action(async (room: string, text: string[], flags: AdminFlags) =>
			(await import("./commands/admin-acts.ts")).say(room, text, flags),
		);
	withAdminFlags(
		program.command("kick [room] [name]"),
		"xmlsocket kick lobby bob\n  xmlsocket kick --disconnect bob\n  xmlsocket kick --client local-7",
	)
		.description("remove a person from a room of a running daemon, or disconnect one")
		.usage("[options] <room> <name>")
		.option("--disconnect <name>", "disconnect this person instead")
		.option("--client <id>", "instead of a name: an id of `clients`; without a room, disconnect it")
		.action(async (room: string | undefined, name: string | undefined, flags: KickFlags) =>
			(await import("./commands/admin-acts.ts")).kick(room, name, flags),
		);
	for (const kind of ["ban", "mute"] as const) {
		const what = kind === "ban" ? "keep a person out" : "forbid a person to speak";
		const example = `xmlsocket ${kind} bob --room lobby --for 2h\n  xmlsocket ${kind} --range 203.0.113.0/24 --for forever`;
		withAdminFlags(program.command(`${kind} [name]`), example)
			.description(`${what}, in a room or everywhere`)
			.option("--room <room>", "the room (default: everywhere)")
			.option("--range <address>", "instead of a name: an address or a range")
			.option("--client <id>", "instead of a name: an id of `clients`, whatever name that client takes")
			.option("--also-address", "with a name: the address of the person too")
			.option("--for <time>", "how long: 90s, 10m, 2h, 30d, forever", "10m")
			.option("--reason <text>", "what the person is shown")
			.action(async (name: string | undefined, flags: SanctionFlags) =>
				(await import("./commands/admin-acts.ts")).impose(kind, name, flags),
			);
	}
	for (const kind of ["ban", "mute"] as const) {
		withAdminFlags(program.command(`${kind}s [room]`), `xmlsocket ${kind}s\n  xmlsocket ${kind}s lobby --json`)
			.description(`list the ${kind}s that hold, of a room or all`)
			.action(async (room: string | undefined, flags: AdminFlags) =>
				(await import("./commands/admin-lists.ts")).sanctions(kind, room, flags),
			);
		const example = `xmlsocket un${kind} bob --room lobby\n  xmlsocket un${kind} --range 203.0.113.0/24`;
		withAdminFlags(program.command(`un${kind} [name]`), example)
			.description(`end a ${kind}`)
			.option("--room <room>", `the room of the ${kind} (default: one that holds everywhere)`)
			.option("--range <address>", `instead of a name: the address or range of the ${kind}`)
			.option("--id <id>", `instead of a name: an id of \`${kind}s\``)
			.action(async (name: string | undefined, flags: LiftFlags) =>
				(await import("./commands/admin-acts.ts")).lift(kind, name, flags),
			);
	}
	withAdminFlags(program.command("top"), "xmlsocket top\n  xmlsocket top --json --count 60 > minute.ndjson")
		.description("a live view of a running daemon: rates, nodes, busiest rooms, slowest readers; q ends it")
		.option("--sort <outbox|rate|age|name>", "clients by outbox, rate, age or name", "outbox")
		.option("--interval <seconds>", "between two looks", "1")
		.option("--count <n>", "end after this many (default: never on a terminal and with --json, otherwise 1)")
		.action(async (flags: TopFlags) => (await import("./commands/top.ts")).top(flags));
}

function withAdminFlags(command: Command, examples: string): Command {
	return command
		.option("--address <address>", "the daemon: HOST, HOST:PORT, or a URL with its base path", "localhost:9000")
		.option(
			"--token-file <file>",
			"a file whose first line begins with a token of the admin API (default: XMLSOCKET_ADMIN_TOKEN)",
		)
		.option("--insecure", "accept any certificate")
		.option("--ca <file>", "trust the certificate authority in this PEM file")
		.option("--json", "print JSON, one object per line")
		.addHelpText("after", `\nExamples:\n  ${examples}`);
}

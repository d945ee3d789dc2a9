// The commands that show and replay traffic between a client and a server. As in program.ts, their work loads when they are called.

import type { Command } from "commander";

type Flags = Record<string, unknown>;

/** Adds the commands. */
export function addTrafficCommands(program: Command): void {
	addInspector(program);
	addReplay(program);
}

/** The command that plays a recording. */
function addReplay(program: Command): void {
	program
		.command("replay <file> [address]")
		.usage("<file> --as client <address> | <file> --as server [listen]")
		.description(
			"play a recording back: as a client that checks a server's answers, or as a server that answers clients",
		)
		.option("--as <client|server>", "client, against the server at <address>; or server, on [listen] (default: 9000)")
		.option("--speed <n>", "factor on the recorded pace; max or 0: at once (default: 1 as server, max as client)")
		.option("--ignore <name...>", "attributes, elements, JSON keys or pieces (%4) that may differ")
		.option("--except <filter>", "as client: documents of the server that do not count, for example ping")
		.option("--rules <file>", "JSON: other answers, values to set (docs/guide/replay.md)")
		.option("--loop", "as server: begin again when every recorded connection was played")
		.option("--strict", "as server: close a connection whose document matches nothing; exit code 1 at the end")
		.option(
			"--order <any|recorded>",
			"as server: recorded answers the nth document with the nth answers, whatever it is",
		)
		.option("--origin <pattern...>", "as server: pages that may connect; as client: Origin header of a WebSocket")
		.option("--policy <auto|off|file>", "as server: socket policy file for Flash Player")
		.option("--tls-cert <file>", "as server: certificate chain (PEM) for TLS on the same port")
		.option("--tls-key <file>", "as server: private key (PEM) of the certificate")
		.option("--timeout <ms>", "as client: how long to wait for recorded answers (default: 5000)")
		.option("--insecure", "as client: accept any certificate")
		.option("--ca <file>", "as client: trust the certificate authority in this PEM file")
		.option("--test <file>", "as client: write a test for vitest or node:test instead of connecting")
		.option("--json", "print one JSON object per line")
		.addHelpText(
			"after",
			`
Examples:
  xmlsocket replay session.ndjson --as server 9339
  xmlsocket replay session.ndjson --as client localhost:9339 --ignore time
  xmlsocket replay session.ndjson --as client localhost:9339 --test session.test.js`,
		)
		.action(async (file: string, address: string | undefined, flags: Flags) =>
			(await import("./commands/replay.ts")).replay(file, address, flags),
		);
}

/** The command that stands between a client and a server. */
function addInspector(program: Command): void {
	const each = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
	program
		.command("inspect <listen> <target>")
		.description("a proxy that shows each document in both directions, and changes no byte")
		.option("--filter <expression>", "show only what matches, for example msg/body[@action='login'] or /regexp/")
		.option("--direction <client|server>", "show only documents of the client or of the server")
		.option(
			"--mask <name>",
			"show *** for values of this attribute, element or key, also in the recording; repeatable",
			each,
		)
		.option("--record <file>", "record all traffic, shown or not, as NDJSON for xmlsocket replay")
		.option("--json", "print one JSON object per line, in the form of recordings")
		.option("--terminator <name>", "bytes that end a document: nul, lf, cr, crlf or hexadecimal", "nul")
		.option("--encoding <label>", "encoding of documents", "utf-8")
		.option("--tls-cert <file>", "certificate for clients that use TLS, PEM")
		.option("--tls-key <file>", "its key, PEM")
		.option("--tls", "use TLS to the target, as with an xmlsockets:// or wss:// address")
		.option("--insecure", "accept any certificate of the target")
		.option("--origin <origin>", "Origin header of a WebSocket to the target; default: the client's")
		.option("--web [address]", "serve a live page to watch, hold, change and inject; default: a free port of localhost")
		.option("--policy <off|auto>", "off: policy requests reach the target; auto: allow the inspector's own port", "off")
		.addHelpText(
			"after",
			`
LISTEN is PORT, HOST:PORT, or *:PORT for all addresses. TARGET is HOST:PORT or a URL.

Examples:
  xmlsocket inspect 9001 game.example:9339
  xmlsocket inspect 9001 game.example:9339 --filter "msg/body[@action='login']" --mask pword
  xmlsocket inspect 9001 wss://game.example/socket --record session.ndjson
  xmlsocket inspect 9001 game.example:9339 --web`,
		)
		.action(async (listen: string, target: string, flags: object) =>
			(await import("./commands/inspect.ts")).inspect(listen, target, flags as never),
		);
}

// The commands of the command line: names, arguments, flags and help. A command's work, and the flags that come from a schema, load
// when that command is called, so that `--help` and `connect` start fast.

import { setFlagsFromString } from "node:v8";
import { Command } from "commander";
import { nearestName } from "../errors/nearest-name.ts";
import type { OptionsSchema } from "../options/index.ts";
import { addAdminCommands } from "./admin-commands.ts";
import type { BenchFlags } from "./commands/bench.ts";
import type { ConformanceFlags } from "./commands/conformance.ts";
import type { DoctorFlags } from "./commands/doctor.ts";
import { addFolderCommands } from "./folder-commands.ts";
import { STREAM_CHARS } from "./stream-chars.ts";

type Flags = Record<string, unknown>;

/** The program, and whether the command that runs is a server, which continues when nothing reads its output. */
export interface Program {
	readonly program: Command;
	readonly isServer: () => boolean;
}

/** Creates the commands. */
export function createProgram(version: string): Program {
	const program = new Command("xmlsocket")
		.description(
			"The XMLSocket protocol: a daemon with chat rooms on one port, and tools for any XMLSocket server.\nWithout a command, `xmlsocket` runs `serve`.",
		)
		.version(version)
		.helpOption("-h, --help", "show help")
		.helpCommand(false)
		.configureHelp({ sortSubcommands: false })
		.enablePositionalOptions();
	const schemas = new Map<Command, () => Promise<OptionsSchema>>();
	let running: Command | undefined;
	const isServer = (): boolean => running !== undefined && isServerCommand(running);

	addServers(program, schemas, version);
	addClients(program);
	addInspector(program);
	addAdminCommands(program);
	addReports(program);
	addFolderCommands(program);
	program
		.command("help [command]")
		.description("show help for a command")
		.action(async (name: string | undefined) => {
			const command = name === undefined ? program : findCommand(program, name);
			await loadFlags(command);
			command.help();
		});

	async function loadFlags(command: Command): Promise<void> {
		const load = schemas.get(command);
		if (!load) return;
		const [schema, { addFlags }] = await Promise.all([load(), import("./settings.ts")]);
		addFlags(schema, command);
	}
	program.hook("preSubcommand", async (_, command) => {
		const [first] = program.args;
		// An unknown word makes commander run the default command, whose error would be about its flags.
		if (first !== undefined && !first.startsWith("-")) findCommand(program, first);
		running = command;
		if (isServer()) limitHeapGrowth();
		await loadFlags(command);
	});
	program.hook("preAction", async (_, command) => {
		// The schemas of all commands load only where there is a variable to look up.
		if (!schemas.has(command) || !Object.keys(process.env).some((name) => name.startsWith("XMLSOCKET_"))) return;
		const { checkVariables } = await import("./environment.ts");
		checkVariables(process.env);
	});
	for (const command of [program, ...program.commands]) {
		command.exitOverride().configureOutput({ outputError: (text, write) => write(withSuggestion(text, running)) });
	}
	return { program, isServer };
}

// Under a flood V8 lets memory grow, and gives little of it back. The space for new objects grows from 1 MiB for each half to 16 MiB on Node 20
// and to 64 MiB on Node 24; that for old ones to four times what lives before it is looked at again. A server needs hardly more processor
// time without that. V8 reads the flags whenever a space is about to grow.
function limitHeapGrowth(): void {
	setFlagsFromString("--semi-space-growth-factor=1");
	setFlagsFromString("--heap-growing-percent=50");
}

const SERVERS: ReadonlySet<string> = new Set(["serve", "gateway", "run", "play"]);

function isServerCommand(command: Command): boolean {
	return SERVERS.has(command.name()) || (command.name() === "replay" && command.opts().as === "server");
}

function findCommand(program: Command, name: string): Command {
	const found = program.commands.find((command) => command.name() === name);
	if (found) return found;
	const near = nearestName(
		name,
		program.commands.map((command) => command.name()),
	);
	return program.error(
		`error: unknown command '${name}'${near ? `\n(Did you mean ${near}?)` : "\n`xmlsocket --help` lists the commands."}`,
		{ exitCode: 2, code: "commander.unknownCommand" },
	);
}

// Commander suggests only flags that the help lists.
function withSuggestion(text: string, command: Command | undefined): string {
	const flag = /^error: unknown option '(--[^']+)'\n?$/.exec(text)?.[1];
	if (flag === undefined || !command) return text;
	const near = nearestName(
		flag,
		command.options.flatMap(({ long }) => long ?? []),
	);
	return near ? `${text.trimEnd()}\n(Did you mean ${near}?)\n` : text;
}

/** The commands that run until a signal. Their flags come from schemas. */
function addServers(program: Command, schemas: Map<Command, () => Promise<OptionsSchema>>, version: string): void {
	const configFlag = [
		"-c, --config <file>",
		"configuration file (default: xmlsocket.config.json if it exists)",
	] as const;
	const serve = program
		.command("serve", { isDefault: true })
		.description("run the daemon: XMLSocket, WebSocket, HTTP, policy file and TLS on one port")
		.option(...configFlag)
		.option("--json", "print the address and settings as one JSON object")
		.action(async (flags: Flags) => (await import("./commands/serve.ts")).serve(flags, version));
	const config = program
		.command("config")
		.description("show every option of the daemon, its value, and the source of the value")
		.option(...configFlag)
		.option("--json", "print one JSON object per line")
		.action(async (flags: Flags) => (await import("./commands/config.ts")).config(flags));
	const gateway = program
		.command("gateway [targets...]")
		.usage("[options] [name=]host:port...")
		.description("connect WebSockets of pages to the listed TCP servers, for Flash content in Ruffle")
		.option(...configFlag)
		.option("--json", "print the address and targets as one JSON object")
		.action(async (targets: string[], flags: Flags) =>
			(await import("./commands/gateway.ts")).gateway(targets, flags, version),
		);
	const run = program
		.command("run <paths...>")
		.usage("[options] <folder|main.asc>...")
		.description("run Server-Side ActionScript applications: folders of Flash Media Server, or scripts")
		.option(...configFlag)
		.option("--json", "print the address and each trace() as one JSON object per line")
		.action(async (paths: string[], flags: Flags) => (await import("./commands/run.ts")).run(paths, flags, version));
	const play = program
		.command("play <movie>")
		.description("show a SWF, a file or an http(s) address, in the browser with its sockets connected")
		.option("--json", "print the address as one JSON object")
		.action(async (movie: string, flags: Flags) => (await import("./commands/play.ts")).play(movie, flags, version));
	const serveFlags = async (): Promise<OptionsSchema> => (await import("./serve-schema.ts")).serveSchema;
	schemas.set(serve, serveFlags);
	schemas.set(config, serveFlags);
	schemas.set(gateway, async () => (await import("./gateway-schema.ts")).gatewayCommandSchema);
	schemas.set(run, async () => (await import("./run-schema.ts")).runSchema);
	schemas.set(play, async () => (await import("./play-schema.ts")).playSchema);
}

/** The commands that connect to a server. */
function addClients(program: Command): void {
	withConnectionFlags(program.command("connect <address>"))
		.description("a prompt: sends what you type, prints what arrives")
		.option("-x, --execute <doc...>", "send these documents first, then end unless -w or -C is given")
		.option("-w, --wait <seconds>", "with -x or a pipe: wait this long for answers (default: 1)")
		.option("-C, --count <n>", "end after this many documents")
		.option("--pretty", "indent XML, in colour on a terminal")
		.option(
			"--stream",
			`connect to a Jabber server: XML stream, no zero bytes, elements of up to ${STREAM_CHARS} characters`,
		)
		.option("--reconnect", "reconnect when the connection is lost")
		.option("--no-pong", "do not answer the daemon's <ping>")
		.action(async (address: string, flags: Flags) =>
			(await import("./commands/connect.ts")).connectCommand(address, flags),
		);
	withConnectionFlags(program.command("send <address> [documents...]"))
		.description("send documents and print the answers; without a document, standard input is one document")
		.option("-m, --message <doc...>", "send these documents")
		.option("-l, --lines", "send each line of standard input as a document")
		.option("-f, --file <file>", "send this file as one document")
		.option(
			"--wait <ms>",
			"wait this long for answers after the last document; an <error> ends with exit code 1",
			"250",
		)
		.option("--no-pong", "do not answer the daemon's <ping>")
		.action(async (address: string, documents: string[], flags: Flags) =>
			(await import("./commands/send.ts")).send(address, documents, flags),
		);
	withConnectionFlags(program.command("listen <address>"))
		.description("print the documents that arrive")
		.option("-C, --count <n>", "end after this many documents; exit code 1 if fewer arrive")
		.option("-W, --within <seconds>", "end after this time")
		.option("-x, --execute <doc...>", "send these documents first")
		.option("--no-pong", "do not answer the daemon's <ping>")
		.action(async (address: string, flags: Flags) => (await import("./commands/listen.ts")).listen(address, flags));
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
		.option("--as <side>", "client, against the server at <address>; or server, on [listen] (default: 9000)")
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
		.option("--direction <end>", "show only documents of the client or of the server")
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
		.option("--policy <mode>", "off: policy requests reach the target; auto: allow the inspector's own port", "off")
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

/** Flags of the commands that connect to a server. */
function withConnectionFlags(command: Command): Command {
	return command
		.option("--tls", "use TLS, as with an xmlsockets:// address")
		.option("--insecure", "accept any certificate")
		.option("--ca <file>", "trust the certificate authority in this PEM file")
		.option("--origin <origin>", "Origin header of a WebSocket")
		.option("--encoding <label>", "encoding of documents", "utf-8")
		.option("--terminator <name>", "bytes that end a document: nul, lf, cr, crlf or hexadecimal", "nul")
		.option("--timeout <ms>", "how long an attempt to connect may take", "20000")
		.option("--json", "print one JSON object per line");
}

/** The commands that print a report. */
function addReports(program: Command): void {
	program
		.command("policy <address>")
		.description("fetch a server's socket policy file as Flash Player does, and explain what it allows")
		.option("--from <domain>", "with --to: may content of this domain (or https://domain) connect?")
		.option("--to <port>", "the port that the content connects to")
		.option("--json", "print one JSON object")
		.action(async (address: string, flags: { from?: string; to?: string; json?: boolean }) =>
			(await import("./commands/policy.ts")).policy(address, flags),
		);
	program
		.command("doctor <address>")
		.usage("[options] <address|page>")
		.description(
			"check each hop between a player and a server or a page with Ruffle, name the one that fails, and say how to fix it",
		)
		.option("--target <host:port...>", "for a page: the host and port exactly as the SWF asks for them")
		.option("--learned <file>", "for a page: the targets in the file of `xmlsocket gateway --learn`")
		.option("--origin <site>", "the site that players open, https://game.example: may its pages and content connect?")
		.option(
			"--send <doc>",
			"send this document, up to four times, and check the answer; choose one that changes nothing",
		)
		.option("--wait <ms>", "with --send: how long the server may take to answer", "3000")
		.option("--encoding <label>", "encoding of documents", "utf-8")
		.option("--terminator <name>", "bytes that end a document: nul, lf, cr, crlf or hexadecimal", "nul")
		.option("--resolve <host=address...>", "use this address for the host, for example before its DNS record changes")
		.option("--ca <file>", "trust the certificate authority in this PEM file")
		.option("--timeout <ms>", "how long each step may take", "5000")
		.option("--json", "print one JSON object")
		.addHelpText(
			"after",
			`
Examples:
  xmlsocket doctor game.example:9000
  xmlsocket doctor https://game.example/play.html --target game.example:9000
  xmlsocket doctor wss://game.example/gateway/game --origin https://game.example --send "<ping/>"`,
		)
		.action(async (address: string, flags: DoctorFlags) =>
			(await import("./commands/doctor.ts")).doctor(address, flags),
		);
	program
		.command("conformance [address]")
		.description(
			"run the public suite of cases against an XMLSocket server that you own; it opens up to 100 connections and sends broken documents",
		)
		.option("--profile <name>", "what the server does with documents: echo, relay, chat, policy or auto", "auto")
		.option("--list", "list the cases, without connecting")
		.option("--only <id...>", "run these cases only")
		.option("--timeout <ms>", "how long a document may take before the case fails", "3000")
		.option("--max-document <bytes>", "the longest document that the server accepts")
		.option("--insecure", "accept any certificate")
		.option("--ca <file>", "trust the certificate authority in this PEM file")
		.option("--origin <origin>", "Origin header of a WebSocket")
		.option("--json", "print one JSON object")
		.option("--junit <file>", "also write the results as JUnit XML")
		.addHelpText(
			"after",
			`
Examples:
  xmlsocket conformance localhost:9000
  xmlsocket conformance 9339 --profile relay --junit results.xml
  xmlsocket conformance localhost:9000 --only split-at-every-position four-byte-characters

Exit code: 0 no case failed, 1 a case failed, 3 could not connect.`,
		)
		.action(async (address: string | undefined, flags: ConformanceFlags) =>
			(await import("./commands/conformance.ts")).conformance(address, flags),
		);
	const each = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
	program
		.command("bench [address]")
		.description(
			"measure a server that you own under load: latency, throughput, losses. Without an address it starts a daemon of its own",
		)
		.option("--mode <name>", "what the server does with a document: chat, relay, echo or auto", "auto")
		.option("--connections <n>", "connections at the same time (default: 50)")
		.option("--rooms <n>", "chat: rooms, among which the connections are divided (default: 1)")
		.option(
			"--room <name>",
			"chat: use this room instead of new ones, for example lobby, which is stored; repeatable",
			each,
		)
		.option("--senders <n>", "connections that send (default: all, at most 500)")
		.option("--rate <n>", "messages a second of all senders together (default: 100)")
		.option("--outstanding <n>", "instead of a rate: each sender has so many messages under way")
		.option("--size <bytes>", "length of a document (default: 128)")
		.option("--duration <seconds>", "how long each step is measured (default: 8; with --find: 3)")
		.option("--warm-up <seconds>", "how long each step runs before it is measured (default: 1)")
		.option("--find", "search for the highest rate that meets the goal, from --rate upwards")
		.option("--goal-p99 <ms>", "99 % of the deliveries must arrive within this time (default with --find: 100)")
		.option("--connects-per-second <n>", "new connections a second (default: 1000)")
		.option("--timeout <ms>", "how long to wait for a connection, and for documents that do not arrive (default: 5000)")
		.option("--terminator <name>", "bytes that end a document: nul, lf, cr, crlf or hexadecimal", "nul")
		.option("--insecure", "accept any certificate")
		.option("--ca <file>", "trust the certificate authority in this PEM file")
		.option("--origin <origin>", "Origin header of a WebSocket")
		.option("--chart <file>", "also write the results as an SVG chart")
		.option("--json", "print one JSON object per line: each step, then the report")
		.addHelpText(
			"after",
			`
Several numbers with commas make a step of each: --connections 100,200,400.

Examples:
  xmlsocket bench
  xmlsocket bench game.example:9000 --connections 500 --rooms 10 --rate 250 --goal-p99 50
  xmlsocket bench localhost:9000 --find --chart bench.svg

Exit code: 0 all arrived once, in order, in time; 1 not so; 3 could not connect.`,
		)
		.action(async (address: string | undefined, flags: BenchFlags) =>
			(await import("./commands/bench.ts")).bench(address, flags),
		);
	program
		.command("explain [code]")
		.description("explain an error code; without a code, all of them")
		.option("--json", "print one JSON object per line")
		.action(async (code: string | undefined, flags: { json?: boolean }) =>
			(await import("./commands/explain.ts")).explain(code, flags),
		);
}

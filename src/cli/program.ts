// The commands of the command line: names, arguments, flags and help. A command's work, and the flags that come from a schema, load
// when that command is called, so that `--help` and `connect` start fast.

import { Command } from "commander";
import { nearestName } from "../errors/index.ts";
import type { OptionsSchema } from "../options/index.ts";
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

	addServers(program, schemas, version);
	addClients(program);
	addReports(program);
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
	return { program, isServer: () => running !== undefined && SERVERS.has(running.name()) };
}

const SERVERS: ReadonlySet<string> = new Set(["serve", "gateway", "run", "play"]);

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
		.command("data <dir> [action]")
		.description(
			"show what a data folder holds; `export` writes it to standard output as JSON lines, `import` reads them, `repair` makes a damaged one readable",
		)
		.option("--json", "print one JSON object")
		.action(async (dir: string, action: string | undefined, flags: { json?: boolean }) =>
			(await import("./commands/data.ts")).data(dir, action, flags),
		);
	program
		.command("explain [code]")
		.description("explain an error code; without a code, all of them")
		.option("--json", "print one JSON object per line")
		.action(async (code: string | undefined, flags: { json?: boolean }) =>
			(await import("./commands/explain.ts")).explain(code, flags),
		);
}

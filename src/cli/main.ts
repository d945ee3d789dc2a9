#!/usr/bin/env node
// The command line: names, flags and help. Each command's work is loaded when it is called, so that `--help` and `connect`
// start at once. Exit codes: 0 done, 1 failed, 2 usage, 3 could not connect, 130 interrupted prompt.

import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { exitCodeOf, failureText } from "./failure.ts";
import { STREAM_CHARS } from "./stream-chars.ts";

const version = (
	JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
).version;

/** Flags of the commands that connect to a server. */
function withConnectionFlags(command: Command): Command {
	return command
		.option("--tls", "use TLS, as with an xmlsockets:// address")
		.option("--insecure", "accept any certificate")
		.option("--ca <file>", "trust the certificate authority in this PEM file")
		.option("--origin <origin>", "Origin header of a WebSocket")
		.option("--encoding <label>", "encoding of documents", "utf-8")
		.option("--terminator <name>", "bytes that end a document: nul, lf, crlf or hexadecimal", "nul")
		.option("--timeout <ms>", "how long an attempt to connect may take", "20000")
		.option("--json", "print one JSON object per line");
}

// The daemon's flags come from its schema, which the other commands, and the list of commands, need not load.
function needsServeFlags(args: string[]): boolean {
	const [first] = args;
	if (first === undefined || first === "serve" || first === "config" || first === "help") return true;
	return first.startsWith("-") && !["-h", "--help", "-V", "--version"].includes(first);
}

/** Whether a command's own flags are asked for: those, too, come from a schema. */
function needsPlayFlags(args: string[]): boolean {
	return args[0] === "play" || (args[0] === "help" && args[1] === "play");
}

async function makeProgram(): Promise<Command> {
	const program = new Command("xmlsocket")
		.description(
			"The XMLSocket protocol: a daemon with chat rooms on one port, and tools that talk to any XMLSocket server.",
		)
		.version(version)
		.helpOption("-h, --help", "show help")
		.showSuggestionAfterError()
		.configureHelp({ sortSubcommands: false })
		.enablePositionalOptions();

	const serve = program
		.command("serve", { isDefault: true })
		.description("run the daemon: XMLSocket, WebSocket, HTTP, policy file and TLS on one port")
		.option("-c, --config <file>", "configuration file (default: xmlsocket.config.json where there is one)")
		.option("--json", "print what was started as one JSON object per line");
	const config = program
		.command("config")
		.description("show every option of the daemon, its value and where it came from")
		.option("-c, --config <file>", "configuration file")
		.option("--json", "print one JSON object per line");
	if (needsServeFlags(process.argv.slice(2))) {
		const [{ serveSchema }, { addFlags }] = await Promise.all([import("./serve-schema.ts"), import("./settings.ts")]);
		for (const command of [serve, config]) {
			addFlags(
				serveSchema,
				(flags, about) => new Option(flags, about),
				(option) => command.addOption(option),
			);
		}
	}
	const gateway = program
		.command("gateway [targets...]")
		.usage("[options] [name=]host:port...")
		.description("WebSocket to TCP, for those targets only: what Flash content in Ruffle needs to reach a server")
		.option("-c, --config <file>", "configuration file (default: xmlsocket.config.json where there is one)")
		.option("--json", "print what was started as one JSON object per line");
	if (process.argv[2] === "gateway" || process.argv[2] === "help") {
		const [{ gatewayCommandSchema }, { addFlags }] = await Promise.all([
			import("./gateway-schema.ts"),
			import("./settings.ts"),
		]);
		addFlags(
			gatewayCommandSchema,
			(flags, about) => new Option(flags, about),
			(option) => gateway.addOption(option),
		);
	}
	gateway.action(async (targets: string[], flags: Record<string, unknown>) =>
		(await import("./commands/gateway.ts")).gateway(targets, flags, version),
	);
	serve.action(async (flags: Record<string, unknown>) => (await import("./commands/serve.ts")).serve(flags, version));
	config.action(async (flags: Record<string, unknown>) => (await import("./commands/config.ts")).config(flags));

	const run = program
		.command("run <paths...>")
		.usage("[options] <folder|main.asc>...")
		.description("run Server-Side ActionScript applications: folders of Flash Media Server, or scripts")
		.option("-c, --config <file>", "configuration file (default: xmlsocket.config.json where there is one)")
		.option("--json", "print what was started and each trace() as one JSON object per line");
	if (process.argv[2] === "run" || (process.argv[2] === "help" && process.argv[3] === "run")) {
		const [{ runSchema }, { addFlags }] = await Promise.all([import("./run-schema.ts"), import("./settings.ts")]);
		addFlags(
			runSchema,
			(flags, about) => new Option(flags, about),
			(option) => run.addOption(option),
		);
	}
	run.action(async (paths: string[], flags: Record<string, unknown>) =>
		(await import("./commands/run.ts")).run(paths, flags, version),
	);

	const play = program
		.command("play <movie>")
		.description("show a SWF, a file or an http(s) address, in the browser with its sockets connected")
		.option("--json", "print what was started as one JSON object");
	if (needsPlayFlags(process.argv.slice(2))) {
		const [{ playSchema }, { addFlags }] = await Promise.all([import("./play-schema.ts"), import("./settings.ts")]);
		addFlags(
			playSchema,
			(flags, about) => new Option(flags, about),
			(option) => play.addOption(option),
		);
	}
	play.action(async (movie: string, flags: Record<string, unknown>) =>
		(await import("./commands/play.ts")).play(movie, flags, version),
	);

	withConnectionFlags(program.command("connect <address>"))
		.description("a prompt: what you type is sent, what arrives is printed")
		.option("-x, --execute <doc...>", "send these documents first, then end unless -w or -C says otherwise")
		.option("-w, --wait <seconds>", "with -x or a pipe: stay so long for answers (default: 1)")
		.option("-C, --count <n>", "end after so many documents")
		.option("--pretty", "indent XML, in colour on a terminal")
		.option(
			"--stream",
			`talk to a Jabber server: XMLStreams, no zero bytes, elements of up to ${STREAM_CHARS} characters (the class's 4096 are fewer than a roster has)`,
		)
		.option("--reconnect", "come back when the connection breaks")
		.option("--no-pong", "do not answer the daemon's <ping>")
		.action(async (address: string, flags: Record<string, unknown>) =>
			(await import("./commands/connect.ts")).connectCommand(address, flags),
		);
	withConnectionFlags(program.command("send <address>"))
		.description("send documents, then end")
		.option("-m, --message <doc...>", "send these documents")
		.option("-l, --lines", "send each line of standard input as a document")
		.option("-f, --file <file>", "send this file as one document")
		.action(async (address: string, flags: Record<string, unknown>) =>
			(await import("./commands/send.ts")).send(address, flags),
		);
	withConnectionFlags(program.command("listen <address>"))
		.description("print what arrives")
		.option("-C, --count <n>", "end after so many documents; fewer are a failure")
		.option("-W, --within <seconds>", "end after so long")
		.option("-x, --execute <doc...>", "send these documents first")
		.option("--no-pong", "do not answer the daemon's <ping>")
		.action(async (address: string, flags: Record<string, unknown>) =>
			(await import("./commands/listen.ts")).listen(address, flags),
		);
	program
		.command("policy <address>")
		.description("fetch a server's socket policy file as Flash Player does, and say what it grants")
		.option("--from <domain>", "with --to: may content of this domain (or https://domain) connect?")
		.option("--to <port>", "the port that it would connect to")
		.option("--json", "print one JSON object")
		.action(async (address: string, flags: { from?: string; to?: string; json?: boolean }) =>
			(await import("./commands/policy.ts")).policy(address, flags),
		);
	program
		.command("data <dir> [action]")
		.description("what a data folder holds; `export` writes it to standard output as JSON lines, `import` reads them")
		.option("--json", "print one JSON object")
		.action(async (dir: string, action: string | undefined, flags: { json?: boolean }) =>
			(await import("./commands/data.ts")).data(dir, action, flags),
		);
	program
		.command("explain [code]")
		.description("an error code in words; without one, all of them")
		.option("--json", "print one JSON object per line")
		.action(async (code: string | undefined, flags: { json?: boolean }) =>
			(await import("./commands/explain.ts")).explain(code, flags),
		);
	for (const command of [program, ...program.commands]) command.exitOverride();
	return program;
}

try {
	await (await makeProgram()).parseAsync();
} catch (error) {
	if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
	else {
		// What a command that failed has left open, a connection to a silent server for example, must not keep the process.
		const exit = (): never => process.exit(exitCodeOf(error));
		process.stderr.on("error", exit);
		process.stderr.write(`${failureText(error)}\n`, exit);
		// Nobody may read it.
		setTimeout(exit, 1000);
	}
}

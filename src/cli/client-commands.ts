// The commands that connect to a server and exchange documents. As in program.ts, their work loads when they are called.

import type { Command } from "commander";
import { withExamples } from "./help.ts";
import { STREAM_CHARS } from "./stream-chars.ts";

type Flags = Record<string, unknown>;

/** The commands that connect to a server. */
export function addClientCommands(program: Command): void {
	const connect = withConnectionFlags(program.command("connect <address>"))
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
	const send = withConnectionFlags(program.command("send <address> [documents...]"))
		.description("send documents and print the answers; without a document, and for -, standard input is one document")
		.option("-m, --message <doc...>", "send these documents")
		.option("-l, --lines", "send each line of standard input as a document")
		.option("-f, --file <file>", "send this file as one document; -: standard input")
		.option(
			"--wait <ms>",
			"wait this long for answers after the last document; an <error> ends it, with exit code 1",
			"250",
		)
		.option("--no-pong", "do not answer the daemon's <ping>")
		.action(async (address: string, documents: string[], flags: Flags) =>
			(await import("./commands/send.ts")).send(address, documents, flags),
		);
	const listen = withConnectionFlags(program.command("listen <address>"))
		.description("print the documents that arrive")
		.option("-C, --count <n>", "end after this many documents; exit code 1 if fewer arrive")
		.option("-W, --within <seconds>", "end after this time")
		.option("-x, --execute <doc...>", "send these documents first")
		.option("--filter <expression>", "only what matches, for example said[@room='lobby'] or /regexp/")
		.option("--pretty", "indent XML, in colour on a terminal")
		.option("--format <text>", "print each document so; %p stands for it: the end of this help lists all")
		.option("-v, --verbose", "also print time and length of each document, and how the connection begins and ends")
		.option("--reconnect", "wait for the server, and connect again when the connection is lost; -x is sent each time")
		.option("--no-pong", "do not answer the daemon's <ping>")
		.action(async (address: string, flags: Flags) => (await import("./commands/listen.ts")).listen(address, flags));
	withExamples(
		connect,
		"xmlsocket connect localhost:9000",
		"xmlsocket connect wss://game.example/socket --pretty",
		"xmlsocket connect 9000 -x '<who room=\"lobby\"/>' -C 2",
	);
	withExamples(
		send,
		"xmlsocket send localhost:9000 '<ping/>'",
		"xmlsocket send 9000 -m '<join room=\"lobby\"/>' '<say room=\"lobby\">hi</say>'",
		"xmlsocket send game.example:9339 --lines < documents.txt",
	);
	withExamples(
		listen,
		"xmlsocket listen localhost:9000 -x '<join room=\"lobby\"/>'",
		"xmlsocket listen 9000 -C 10 -W 30 --json",
		"xmlsocket listen 9000 -x '<join room=\"lobby\"/>' --filter said --format '%I %e %p'",
	);
	listen.addHelpText(
		"after",
		`
--format: %p document, %l its length in bytes, %e name of its root element, %n number,
  %I time, %U seconds since 1970, %% a percent sign; \\n line feed, \\t tab, \\0 zero byte.`,
	);
}

/** Flags of the commands that connect to a server. */
function withConnectionFlags(command: Command): Command {
	return command
		.option("--tls", "use TLS, as with an xmlsockets:// address")
		.option("--insecure", "accept any certificate")
		.option("--ca <file>", "trust the certificate authority in this PEM file")
		.option("--origin <origin>", "Origin header of a WebSocket")
		.option(
			"-H, --header <header>",
			"further header of a WebSocket, for example 'Cookie: session=1'; repeatable",
			(header: string, before: readonly string[] = []): readonly string[] => [...before, header],
		)
		.option("--encoding <label>", "encoding of documents", "utf-8")
		.option("--terminator <name>", "bytes that end a document: nul, lf, cr, crlf or hexadecimal", "nul")
		.option("--timeout <ms>", "how long an attempt to connect may take", "20000")
		.option("--json", "print one JSON object per line");
}

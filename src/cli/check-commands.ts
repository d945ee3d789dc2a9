// The commands that check and measure a server, and explain. As in program.ts, their work loads when they are called.

import type { Command } from "commander";
import type { BenchFlags } from "./commands/bench.ts";
import type { ConformanceFlags } from "./commands/conformance.ts";
import type { DoctorFlags } from "./commands/doctor.ts";

/** The commands that print a report. */
export function addCheckCommands(program: Command): void {
	program
		.command("policy <address>")
		.description("fetch a server's socket policy file as Flash Player does, and explain what it allows")
		.option("--from <domain>", "with --to: may content of this domain (or https://domain) connect?")
		.option("--to <port>", "the port that the content connects to")
		.option("--json", "print one JSON object")
		.addHelpText(
			"after",
			`
Examples:
  xmlsocket policy game.example
  xmlsocket policy game.example:9339 --from www.game.example --to 9339`,
		)
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
		.option(
			"--profile <echo|relay|chat|policy|auto>",
			"what the server does with documents: echo, relay, chat, policy or auto",
			"auto",
		)
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
		.option("--mode <chat|relay|echo|auto>", "what the server does with a document: chat, relay, echo or auto", "auto")
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
		.addHelpText(
			"after",
			`
Examples:
  xmlsocket explain room-not-joined
  xmlsocket explain | less`,
		)
		.action(async (code: string | undefined, flags: { json?: boolean }) =>
			(await import("./commands/explain.ts")).explain(code, flags),
		);
}

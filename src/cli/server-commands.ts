// The commands that serve: names, arguments and the flags that no schema has. As in program.ts, their work loads when they are called.

import type { Command } from "commander";
import type { OptionsSchema } from "../options/index.ts";
import { withExamples } from "./help.ts";

type Flags = Record<string, unknown>;

/** The commands that run until a signal. Their flags come from schemas. */
export function addServerCommands(
	program: Command,
	schemas: Map<Command, () => Promise<OptionsSchema>>,
	version: string,
): void {
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
	withExamples(
		serve,
		"xmlsocket serve --room news --history 100",
		"xmlsocket serve --host '*' --tls-cert chain.pem --tls-key key.pem --token-file tokens",
		"xmlsocket serve --web site --target localhost:9339",
	);
	withExamples(config, "xmlsocket config --port 9001", "XMLSOCKET_PORT=9001 xmlsocket config --json");
	withExamples(
		gateway,
		"xmlsocket gateway localhost:9339",
		"xmlsocket gateway chat=10.0.0.5:9339 --origin https://game.example --encoding gbk",
		"xmlsocket gateway --learn targets.json",
	);
	withExamples(run, "xmlsocket run applications/chat", "xmlsocket run main.asc --watch");
	withExamples(
		play,
		"xmlsocket play game.swf --allow localhost:9339",
		"xmlsocket play https://game.example/game.swf --param room=lobby --record session.ndjson",
	);
	schemas.set(serve, serveFlags);
	schemas.set(config, serveFlags);
	schemas.set(gateway, async () => (await import("./gateway-schema.ts")).gatewayCommandSchema);
	schemas.set(run, async () => (await import("./run-schema.ts")).runSchema);
	schemas.set(play, async () => (await import("./play-schema.ts")).playSchema);
}

// `xmlsocket replay`: answers clients from a recording until a signal, or plays its client against a server. Exit codes: 0 no differences, or
// stopped by a signal; 1 differences, or with --strict a document without a match; 3 no connection.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { XMLSocketError } from "../../errors/index.ts";
import { parseListenAddress } from "../../tools/inspect/options.ts";
import {
	createReplayServer,
	type LoadedRecording,
	loadRecording,
	parseReplayRules,
	type ReplayEvent,
	type ReplayRule,
	type ReplayServer,
	replayAsClient,
	showReplayDifference,
	showReplayEvent,
	showReplayReport,
	writeReplayTest,
} from "../../tools/replay/index.ts";
import { styles, urlHost } from "../banner-parts.ts";
import { numberOf } from "../open-connection.ts";

type Flags = Record<string, unknown>;

/** Plays one side of a recording. */
export async function replay(file: string, address: string | undefined, flags: Flags): Promise<void> {
	const side = flags.as;
	if (side !== "client" && side !== "server")
		throw invalid(`--as must be client or server, but is ${side === undefined ? "missing" : `"${String(side)}"`}.`);
	if (side === "server") {
		refuseFlags(flags, ["test", "timeout", "except", "insecure", "ca"], "server");
		await asServer(file, address, flags);
		return;
	}
	refuseFlags(flags, ["loop", "strict", "order", "policy", "tlsCert", "tlsKey"], "client");
	if (address === undefined) throw invalid("--as client needs the address of a server, for example localhost:9339.");
	if (flags.test === undefined) await asClient(file, address, flags);
	else await writeTest(file, address, flags);
}

async function asClient(file: string, address: string, flags: Flags): Promise<void> {
	const report = await replayAsClient(await load(file), address, {
		speed: speedOf(flags.speed) ?? 0,
		timeoutMs: numberOf(flags.timeout, "--timeout"),
		ignore: flags.ignore as string[] | undefined,
		except: flags.except as string | undefined,
		rules: rulesOf(flags.rules),
		insecure: flags.insecure === true,
		ca: typeof flags.ca === "string" ? readText(flags.ca) : undefined,
		origin: (flags.origin as string[] | undefined)?.[0],
		onDifference: (difference) =>
			print(flags.json ? JSON.stringify({ event: "difference", ...difference }) : showReplayDifference(difference)),
	});
	const { differences: _, ...summary } = report;
	print(flags.json ? JSON.stringify({ event: "summary", ...summary }) : showReplayReport(report));
	if (!report.ok) process.exitCode = 1;
}

async function writeTest(file: string, address: string, flags: Flags): Promise<void> {
	const test = String(flags.test);
	await load(file);
	const runner = writeReplayTest(test, {
		recording: file,
		address,
		ignore: flags.ignore as string[] | undefined,
		except: flags.except as string | undefined,
		timeoutMs: numberOf(flags.timeout, "--timeout"),
		rulesFile: typeof flags.rules === "string" ? flags.rules : undefined,
	});
	const command = runner === "vitest" ? `npx vitest run ${test}` : `node --test ${test}`;
	print(flags.json ? JSON.stringify({ event: "written", file: test, runner }) : `wrote ${test}. Run it: ${command}`);
}

async function asServer(file: string, listen: string | undefined, flags: Flags): Promise<void> {
	const { host, port } = parseListenAddress(listen ?? "9000");
	const speed = speedOf(flags.speed) ?? 1;
	const server = createReplayServer(await load(file), {
		host,
		port,
		speed,
		ignore: flags.ignore as string[] | undefined,
		rules: rulesOf(flags.rules),
		loop: flags.loop === true,
		strict: flags.strict === true,
		order: orderOf(flags.order),
		origin: flags.origin as string[] | undefined,
		policy: flags.policy as string | undefined,
		tlsCert: flags.tlsCert as string | undefined,
		tlsKey: flags.tlsKey as string | undefined,
		onEvent: eventPrinter(flags.json === true),
	});
	await server.listen();
	const stopped = new Promise<NodeJS.Signals>((resolve) => {
		process.once("SIGINT", resolve);
		process.once("SIGTERM", resolve);
	});
	print(flags.json ? listeningLine(server) : banner(server, file, host, speed));
	const signal = await stopped;
	await server.close();
	const { problems: _, ...summary } = server.report();
	print(
		flags.json
			? JSON.stringify({ event: "summary", signal, ...summary })
			: `\nstopped. Connections: ${summary.connections}; documents matched: ${summary.matched}, not matched: ${summary.unmatched}`,
	);
	process.exit(flags.strict && summary.unmatched + summary.refused > 0 ? 1 : 0);
}

async function load(file: string): Promise<LoadedRecording> {
	const recording = await loadRecording(file);
	const { cutOff, missing = 0 } = recording;
	if (cutOff) process.stderr.write("xmlsocket: the recording ends in the middle of a line, which is left out.\n");
	if (missing > 0) process.stderr.write(`xmlsocket: the recorder has left out ${missing} events.\n`);
	return recording;
}

const MOST_REPORTS = 1000;

// Thousands of documents without a match would hide the first ones.
function eventPrinter(isJson: boolean): (event: ReplayEvent) => void {
	let printed = 0;
	return (event) => {
		const isDocument = event.kind === "unmatched" || event.kind === "values";
		if (isDocument && ++printed > MOST_REPORTS) {
			if (printed === MOST_REPORTS + 1)
				process.stderr.write(`xmlsocket: ${MOST_REPORTS} documents were reported; further ones are only counted.\n`);
			return;
		}
		const { kind, ...rest } = event;
		print(isJson ? JSON.stringify({ event: kind, ...rest }) : showReplayEvent(event));
	};
}

function listeningLine(server: ReplayServer): string {
	const { port, addresses, recordedConnections } = server;
	return JSON.stringify({ event: "listening", port, addresses, recordedConnections });
}

function banner(server: ReplayServer, file: string, host: string, speed: number): string {
	const { bold } = styles();
	const { port, recordedConnections: count } = server;
	const pace =
		speed === 0 ? "at once" : speed === 1 ? "as recorded (--speed max: at once)" : `${speed} times the recorded pace`;
	return `\n  ${bold("xmlsocket replay")} ${basename(file)}: ${count} recorded connection${count === 1 ? "" : "s"}

  XMLSocket   ${urlHost(host)}:${port}
  WebSocket   ws://${urlHost(host)}:${port}/socket
  answers     ${pace}\n`;
}

function speedOf(value: unknown): number | undefined {
	return value === "max" ? 0 : numberOf(value, "--speed");
}

function orderOf(value: unknown): "any" | "recorded" | undefined {
	if (value === undefined || value === "any" || value === "recorded") return value;
	throw invalid(`--order must be any or recorded, but is "${String(value)}".`);
}

function rulesOf(file: unknown): ReplayRule[] | undefined {
	return typeof file === "string" ? parseReplayRules(readText(file)) : undefined;
}

function readText(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch (cause) {
		throw invalid(`The file ${file} cannot be read: ${(cause as Error).message}.`);
	}
}

function refuseFlags(flags: Flags, names: readonly string[], side: string): void {
	for (const name of names) {
		if (flags[name] === undefined) continue;
		throw invalid(
			`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} has no meaning with --as ${side}.`,
		);
	}
}

function print(line: string): void {
	process.stdout.write(`${line}\n`);
}

function invalid(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_OPTION_INVALID", message);
}

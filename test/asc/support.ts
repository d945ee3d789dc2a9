// Runs applications on a real port, from the built package: a worker thread needs files that Node itself can read.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type AscOptions, openScriptHost, type ScriptHost, type TraceLine } from "../../dist/asc/index.js";
import { createServer, type Server } from "../../dist/server/index.js";
import { RawClient, recordingLog } from "../server/peers.ts";

/** Where the applications of these tests are. */
export const scripts: string = resolve(import.meta.dirname, "scripts");

/** Running applications. */
export interface Running {
	readonly host: ScriptHost;
	readonly server: Server;
	readonly port: number;
	readonly log: ReturnType<typeof recordingLog>;
	readonly traces: TraceLine[];
	/** A raw client that first sends these documents. */
	client(...documents: string[]): RawClient;
	/** Resolves when a line of trace() is `text`, or holds it. */
	traced(text: string): Promise<TraceLine>;
	/** Resolves when a line of the log holds `text`. */
	logged(text: string): Promise<{ level: string; facts: Record<string, unknown>; words: string }>;
	stop(): Promise<void>;
}

const running: Running[] = [];
const folders: string[] = [];

/** Stops everything, and takes the folders away. For `afterEach`. */
export async function stopAll(): Promise<void> {
	await Promise.all(running.splice(0).map((one) => one.stop()));
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** An application's folder of these files, `main.asc` among them; its name is `name`. */
export function makeFolder(files: Record<string, string>, name = "app"): string {
	const parent = mkdtempSync(join(tmpdir(), "xmlsocket asc "));
	folders.push(parent);
	for (const [path, text] of Object.entries(files)) {
		const file = join(parent, name, path);
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, text);
	}
	return join(parent, name);
}

/** Runs the applications of these paths. */
export async function startScripts(paths: readonly string[], options: AscOptions = {}): Promise<Running> {
	const log = recordingLog();
	const traces: TraceLine[] = [];
	const host = await openScriptHost(paths, options, {
		log,
		trace: (line) => traces.push(line),
		server: "xmlsocket/test",
	});
	const server = await createServer({ port: 0, application: host, log }).listen();
	const clients: RawClient[] = [];
	const made: Running = {
		host,
		server,
		port: server.port,
		log,
		traces,
		client(...documents) {
			const client = RawClient.tcp(server.port);
			clients.push(client);
			for (const document of documents) client.send(`${document}\0`);
			return client;
		},
		traced: (text) => seen(`trace "${text}"`, () => traces.find((line) => line.text.includes(text)), log.lines, traces),
		logged: (text) =>
			seen(`log "${text}"`, () => log.lines.find(({ words }) => words.includes(text)), log.lines, traces),
		async stop() {
			for (const { socket } of clients) socket.destroy();
			await server.close({ graceMs: 0 });
		},
	};
	running.push(made);
	return made;
}

/** Runs one application whose `main.asc` is `text`. */
export function startScript(text: string, options: AscOptions = {}): Promise<Running> {
	return startScripts([makeFolder({ "main.asc": text })], options);
}

async function seen<Found>(
	what: string,
	look: () => Found | undefined,
	lines: readonly { words: string }[],
	traces: readonly TraceLine[],
): Promise<Found> {
	const deadline = Date.now() + 90_000;
	for (;;) {
		const found = look();
		if (found !== undefined) return found;
		if (Date.now() > deadline) {
			const said = [...lines.map(({ words }) => words), ...traces.map(({ text }) => text)].join("\n");
			throw new Error(`${what} was not seen; there was:\n${said}`);
		}
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

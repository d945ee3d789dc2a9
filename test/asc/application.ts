// One application and its clients, for tests that look at both: on top of `support.ts`, the lines of its trace and log as texts, and
// clients that wait for a document.

import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { AscOptions } from "../../dist/asc/index.js";
import { until } from "../client/support.ts";
import { RawClient } from "../server/peers.ts";
import { makeFolder, startScripts, stopAll } from "./support.ts";

/** A running application. */
export interface Running {
	readonly port: number;
	readonly folder: string;
	/** The lines of `trace()` so far. */
	readonly traced: readonly string[];
	/** What the daemon's log has so far, as `level code words`. */
	readonly logged: readonly string[];
	/** Waits for a line of `trace()` that holds `text`, and gives it. */
	traces(text: string): Promise<string>;
	/** Stops the server and the application, with the time that a stop has. */
	stop(): Promise<void>;
}

/** Runs files by their names, or a copy of a folder with some of them. All is gone when the test is over. */
export function runApplication(
	files: Readonly<Record<string, string>> | string,
	options: AscOptions = {},
	more: Readonly<Record<string, string>> = {},
): Promise<Running> {
	onTestFinished(stopAll);
	const folder = makeFolder(typeof files === "string" ? {} : { ...files });
	if (typeof files === "string") cpSync(files, folder, { recursive: true });
	for (const [name, text] of Object.entries(more)) writeFileSync(join(folder, name), text);
	return startApplication(folder, options);
}

/** Runs what is in a folder, which stays. */
export async function startApplication(folder: string, options: AscOptions = {}): Promise<Running> {
	const { port, server, traces, log, traced } = await startScripts([folder], options);
	return {
		port,
		folder,
		get traced() {
			return traces.map(({ text }) => text);
		},
		get logged() {
			return log.lines.map(({ level, facts, words }) => `${level} ${facts.code ?? ""} ${words}`);
		},
		traces: async (text) => (await traced(text)).text,
		stop: () => server.close(),
	};
}

/** A raw client that keeps the documents it gets. */
export interface DocumentClient {
	readonly heard: readonly string[];
	send(text: string): void;
	/** Waits for a document that holds `text`, and gives it. */
	hears(text: string): Promise<string>;
	close(): void;
}

/** Connects to a port of the loopback interface. */
export async function rawClient(port: number): Promise<DocumentClient> {
	const client = RawClient.tcp(port);
	onTestFinished(() => void client.socket.destroy());
	const find = (text: string): string | undefined => client.documents.find((document) => document.includes(text));
	return {
		get heard() {
			return client.documents;
		},
		send: (text) => client.send(`${text}\0`),
		async hears(text) {
			await until(() => find(text) !== undefined, `a document with "${text}" (${client.text})`);
			return find(text) as string;
		},
		close: () => void client.socket.end(),
	};
}

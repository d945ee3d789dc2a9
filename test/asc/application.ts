// An application of the script host on a free loopback port, from scripts that a test writes down or from a folder, as the built
// package runs it: what it traces, what goes wrong in it, and clients for it.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type AscOptions, scriptHost } from "xmlsocket/asc";
import { createServer } from "xmlsocket/server";
import { until } from "../client/support.ts";

/** A running application. */
export interface Running {
	readonly port: number;
	readonly folder: string;
	/** The lines of `trace()`. */
	readonly traced: readonly string[];
	/** What the daemon's log has, as `level code message`. */
	readonly logged: readonly string[];
	/** Waits for a line of `trace()` that holds `text`, and gives it. */
	traces(text: string): Promise<string>;
	/** Stops the server and the application. */
	stop(): Promise<void>;
}

/** Files by their names, or a folder to copy. Everything is gone when the test is over. */
export async function runApplication(
	files: Readonly<Record<string, string>> | string,
	options: AscOptions = {},
	more: Readonly<Record<string, string>> = {},
): Promise<Running> {
	const folder = join(mkdtempSync(join(tmpdir(), "xmlsocket asc ")), "app");
	onTestFinished(() => rmSync(dirname(folder), { recursive: true, force: true }));
	mkdirSync(folder);
	if (typeof files === "string") cpSync(files, folder, { recursive: true });
	for (const [name, text] of Object.entries(typeof files === "string" ? more : { ...files, ...more })) {
		mkdirSync(dirname(join(folder, name)), { recursive: true });
		writeFileSync(join(folder, name), text);
	}
	return startApplication(folder, options);
}

/** Runs what is in a folder, which stays. */
export async function startApplication(folder: string, options: AscOptions = {}): Promise<Running> {
	const traced: string[] = [];
	const logged: string[] = [];
	const note =
		(level: string) =>
		(fields: object, message = ""): void =>
			void logged.push(`${level} ${(fields as { code?: string }).code ?? ""} ${message}`);
	const log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
	const application = await scriptHost([folder], options, {
		log: log as never,
		trace: ({ text }) => void traced.push(text),
	});
	const server = await createServer({ port: 0, application }).listen();
	let isStopped = false;
	const stop = async (): Promise<void> => {
		if (isStopped) return;
		isStopped = true;
		await server.close();
	};
	onTestFinished(stop);
	return {
		port: server.port,
		folder,
		traced,
		logged,
		async traces(text) {
			await until(
				() => traced.some((line) => line.includes(text)),
				`a trace with "${text}" (${traced.join(" | ")}; ${logged.join(" | ")})`,
			);
			return traced.find((line) => line.includes(text)) as string;
		},
		stop,
	};
}

/** A raw client that keeps the documents it gets. */
export interface RawClient {
	readonly heard: readonly string[];
	send(text: string): void;
	/** Waits for a document that holds `text`, and gives it. */
	hears(text: string): Promise<string>;
	close(): void;
}

/** Connects to a port of the loopback interface. */
export async function rawClient(port: number): Promise<RawClient> {
	const heard: string[] = [];
	const socket: Socket = connectTcp({ port, host: "127.0.0.1", noDelay: true });
	onTestFinished(() => void socket.destroy());
	let rest = "";
	socket.setEncoding("utf8");
	socket.on("error", () => {});
	socket.on("data", (text: string) => {
		const parts = (rest + text).split("\0");
		rest = parts.pop() as string;
		heard.push(...parts);
	});
	await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
	return {
		heard,
		send: (text) => void socket.write(`${text}\0`),
		async hears(text) {
			await until(
				() => heard.some((document) => document.includes(text)),
				`a document with "${text}" (${heard.join(" | ")})`,
			);
			return heard.find((document) => document.includes(text)) as string;
		},
		close: () => socket.end(),
	};
}

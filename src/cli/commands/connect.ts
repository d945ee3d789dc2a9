// `xmlsocket connect`: a prompt on a terminal; otherwise documents from a pipe, one per line.

import { createInterface } from "node:readline";
import type { Connection } from "../../index.ts";
import { countDocuments, numberOf, openConnection, printer } from "../open-connection.ts";
import { STREAM_CHARS } from "../stream-chars.ts";

const INTERRUPTED = 130;

/** Sends what the user types, prints what arrives. */
export async function connectCommand(address: string, flags: Record<string, unknown>): Promise<void> {
	const count = numberOf(flags.count, "--count") ?? Number.POSITIVE_INFINITY;
	const waitSeconds = numberOf(flags.wait, "--wait");
	const documents = (flags.execute as string[] | undefined) ?? [];
	const interactive = process.stdin.isTTY === true && documents.length === 0;
	const connection = await openConnection(address, flags);
	if (interactive) await prompt(connection, count, flags);
	else await script(connection, documents, count, waitSeconds, flags);
	const { error } = await connection.closed;
	if (error) throw error;
}

async function script(
	connection: Connection,
	documents: string[],
	count: number,
	waitSeconds: number | undefined,
	flags: Record<string, unknown>,
): Promise<void> {
	const enough = countDocuments(connection, count, printer(flags));
	for (const document of documents) connection.send(document);
	if (documents.length === 0) {
		for await (const line of createInterface({ input: process.stdin })) {
			if (connection.status.type === "closed") break;
			if (line === "") continue;
			connection.send(line);
			await connection.drained();
		}
	}
	const waits: Promise<unknown>[] = [enough];
	let timer: NodeJS.Timeout | undefined;
	if (waitSeconds !== undefined || !Number.isFinite(count)) {
		waits.push(
			new Promise((resolve) => {
				timer = setTimeout(resolve, (waitSeconds ?? 1) * 1000);
			}),
		);
	}
	await Promise.race(waits);
	clearTimeout(timer);
	await connection.close();
}

async function prompt(connection: Connection, count: number, flags: Record<string, unknown>): Promise<void> {
	const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: "> ", historySize: 500 });
	const print = printer(flags);
	// Prints above the line that the user is typing.
	const above = (show: () => void): void => {
		process.stdout.write("\r\u001b[K");
		show();
		lines.prompt(true);
	};
	const line = flags.stream
		? `Each line is sent unchanged; elements may have up to ${STREAM_CHARS} characters.`
		: "Each line is a document.";
	process.stdout.write(`Connected to ${connection.target.host}:${connection.target.port}. ${line} Ctrl+D ends.\n`);
	connection.on("status", (status) => {
		if (status.type === "reconnecting")
			above(() =>
				process.stdout.write(
					`(connection lost; attempt ${status.attempt} in ${Math.round(status.delayMs / 100) / 10} s)\n`,
				),
			);
		else if (status.type === "connected") above(() => process.stdout.write("(connected again)\n"));
	});
	void countDocuments(connection, count, (text) => above(() => print(text))).then(() => lines.close());
	lines.on("line", (line) => {
		if (line !== "") {
			try {
				connection.send(line);
			} catch (error) {
				process.stdout.write(`(not sent: ${(error as Error).message})\n`);
			}
		}
		lines.prompt();
	});
	lines.on("SIGINT", () => {
		process.exitCode = INTERRUPTED;
		lines.close();
	});
	lines.prompt();
	await new Promise<void>((resolve) => lines.once("close", resolve));
	process.stdout.write("\n");
	await connection.close();
}

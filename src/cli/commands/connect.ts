// `xmlsocket connect`: a prompt on a terminal; otherwise documents from a pipe, one per line.

import { createInterface } from "node:readline";
import type { Connection } from "../../index.ts";
import { painterFor } from "../colour.ts";
import { countDocuments, numberOf, openConnection, printer, reportSurprises } from "../open-connection.ts";
import { Prompt } from "../prompt.ts";
import { PromptCompletion } from "../prompt-completion.ts";
import { STREAM_CHARS } from "../stream-chars.ts";

const INTERRUPTED = 130;

/** Sends what the user types, prints what arrives. */
export async function connectCommand(address: string, flags: Record<string, unknown>): Promise<void> {
	const count = numberOf(flags.count, "--count") ?? Number.POSITIVE_INFINITY;
	const waitSeconds = numberOf(flags.wait, "--wait");
	const documents = (flags.execute as string[] | undefined) ?? [];
	const interactive = process.stdin.isTTY === true && documents.length === 0;
	const connection = await openConnection(address, flags);
	if (interactive) await interact(connection, count, flags);
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
	reportSurprises(connection, flags);
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

async function interact(connection: Connection, count: number, flags: Record<string, unknown>): Promise<void> {
	const paint = painterFor(process.stdout);
	const print = printer(flags, paint("dim", "< "));
	const completion = new PromptCompletion();
	const { host, port } = connection.target;
	const line = flags.stream
		? `Each line is sent unchanged; elements may have up to ${STREAM_CHARS} characters.`
		: "Each line is a document.";
	process.stdout.write(`Connected to ${host}:${port}. ${line} /help explains more, Ctrl+D ends.\n`);
	const prompt = new Prompt({
		eachLine: flags.stream === true,
		complete: (line) => completion.complete(line),
		entered: (text) => {
			completion.note(text);
			try {
				connection.send(text);
			} catch (error) {
				process.stdout.write(`${paint("red", `(not sent: ${(error as Error).message})`)}\n`);
			}
		},
	});
	const note = (text: string): void => prompt.print(() => process.stdout.write(`${paint("yellow", `(${text})`)}\n`));
	connection.on("status", (status) => {
		if (status.type === "reconnecting")
			note(`connection lost; attempt ${status.attempt} in ${Math.round(status.delayMs / 100) / 10} s`);
		else if (status.type === "connected") note("connected again");
	});
	void countDocuments(connection, count, (text) => {
		completion.note(text);
		prompt.print(() => print(text));
	}).then(() => prompt.close());
	let isEndedHere = false;
	reportSurprises(connection, flags, (text) => {
		if (isEndedHere) process.stderr.write(`xmlsocket: ${text}\n`);
		else note(text);
	});
	void connection.closed.then(({ by, error }) => {
		if (!isEndedHere && by === "remote" && !error) note("the server closed the connection");
	});
	const end = await prompt.ended;
	if (end === "interrupted") process.exitCode = INTERRUPTED;
	else if (connection.state === "closed") process.exitCode = 1;
	isEndedHere = true;
	await connection.close();
}

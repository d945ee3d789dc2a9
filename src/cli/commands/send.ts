// `xmlsocket send`: sends documents from arguments, flags, a file or standard input, prints the answers, and closes the connection.
// An <error> among the answers is exit code 1. A server that answers and ends the connection is as good as one that waits.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { XMLSocketError } from "../../errors/index.ts";
import { numberOf, openConnection, printer, reportSurprises } from "../open-connection.ts";

/** How long the other side may take to end its direction: what was sent has left by then, and some servers never end theirs. */
const LINGER_MS = 1000;

/** How long answers are printed after an <error>, even if `--wait` is longer. */
const AFTER_REFUSAL_MS = 250;

/** Sends everything, then waits `--wait` milliseconds for answers, or until one is an <error>. */
export async function send(address: string, documents: string[], flags: Record<string, unknown>): Promise<void> {
	const waitMs = numberOf(flags.wait, "--wait") ?? 250;
	checkHostAndPort(address, documents[0]);
	const messages: string[] = [];
	for (const document of [...documents, ...((flags.message as string[] | undefined) ?? [])])
		messages.push(document === "-" ? await standardInput() : document);
	if (flags.file === "-") messages.push(await standardInput());
	else if (typeof flags.file === "string") messages.push(readDocument(flags.file));
	if (messages.length === 0 && !flags.lines) messages.push(await standardInput());
	const connection = await openConnection(address, { ...flags, lingerMs: LINGER_MS });
	reportSurprises(connection, flags);
	const print = printer(flags);
	let refused = false;
	let onRefusal = (): void => {};
	connection.on("document", (document) => {
		print(document.text);
		if (!document.text.includes("<error") || document.root?.nodeName !== "error") return;
		refused = true;
		onRefusal();
	});
	const over = connection.closed.then(({ error }) => error);
	let sent = 0;
	const put = async (document: string): Promise<void> => {
		connection.send(document);
		sent++;
		await connection.drained();
	};
	for (const message of messages) await put(message);
	if (flags.lines) for await (const line of createInterface({ input: process.stdin })) if (line !== "") await put(line);
	let timer: NodeJS.Timeout | undefined;
	const until = performance.now() + waitMs;
	const waited = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, waitMs);
		// The exit code is known. Answers to the other documents are on their way, if there are any.
		onRefusal = () => {
			clearTimeout(timer);
			timer = setTimeout(resolve, Math.min(until - performance.now(), AFTER_REFUSAL_MS));
			onRefusal = () => {};
		};
		if (refused) onRefusal();
	});
	await Promise.race([waited, over]);
	clearTimeout(timer);
	await connection.close();
	const error = await over;
	if (error) throw error;
	if (flags.json) process.stdout.write(`${JSON.stringify({ sent })}\n`);
	if (refused) process.exitCode = 1;
}

// As nc and telnet take them. "9000" alone would be sent as a document.
function checkHostAndPort(address: string, document = ""): void {
	if (/[:/]|^\d+$/.test(address) || !/^\d+$/.test(document)) return;
	throw new XMLSocketError(
		"XMLSOCKET_ADDRESS_INVALID",
		`"${address}" has no port. Write the host and the port as one word: ${address}:${document}.`,
	);
}

// The newline that an editor or `echo` adds is not part of the document.
async function standardInput(): Promise<string> {
	const document = (await text(process.stdin)).replace(/\r?\n$/, "");
	if (document !== "") return document;
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		"There is nothing to send: give documents as arguments, -l (lines of standard input), -f FILE, or a document on standard input.",
	);
}

function readDocument(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch (cause) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`The file ${file} cannot be read: ${(cause as Error).message}.`,
			{ cause },
		);
	}
}

// `xmlsocket send`: documents from flags, from the lines of standard input, or from a file; then the end.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { XMLSocketError } from "../../errors/index.ts";
import { openConnection } from "../open-connection.ts";

/** Sends everything, waits until it has left, and closes. */
export async function send(address: string, flags: Record<string, unknown>): Promise<void> {
	const messages = (flags.message as string[] | undefined) ?? [];
	if (messages.length === 0 && !flags.lines && flags.file === undefined) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"There is nothing to send: give -m DOCUMENT, -l (lines of standard input) or -f FILE.",
		);
	}
	const file = typeof flags.file === "string" ? readDocument(flags.file) : undefined;
	const connection = await openConnection(address, flags);
	let sent = 0;
	const put = async (document: string): Promise<void> => {
		connection.send(document);
		sent++;
		await connection.drained();
	};
	for (const message of messages) await put(message);
	if (file !== undefined) await put(file);
	if (flags.lines) for await (const line of createInterface({ input: process.stdin })) if (line !== "") await put(line);
	await connection.close();
	if (flags.json) process.stdout.write(`${JSON.stringify({ sent })}\n`);
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

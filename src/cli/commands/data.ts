// `xmlsocket data DIR [backup TARGET|export|import|repair]`: shows what a data folder contains, copies it, exports and imports it as lines of
// JSON, and repairs it. A backup works while a daemon has the folder open; the others need the folder for themselves.

import { once } from "node:events";
import { createInterface } from "node:readline";
import { XMLSocketError } from "../../errors/index.ts";
import {
	backupFolder,
	describeFolder,
	exportFolder,
	type FolderSummary,
	importFolder,
	type Progress,
	repairFolder,
} from "../../message-log/level/index.ts";
import { isScreen } from "../colour.ts";

/** Prints the summary, writes the export to standard output, or reads one from standard input. */
export async function data(
	folder: string,
	action: string | undefined,
	target: string | undefined,
	flags: { json?: boolean },
): Promise<void> {
	if ((target !== undefined) !== (action === "backup")) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			target === undefined
				? "Name the folder to write: xmlsocket data DIR backup TARGET."
				: `Only backup has a second folder: ${target} is not used.`,
		);
	}
	if (target !== undefined) {
		const copy = await backupFolder(folder, target);
		const { rooms, messages, bytes } = copy;
		await write(
			flags.json
				? `${JSON.stringify(copy)}\n`
				: `${copy.folder}: ${rooms} ${rooms === 1 ? "room" : "rooms"}, ${messages} messages, ${bytes} bytes; history "${copy.log}".\n`,
		);
	} else if (action === "export") {
		const messages = await exportFolder(folder, write, progress("exported"));
		process.stderr.write(`${messages} messages exported.\n`);
	} else if (action === "import") {
		const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
		const messages = await importFolder(folder, lines, progress("imported"));
		process.stderr.write(`${messages} messages imported.\n`);
	} else if (action === undefined || action === "repair") {
		const summary = await (action === "repair" ? repairFolder(folder) : describeFolder(folder));
		await write(flags.json ? `${JSON.stringify(summary)}\n` : shown(summary));
	} else {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`The action "${action}" is unknown; use backup, export, import or repair.`,
		);
	}
}

async function write(text: string): Promise<void> {
	if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

// A counter on a terminal; nothing in a script.
function progress(what: string): Progress {
	if (!isScreen(process.stderr)) return () => {};
	return (messages) => process.stderr.write(`\r${messages} messages ${what} `);
}

function shown({ log, messages, bytes, rooms }: FolderSummary): string {
	const rows = [
		["room", "messages", "bytes", "first", "last"],
		...rooms.map((room) => [
			// A name must not be able to control the user's terminal.
			room.room.replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd"),
			String(room.messages),
			String(room.bytes),
			room.messages === 0 ? "-" : String(room.firstSeq),
			String(room.lastSeq),
		]),
	];
	const widths = rows[0]!.map((_, column) => rows.reduce((widest, row) => Math.max(widest, row[column]!.length), 0));
	const table = rows.map((row) =>
		row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("  "),
	);
	return `${table.join("\n")}\n\n${rooms.length} rooms, ${messages} messages, ${bytes} bytes; history "${log}".\n`;
}

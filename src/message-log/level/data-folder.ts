// Looks into a data folder: what it contains, and all of it as lines of JSON. No daemon may have the folder open. An export is
// complete: `importFolder` restores numbers, times, sessions, ids and the name of the history, so that clients can resume from the
// number that they received last. Rooms and messages are read in pieces, so memory does not grow with the folder.

import type { LogEntry } from "../index.ts";
import { FORMAT } from "./level-format.ts";
import { LevelStore } from "./level-store.ts";

/** One stored room. */
export interface RoomSummary {
	readonly room: string;
	readonly messages: number;
	/** Of the messages' payloads. */
	readonly bytes: number;
	/** Of the oldest message that is kept; `lastSeq + 1` if none is. */
	readonly firstSeq: number;
	/** Of the newest message ever stored; 0 before the first. */
	readonly lastSeq: number;
}

/** What a data folder contains. */
export interface FolderSummary {
	/** The name of the history, as clients receive it in `joined`. */
	readonly log: string;
	readonly messages: number;
	readonly bytes: number;
	/** By name. */
	readonly rooms: readonly RoomSummary[];
}

/** Receives how many messages an export or import has processed. */
export type Progress = (messages: number) => void;

const PIECE = 1000;
const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * Describes a data folder.
 *
 * Rejects with XMLSOCKET_DATA_IN_USE, XMLSOCKET_DATA_UNREADABLE.
 */
export async function describeFolder(folder: string): Promise<FolderSummary> {
	return await LevelStore.use(folder, { create: false }, async (store) => {
		const rooms: RoomSummary[] = [];
		for await (const [room, { count, bytes, firstSeq, lastSeq }] of store.rooms()) {
			rooms.push({ room, messages: count, bytes, firstSeq, lastSeq });
		}
		rooms.sort((a, b) => (a.room < b.room ? -1 : 1));
		return {
			log: store.log,
			messages: rooms.reduce((sum, { messages }) => sum + messages, 0),
			bytes: rooms.reduce((sum, { bytes }) => sum + bytes, 0),
			rooms,
		};
	});
}

/**
 * Repairs a damaged data folder, and describes what is left in it. Messages that can still be read keep their numbers,
 * under a new name of the history.
 *
 * Rejects with XMLSOCKET_DATA_IN_USE, XMLSOCKET_DATA_DAMAGED, XMLSOCKET_DATA_UNREADABLE.
 */
export async function repairFolder(folder: string): Promise<FolderSummary> {
	await LevelStore.repair(folder);
	return await describeFolder(folder);
}

/**
 * Exports a data folder as lines of JSON: a line about the export, a line for each ban, mute, topic and settings of a room, then for each
 * room a line about it and a line for each message. A payload is `text` if it is UTF-8, otherwise `base64`.
 *
 * Rejects with XMLSOCKET_DATA_IN_USE, XMLSOCKET_DATA_UNREADABLE.
 *
 * @param write receives one or more lines, each with its line feed; its promise is awaited.
 * @returns the number of messages.
 */
export async function exportFolder(
	folder: string,
	write: (line: string) => Promise<void> | void,
	progress: Progress = () => {},
): Promise<number> {
	return await LevelStore.use(folder, { create: false }, async (store) => {
		await write(`${JSON.stringify({ export: "xmlsocket", format: FORMAT, log: store.log })}\n`);
		for await (const [record, value] of store.records()) await write(`${JSON.stringify({ record, value })}\n`);
		let messages = 0;
		for await (const [room, { number, firstSeq, lastSeq }] of store.rooms()) {
			await write(`${JSON.stringify({ room, lastSeq })}\n`);
			let from = firstSeq;
			while (from <= lastSeq) {
				const entries: LogEntry[] = [];
				let bytes = 0;
				await store.entries(number, from, lastSeq, (entry) => {
					bytes += entry.payload.length;
					return entries.push(entry) < PIECE && bytes < PIECE_BYTES;
				});
				if (entries.length === 0) break;
				await write(entries.map((entry) => lineOf(room, entry)).join(""));
				messages += entries.length;
				progress(messages);
				from = entries.at(-1)!.seq + 1;
			}
		}
		return messages;
	});
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function lineOf(room: string, { seq, prev, atMs, session, id, payload }: LogEntry): string {
	let content: { text: string } | { base64: string };
	try {
		content = { text: strict.decode(payload) };
	} catch {
		content = { base64: Buffer.from(payload).toString("base64") };
	}
	return `${JSON.stringify({ room, seq, prev, at: new Date(atMs).toISOString(), session, id, ...content })}\n`;
}

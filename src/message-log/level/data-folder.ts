// What a data folder holds, and its way out and in again as lines of JSON. It needs the folder to itself: the daemon must not
// run on it. An export is complete: numbers, times, sessions and ids come back with an import, and so does the history's name,
// so that clients can go on from the number they saw last.

import { XMLSocketError } from "../../errors/index.ts";
import { DEFAULT_DEDUPE_WINDOW_MS, isHistoryName, type LogEntry } from "../index.ts";
import { FORMAT, MAX_NAME_BYTES, type RoomRecord } from "./level-format.ts";
import { Batch, LevelStore } from "./level-store.ts";

/** One stored room. */
export interface RoomSummary {
	readonly room: string;
	readonly messages: number;
	/** Of the messages, without what the folder needs beside them. */
	readonly bytes: number;
	/** Of the oldest message kept; `lastSeq + 1` where there is none. */
	readonly firstSeq: number;
	/** Of the newest message ever stored; 0 before the first. */
	readonly lastSeq: number;
}

/** What a data folder holds. */
export interface FolderSummary {
	/** The name of the history, as `joined` tells it to clients. */
	readonly log: string;
	readonly messages: number;
	readonly bytes: number;
	/** By name. */
	readonly rooms: readonly RoomSummary[];
}

/** How far an export or import has come. */
export type Progress = (messages: number) => void;

const BATCH = 1000;

/**
 * Tells what a data folder holds.
 *
 * Rejects with XMLSOCKET_DATA_IN_USE, XMLSOCKET_DATA_UNREADABLE.
 */
export async function describeFolder(folder: string): Promise<FolderSummary> {
	return await withStore(folder, false, undefined, async (store) => {
		const rooms = [...(await store.rooms())]
			.map(([room, { count, bytes, firstSeq, lastSeq }]) => ({ room, messages: count, bytes, firstSeq, lastSeq }))
			.sort((a, b) => (a.room < b.room ? -1 : 1));
		return {
			log: store.log,
			messages: rooms.reduce((sum, { messages }) => sum + messages, 0),
			bytes: rooms.reduce((sum, { bytes }) => sum + bytes, 0),
			rooms,
		};
	});
}

/**
 * Writes everything as lines of JSON: first a line about the export, then one for each room, and one for each message. A payload
 * is `text` where it is UTF-8, `base64` where it is not.
 *
 * Rejects with XMLSOCKET_DATA_IN_USE, XMLSOCKET_DATA_UNREADABLE.
 *
 * @param write takes a line with its line feed; its promise is awaited.
 * @returns the number of messages.
 */
export async function exportFolder(
	folder: string,
	write: (line: string) => Promise<void> | void,
	progress: Progress = () => {},
): Promise<number> {
	return await withStore(folder, false, undefined, async (store) => {
		await write(`${JSON.stringify({ export: "xmlsocket", format: FORMAT, log: store.log })}\n`);
		let messages = 0;
		for (const [room, { number, firstSeq, lastSeq }] of await store.rooms()) {
			await write(`${JSON.stringify({ room, lastSeq })}\n`);
			let from = firstSeq;
			while (from <= lastSeq) {
				const entries: LogEntry[] = [];
				await store.entries(number, from, lastSeq, (entry) => entries.push(entry) < BATCH);
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

/**
 * Reads an export into a folder, which is made where it is not there. In a room that has messages already only higher numbers
 * can come. Nothing of a line that is refused is stored; what stood before it is.
 *
 * Rejects with XMLSOCKET_IMPORT_INVALID (with the line), XMLSOCKET_DATA_IN_USE, XMLSOCKET_DATA_UNREADABLE.
 *
 * @returns the number of messages.
 */
export async function importFolder(
	folder: string,
	lines: AsyncIterable<string>,
	progress: Progress = () => {},
): Promise<number> {
	const reader = lines[Symbol.asyncIterator]();
	const first = await reader.next();
	const head = first.done ? {} : parse(first.value, 1);
	if (head.export !== "xmlsocket") throw invalid(1, "this is no export: its first line does not say so");
	const { log } = head;
	if (!isHistoryName(log)) throw invalid(1, "the history's name has to be 1 to 64 letters, digits, - and _");
	if (head.format !== FORMAT) throw invalid(1, `the export has format ${String(head.format)}, not ${FORMAT}`);
	return await withStore(folder, true, log, async (store) => {
		const importing = new Importing(store, await store.rooms());
		let line = 1;
		for (let read = await reader.next(); !read.done; read = await reader.next()) {
			line++;
			if (read.value === "") continue;
			try {
				importing.take(parse(read.value, line), line);
			} catch (error) {
				await importing.flush();
				throw error;
			}
			if (importing.waiting >= BATCH) {
				await importing.flush();
				progress(importing.messages);
			}
		}
		await importing.flush();
		return importing.messages;
	});
}

class Importing {
	messages = 0;
	/** Messages that are not written yet. */
	waiting = 0;
	readonly #store: LevelStore;
	readonly #rooms: Map<string, RoomRecord>;
	readonly #nowMs = Date.now();
	// The newest message of each room so far: the number in a room's own line is ahead of the messages that follow it.
	readonly #newest = new Map<string, number>();
	#nextRoomNumber: number;
	#changed = new Set<string>();
	#batch = new Batch();

	constructor(store: LevelStore, rooms: Map<string, RoomRecord>) {
		this.#store = store;
		this.#rooms = rooms;
		let highest = 0;
		for (const { number } of rooms.values()) highest = Math.max(highest, number);
		this.#nextRoomNumber = highest + 1;
	}

	take(line: Record<string, unknown>, at: number): void {
		const { room, seq, prev, lastSeq } = line;
		if (typeof room !== "string") throw invalid(at, "it names no room");
		const record = this.#rooms.get(room) ?? {
			number: this.#nextRoomNumber,
			lastSeq: 0,
			firstSeq: 1,
			count: 0,
			bytes: 0,
		};
		if (seq === undefined) {
			// Also a room in which nothing is left keeps its last number, or it would be used again.
			const last = wholeNumber(lastSeq, "lastSeq", at);
			if (record.count > 0 || record.lastSeq > 0) return;
			this.#keep(room, { ...record, lastSeq: last, firstSeq: last + 1 });
			this.#newest.set(room, 0);
			this.#changed.add(room);
			return;
		}
		const entry: LogEntry = {
			seq: wholeNumber(seq, "seq", at),
			prev: wholeNumber(prev, "prev", at),
			atMs: timeOf(line.at, at),
			session: nameOf(line.session, "session", at),
			id: nameOf(line.id, "id", at),
			payload: payloadOf(line, at),
		};
		const newest = this.#newest.get(room) ?? record.lastSeq;
		if (entry.seq <= newest) {
			throw invalid(at, `message ${entry.seq} of room "${room}" is not behind number ${newest}, which it has already`);
		}
		this.#keep(room, {
			number: record.number,
			lastSeq: Math.max(record.lastSeq, entry.seq),
			firstSeq: record.count === 0 ? entry.seq : record.firstSeq,
			count: record.count + 1,
			bytes: record.bytes + entry.payload.length,
		});
		this.#newest.set(room, entry.seq);
		this.#changed.add(room);
		this.#batch.putEntry(record.number, entry);
		if (entry.session !== undefined && entry.id !== undefined && this.#nowMs - entry.atMs < DEFAULT_DEDUPE_WINDOW_MS) {
			const period = Math.floor(entry.atMs / DEFAULT_DEDUPE_WINDOW_MS);
			this.#batch.putId(period, record.number, entry.session, entry.id, entry);
		}
		this.messages++;
		this.waiting++;
	}

	#keep(room: string, record: RoomRecord): void {
		this.#rooms.set(room, record);
		if (record.number === this.#nextRoomNumber) this.#nextRoomNumber++;
	}

	async flush(): Promise<void> {
		for (const room of this.#changed) this.#batch.putRoom(room, this.#rooms.get(room)!);
		const batch = this.#batch;
		this.#batch = new Batch();
		this.#changed = new Set();
		this.waiting = 0;
		await this.#store.write(batch, true);
	}
}

async function withStore<T>(
	folder: string,
	create: boolean,
	log: string | undefined,
	use: (store: LevelStore) => Promise<T>,
): Promise<T> {
	const store = await LevelStore.open(folder, { create, log });
	try {
		return await use(store);
	} finally {
		await store.close();
	}
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

function parse(line: string, at: number): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(line);
		if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
	} catch {
		// Said below.
	}
	throw invalid(at, "it is no JSON object");
}

function wholeNumber(value: unknown, name: string, at: number): number {
	if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 48) return value;
	throw invalid(at, `"${name}" is no whole number`);
}

function timeOf(value: unknown, at: number): number {
	const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
	if (time >= 0 && time < 2 ** 48) return time;
	throw invalid(at, '"at" is no time');
}

function nameOf(value: unknown, name: string, at: number): string | undefined {
	if (value === undefined) return undefined;
	if (typeof value === "string" && Buffer.byteLength(value) <= MAX_NAME_BYTES) return value;
	throw invalid(at, `"${name}" is no text of at most ${MAX_NAME_BYTES} bytes`);
}

function payloadOf({ text, base64 }: Record<string, unknown>, at: number): Uint8Array {
	if (typeof text === "string") return Buffer.from(text, "utf8");
	if (typeof base64 === "string" && Buffer.from(base64, "base64").toString("base64") === base64) {
		return Buffer.from(base64, "base64");
	}
	throw invalid(at, 'it has neither "text" nor "base64"');
}

function invalid(line: number, what: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_IMPORT_INVALID", `Line ${line} cannot be imported: ${what}.`, {
		details: { line },
	});
}

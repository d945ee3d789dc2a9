// Imports what `exportFolder` exported. It reads line by line, writes in batches, and keeps a bounded number of rooms in memory, so
// that the size of an import does not matter. No daemon may have the folder open.

import { XMLSocketError } from "../../errors/index.ts";
import { DEFAULT_DEDUPE_WINDOW_MS, isHistoryName, type LogEntry } from "../index.ts";
import type { Progress } from "./data-folder.ts";
import { FORMAT, MAX_NAME_BYTES, type RoomRecord } from "./level-format.ts";
import { Batch, LevelStore } from "./level-store.ts";

const MAX_BATCH = 1000;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_CACHED_ROOMS = 8192;
const MAX_RECORD_CHARACTERS = 32_768;

/**
 * Imports an export into a folder, which is created if it does not exist. A room that has messages already accepts only higher
 * numbers. Nothing of a refused line is stored; the lines before it are.
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
	return await LevelStore.use(folder, { log }, async (store) => {
		let highest = 0;
		for await (const [, { number }] of store.rooms()) highest = Math.max(highest, number);
		const importing = new FolderImport(store, highest + 1);
		let line = 1;
		for (let read = await reader.next(); !read.done; read = await reader.next()) {
			line++;
			if (read.value === "") continue;
			try {
				const content = parse(read.value, line);
				if (content.record === undefined) {
					const name = roomOf(content, line);
					importing.add(importing.cached(name) ?? (await importing.load(name)), content, line);
				} else importing.addRecord(content, line);
			} catch (error) {
				await importing.flush();
				throw error;
			}
			if (importing.isFull) {
				await importing.flush();
				progress(importing.messages);
			}
		}
		await importing.flush();
		return importing.messages;
	});
}

interface CachedRoom {
	readonly name: string;
	record: RoomRecord;
	/** Of its newest message. `record.lastSeq` can be higher: a room's own line comes before its messages. */
	newest: number;
	isChanged: boolean;
}

class FolderImport {
	messages = 0;
	readonly #store: LevelStore;
	readonly #nowMs = Date.now();
	readonly #rooms = new Map<string, CachedRoom>();
	/** Rooms with this number or a higher one were created by this import. */
	readonly #firstOwnNumber: number;
	#nextNumber: number;
	#batch = new Batch();
	#batchMessages = 0;
	#batchBytes = 0;

	constructor(store: LevelStore, nextNumber: number) {
		this.#store = store;
		this.#firstOwnNumber = nextNumber;
		this.#nextNumber = nextNumber;
	}

	/** Whether `flush` is due. */
	get isFull(): boolean {
		return this.#batchMessages >= MAX_BATCH || this.#batchBytes >= MAX_BATCH_BYTES;
	}

	cached(name: string): CachedRoom | undefined {
		return this.#rooms.get(name);
	}

	/** Reads a room from the folder; a room that does not exist is written only when something is added to it. */
	async load(name: string): Promise<CachedRoom> {
		if (this.#rooms.size >= MAX_CACHED_ROOMS) {
			await this.flush();
			this.#rooms.clear();
		}
		let room: CachedRoom;
		const record = this.#store.room(name);
		if (record) {
			const newest = this.#isOwn(record) ? await this.#store.newestSeq(record.number) : record.lastSeq;
			room = { name, record, newest, isChanged: false };
		} else {
			const created = { number: this.#nextNumber++, lastSeq: 0, firstSeq: 1, count: 0, bytes: 0 };
			room = { name, record: created, newest: 0, isChanged: false };
		}
		this.#rooms.set(name, room);
		return room;
	}

	/** Adds one line to the batch. */
	add(room: CachedRoom, line: Record<string, unknown>, at: number): void {
		if (line.seq === undefined) this.#addRoom(room, wholeNumber(line.lastSeq, "lastSeq", at));
		else this.#addMessage(room, messageOf(line, at), at);
	}

	/** Adds a ban, a mute, a topic or settings of a room to the batch, in place of those of the same name. */
	addRecord({ record, value }: Record<string, unknown>, at: number): void {
		const isText = typeof record === "string" && typeof value === "string";
		if (!isText || record.length > MAX_RECORD_CHARACTERS || value.length > MAX_RECORD_CHARACTERS) {
			throw invalid(at, `"record" and "value" are texts of at most ${MAX_RECORD_CHARACTERS} characters`);
		}
		this.#batch.putRecord(record, value);
		this.#batchBytes += value.length;
	}

	// A room without messages keeps its last number too, otherwise the number would be used again.
	#addRoom(room: CachedRoom, lastSeq: number): void {
		const { record } = room;
		if (record.count > 0 || record.lastSeq > 0) return;
		const number = this.#isOwn(record) ? record.number : this.#nextNumber++;
		room.record = { ...record, number, lastSeq, firstSeq: lastSeq + 1 };
		room.newest = 0;
		room.isChanged = true;
	}

	#addMessage(room: CachedRoom, entry: LogEntry, at: number): void {
		const { name, record, newest } = room;
		if (entry.seq <= newest) {
			throw invalid(at, `message ${entry.seq} of room "${name}" is not behind number ${newest}, which it has already`);
		}
		room.record = {
			number: record.number,
			lastSeq: Math.max(record.lastSeq, entry.seq),
			firstSeq: record.count === 0 ? entry.seq : record.firstSeq,
			count: record.count + 1,
			bytes: record.bytes + entry.payload.length,
		};
		room.newest = entry.seq;
		room.isChanged = true;
		this.#batch.putEntry(record.number, entry);
		if (entry.session !== undefined && entry.id !== undefined && this.#nowMs - entry.atMs < DEFAULT_DEDUPE_WINDOW_MS) {
			const period = Math.floor(entry.atMs / DEFAULT_DEDUPE_WINDOW_MS);
			this.#batch.putId(period, record.number, entry.session, entry.id, entry);
		}
		this.messages++;
		this.#batchMessages++;
		this.#batchBytes += entry.payload.length;
	}

	#isOwn({ number }: RoomRecord): boolean {
		return number >= this.#firstOwnNumber;
	}

	/** Writes the batch. */
	async flush(): Promise<void> {
		for (const room of this.#rooms.values()) {
			if (room.isChanged) this.#batch.putRoom(room.name, room.record);
			room.isChanged = false;
		}
		const batch = this.#batch;
		this.#batch = new Batch();
		this.#batchMessages = 0;
		this.#batchBytes = 0;
		await this.#store.write(batch, true);
	}
}

function roomOf({ room }: Record<string, unknown>, at: number): string {
	if (typeof room === "string") return room;
	throw invalid(at, "it names no room");
}

function messageOf(line: Record<string, unknown>, at: number): LogEntry {
	return {
		seq: wholeNumber(line.seq, "seq", at),
		prev: wholeNumber(line.prev, "prev", at),
		atMs: timeOf(line.at, at),
		session: nameOf(line.session, "session", at),
		id: nameOf(line.id, "id", at),
		payload: payloadOf(line, at),
	};
}

function parse(line: string, at: number): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(line);
		if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
	} catch {
		// Refused below.
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

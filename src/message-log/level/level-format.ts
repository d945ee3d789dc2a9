// How the embedded log lies in its LevelDB folder. Numbers are unsigned and big-endian, so that LevelDB's order of bytes is
// their order; 48 bits hold every sequence number and time that JavaScript can count exactly in a lifetime.
//
//   key                                          value
//   "m"                                          JSON: { "format": 1, "log": the name of this history }
//   "r" room's name, UTF-8                       room's number u32, lastSeq u48, firstSeq u48, count u48, bytes u48
//   "e" room's number u32, seq u48               prev u48, atMs u48, session, id, payload
//   "s" key, UTF-8                                value, UTF-8: a record of the StateStore
//   "i" period u48, room's number u32, session,  seq u48, prev u48, atMs u48
//       00, id
//
// Session and id are a length u16 and UTF-8; the length ffff stands for "none". Ids are filed by the period in which they
// came, a dedupe window long, so that old ones go with one range. `format` rises when an older reader would misread it.

import { XMLSocketError } from "../../errors/index.ts";
import type { LogEntry } from "../index.ts";

/** The layout that this file describes. */
export const FORMAT = 1;

/** Where the description of the folder stands. */
export const META_KEY: Buffer = Buffer.from("m");
/** All rooms: from here, up to the next. */
export const ROOMS: readonly [Buffer, Buffer] = [Buffer.from("r"), Buffer.from("s")];

/** All records of the `StateStore`: from here, up to the next. */
export const RECORDS: readonly [Buffer, Buffer] = [Buffer.from("s"), Buffer.from("t")];

/** What `META_KEY` holds. A later version may add to it. */
export interface FolderMeta {
	readonly format?: unknown;
	readonly log?: unknown;
	/** The format that a migration is on its way to, after its copy was made. */
	readonly migratingTo?: unknown;
}

export function encodeMeta(meta: FolderMeta): Buffer {
	return Buffer.from(JSON.stringify(meta));
}

export function decodeMeta(value: Buffer): FolderMeta {
	return JSON.parse(value.toString("utf8")) as FolderMeta;
}

const NUMBER_BYTES = 6;
const ROOM_BYTES = 4 + 4 * NUMBER_BYTES;
const ENTRY_HEAD_BYTES = 2 * NUMBER_BYTES;
const NONE = 0xffff;
/** The longest session or id, in bytes. */
export const MAX_NAME_BYTES: number = NONE - 1;

/** What the folder knows of a room. */
export interface RoomRecord {
	readonly number: number;
	readonly lastSeq: number;
	readonly firstSeq: number;
	/** Entries kept. */
	readonly count: number;
	/** Of their payloads. */
	readonly bytes: number;
}

export function roomKey(name: string): Buffer {
	return Buffer.from(`r${name}`, "utf8");
}

export function roomOfKey(key: Buffer): string {
	return key.toString("utf8", 1);
}

export function recordKey(key: string): Buffer {
	return Buffer.from(`s${key}`, "utf8");
}

export function keyOfRecord(key: Buffer): string {
	return key.toString("utf8", 1);
}

export function encodeRoom(record: RoomRecord): Buffer {
	const value = Buffer.allocUnsafe(ROOM_BYTES);
	value.writeUInt32BE(record.number, 0);
	value.writeUIntBE(record.lastSeq, 4, NUMBER_BYTES);
	value.writeUIntBE(record.firstSeq, 10, NUMBER_BYTES);
	value.writeUIntBE(record.count, 16, NUMBER_BYTES);
	value.writeUIntBE(record.bytes, 22, NUMBER_BYTES);
	return value;
}

/** Throws XMLSOCKET_DATA_UNREADABLE. */
export function decodeRoom(value: Buffer): RoomRecord {
	if (value.length !== ROOM_BYTES) {
		throw new XMLSocketError(
			"XMLSOCKET_DATA_UNREADABLE",
			`The data folder is damaged: the record of a room has ${value.length} bytes, not ${ROOM_BYTES}.`,
		);
	}
	return {
		number: value.readUInt32BE(0),
		lastSeq: value.readUIntBE(4, NUMBER_BYTES),
		firstSeq: value.readUIntBE(10, NUMBER_BYTES),
		count: value.readUIntBE(16, NUMBER_BYTES),
		bytes: value.readUIntBE(22, NUMBER_BYTES),
	};
}

export function entryKey(room: number, seq: number): Buffer {
	const key = Buffer.allocUnsafe(5 + NUMBER_BYTES);
	key[0] = 0x65;
	key.writeUInt32BE(room, 1);
	key.writeUIntBE(seq, 5, NUMBER_BYTES);
	return key;
}

/** The number of the room that an entry's key belongs to. */
export function roomOfEntryKey(key: Buffer): number {
	return key.readUInt32BE(1);
}

export function encodeEntry(entry: LogEntry): Buffer {
	const session = entry.session === undefined ? undefined : Buffer.from(entry.session, "utf8");
	const id = entry.id === undefined ? undefined : Buffer.from(entry.id, "utf8");
	const value = Buffer.allocUnsafe(
		ENTRY_HEAD_BYTES + 4 + (session?.length ?? 0) + (id?.length ?? 0) + entry.payload.length,
	);
	value.writeUIntBE(entry.prev, 0, NUMBER_BYTES);
	value.writeUIntBE(entry.atMs, NUMBER_BYTES, NUMBER_BYTES);
	let at = putName(value, ENTRY_HEAD_BYTES, session);
	at = putName(value, at, id);
	value.set(entry.payload, at);
	return value;
}

/** The entry of a key and its value. The payload is a view of the value; all of it where the value is damaged. */
export function decodeEntry(key: Buffer, value: Buffer): LogEntry {
	try {
		return readEntry(key, value);
	} catch {
		const seq = key.readUIntBE(5, NUMBER_BYTES);
		return { seq, prev: seq - 1, atMs: 0, session: undefined, id: undefined, payload: value };
	}
}

function readEntry(key: Buffer, value: Buffer): LogEntry {
	const session = nameAt(value, ENTRY_HEAD_BYTES);
	const id = nameAt(value, session.end);
	return {
		seq: key.readUIntBE(5, NUMBER_BYTES),
		prev: value.readUIntBE(0, NUMBER_BYTES),
		atMs: value.readUIntBE(NUMBER_BYTES, NUMBER_BYTES),
		session: session.name,
		id: id.name,
		payload: value.subarray(id.end),
	};
}

function putName(value: Buffer, at: number, name: Buffer | undefined): number {
	value.writeUInt16BE(name?.length ?? NONE, at);
	if (name !== undefined) value.set(name, at + 2);
	return at + 2 + (name?.length ?? 0);
}

function nameAt(value: Buffer, at: number): { readonly name: string | undefined; readonly end: number } {
	const length = value.readUInt16BE(at);
	if (length === NONE) return { name: undefined, end: at + 2 };
	const end = at + 2 + length;
	if (end > value.length) throw new RangeError("A name is longer than its entry.");
	return { name: value.toString("utf8", at + 2, end), end };
}

/** Where an id is filed; all ids of earlier periods stand before those of `period`. */
export function idKey(period: number, room: number, session: string, id: string): Buffer {
	const name = Buffer.from(`${session}\0${id}`, "utf8");
	const key = Buffer.allocUnsafe(5 + NUMBER_BYTES + name.length);
	key[0] = 0x69;
	key.writeUIntBE(period, 1, NUMBER_BYTES);
	key.writeUInt32BE(room, 1 + NUMBER_BYTES);
	key.set(name, 5 + NUMBER_BYTES);
	return key;
}

/** Where the ids of a period begin. */
export function idsFrom(period: number): Buffer {
	const key = Buffer.allocUnsafe(1 + NUMBER_BYTES);
	key[0] = 0x69;
	key.writeUIntBE(period, 1, NUMBER_BYTES);
	return key;
}

export function periodOfKey(key: Buffer): number {
	return key.readUIntBE(1, NUMBER_BYTES);
}

/** Behind the last id. */
export const IDS_END: Buffer = Buffer.from("j");

/** Where the first entry with an id stands, and when it came. */
export interface IdRecord {
	readonly seq: number;
	readonly prev: number;
	readonly atMs: number;
}

export function encodeId({ seq, prev, atMs }: IdRecord): Buffer {
	const value = Buffer.allocUnsafe(3 * NUMBER_BYTES);
	value.writeUIntBE(seq, 0, NUMBER_BYTES);
	value.writeUIntBE(prev, NUMBER_BYTES, NUMBER_BYTES);
	value.writeUIntBE(atMs, 2 * NUMBER_BYTES, NUMBER_BYTES);
	return value;
}

export function decodeId(value: Buffer): IdRecord {
	return {
		seq: value.readUIntBE(0, NUMBER_BYTES),
		prev: value.readUIntBE(NUMBER_BYTES, NUMBER_BYTES),
		atMs: value.readUIntBE(2 * NUMBER_BYTES, NUMBER_BYTES),
	};
}

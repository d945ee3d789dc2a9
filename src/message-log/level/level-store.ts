// The one user of LevelDB: opens a data folder, and reads and writes it in the layout of `level-format.ts`. It decides nothing
// about numbers, order or retention; `level-log.ts` does.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type BatchOperation, ClassicLevel } from "classic-level";
import { XMLSocketError } from "../../errors/index.ts";
import { isHistoryName, type LogEntry } from "../index.ts";
import { type Piece, piecesOf } from "./folder-copy.ts";
import { FORMATS, type Formats, type Migrated, migrate } from "./folder-migration.ts";
import { keepOwner } from "./folder-owner.ts";
import {
	decodeEntry,
	decodeId,
	decodeMeta,
	decodeRoom,
	encodeEntry,
	encodeId,
	encodeMeta,
	encodeRoom,
	entryKey,
	FORMAT,
	IDS_END,
	type IdRecord,
	idKey,
	idsFrom,
	keyOfRecord,
	META_KEY,
	periodOfKey,
	RECORDS,
	ROOMS,
	type RoomRecord,
	recordKey,
	roomKey,
	roomOfEntryKey,
	roomOfKey,
} from "./level-format.ts";
import { CURRENT_IS_MISSING, hasMessages, isDamage, reasonOf } from "./open-failure.ts";

type Database = ClassicLevel<Buffer, Buffer>;
const BUFFERS = { keyEncoding: "buffer", valueEncoding: "buffer" } as const;
// What LevelDB holds in memory before it writes a sorted table; twice that is replayed at the worst when a folder is opened.
const WRITE_BUFFER_BYTES = 8 * 1024 * 1024;
const READ_AT_ONCE = 64;
const MAX_SEQ = 2 ** 48 - 1;
const MAX_ROOM = 2 ** 32 - 1;

/** Writes that belong together: all of them are there after a crash, or none. */
export class Batch {
	/** @internal */
	readonly operations: BatchOperation<Database, Buffer, Buffer>[] = [];

	putRoom(name: string, record: RoomRecord): void {
		this.operations.push({ type: "put", key: roomKey(name), value: encodeRoom(record) });
	}

	putEntry(room: number, entry: LogEntry): void {
		this.operations.push({ type: "put", key: entryKey(room, entry.seq), value: encodeEntry(entry) });
	}

	dropEntry(room: number, seq: number): void {
		this.operations.push({ type: "del", key: entryKey(room, seq) });
	}

	/** @param value undefined: the record is deleted */
	putRecord(key: string, value: string | undefined): void {
		if (value === undefined) this.operations.push({ type: "del", key: recordKey(key) });
		else this.operations.push({ type: "put", key: recordKey(key), value: Buffer.from(value, "utf8") });
	}

	putId(period: number, room: number, session: string, id: string, record: IdRecord): void {
		this.operations.push({ type: "put", key: idKey(period, room, session, id), value: encodeId(record) });
	}
}

/** How a folder is opened. */
export interface OpenOptions {
	/** Whether to make a folder that is not there; default: true. */
	readonly create?: boolean;
	/** The name of the history in a new folder; default: a random one. */
	readonly log?: string | undefined;
	/** What is current; default: this version's. */
	readonly formats?: Formats;
}

/** An open data folder. */
export class LevelStore {
	/** Names this history. */
	readonly log: string;
	/** What opening it has migrated; undefined where the folder had the present format. */
	readonly migrated: Migrated | undefined;
	readonly #database: Database;
	readonly #folder: string;

	private constructor(database: Database, folder: string, { log, migrated }: Described) {
		this.#database = database;
		this.#folder = folder;
		this.log = log;
		this.migrated = migrated;
	}

	/**
	 * Opens a folder, and makes one where there is none.
	 *
	 * Rejects with XMLSOCKET_DATA_IN_USE where another process has it open, XMLSOCKET_DATA_DAMAGED where its files do not fit
	 * together, XMLSOCKET_DATA_TOO_NEW where a newer version has written it, XMLSOCKET_BACKUP_FAILED where it is older and cannot be copied
	 * before its migration, and XMLSOCKET_DATA_UNREADABLE for any other cause.
	 */
	static async open(folder: string, options: OpenOptions = {}): Promise<LevelStore> {
		const { create = true } = options;
		if (!existsSync(join(folder, "CURRENT"))) {
			// LevelDB would make a new database, and delete the files of the one that was there.
			if (hasMessages(folder)) throw unopened(folder, new Error(CURRENT_IS_MISSING));
			// It leaves its LOCK and LOG files behind where it finds no database, and makes the folder for them.
			if (!create) throw noDataFolder(folder);
		}
		const database: Database = new ClassicLevel(folder, {
			...BUFFERS,
			createIfMissing: create,
			writeBufferSize: WRITE_BUFFER_BYTES,
		});
		try {
			await database.open();
			return new LevelStore(database, folder, await describe(database, folder, options));
		} catch (error) {
			await database.close().catch(() => {});
			throw error instanceof XMLSocketError ? error : unopened(folder, error as Error);
		}
	}

	/**
	 * Writes the files of a damaged folder again, with what can still be read of them. The history gets a new name: if its newest
	 * messages are lost, their numbers are used again, and a client must not resume from such a number.
	 *
	 * Rejects with XMLSOCKET_DATA_IN_USE where another process has it open, XMLSOCKET_DATA_UNREADABLE for any other cause.
	 */
	static async repair(folder: string): Promise<void> {
		if (!existsSync(join(folder, "LOCK"))) throw noDataFolder(folder);
		try {
			await ClassicLevel.repair(folder);
		} catch (error) {
			throw unopened(folder, error as Error);
		}
		await LevelStore.use(folder, {}, async (store) => {
			const value = encodeMeta({ format: FORMAT, log: crypto.randomUUID().slice(0, 8) });
			await store.#database.batch([{ type: "put", key: META_KEY, value }], { sync: true });
			await store.#recount();
		});
	}

	/** Opens a folder as `open` does, passes it to `use`, and closes it. Its files belong to the owner of the folder then. */
	static async use<T>(folder: string, options: OpenOptions, use: (store: LevelStore) => Promise<T>): Promise<T> {
		const store = await LevelStore.open(folder, options);
		try {
			return await use(store);
		} catch (error) {
			throw store.failure(error);
		} finally {
			await store.close();
			await keepOwner(folder);
		}
	}

	/** What a read has thrown: XMLSOCKET_DATA_DAMAGED for damage that opening the folder did not find, otherwise the error itself. */
	failure(error: unknown): unknown {
		return error instanceof Error && isDamage(error) ? unopened(this.#folder, error) : error;
	}

	/** Everything in the folder at the moment of the first call of `next`, in pieces: for copies. */
	everything(): AsyncGenerator<Piece> {
		return piecesOf(this.#database);
	}

	/** All rooms with their names, read in pieces. */
	async *rooms(): AsyncGenerator<readonly [string, RoomRecord]> {
		for await (const [key, value] of this.#database.iterator({ gte: ROOMS[0], lt: ROOMS[1] })) {
			yield [roomOfKey(key), decodeRoom(value)];
		}
	}

	/**
	 * The record of a room; undefined if there is none. It blocks until the disk has answered, which for a small record is faster than
	 * a promise; an import reads one for each room.
	 */
	room(name: string): RoomRecord | undefined {
		const value = this.#database.getSync(roomKey(name));
		return value === undefined ? undefined : decodeRoom(value);
	}

	/** All records of the `StateStore`, by key, read in pieces. */
	async *records(): AsyncGenerator<readonly [key: string, value: string]> {
		for await (const [key, value] of this.#database.iterator({ gte: RECORDS[0], lt: RECORDS[1] })) {
			yield [keyOfRecord(key), value.toString("utf8")];
		}
	}

	/** The sequence number of the newest entry of a room; 0 if it has none. */
	async newestSeq(room: number): Promise<number> {
		let newest = 0;
		await this.entries(
			room,
			0,
			MAX_SEQ,
			({ seq }) => {
				newest = seq;
				return false;
			},
			true,
		);
		return newest;
	}

	/** Entries from `first` to `last`, in this order or backwards, until `take` wants no more. */
	async entries(
		room: number,
		first: number,
		last: number,
		take: (entry: LogEntry) => boolean,
		reverse = false,
	): Promise<void> {
		if (first > last) return;
		const iterator = this.#database.iterator({ gte: entryKey(room, first), lte: entryKey(room, last), reverse });
		try {
			for (;;) {
				const read = await iterator.nextv(READ_AT_ONCE);
				if (read.length === 0) return;
				for (const [key, value] of read) if (!take(decodeEntry(key, value))) return;
			}
		} finally {
			await iterator.close();
		}
	}

	/** What is filed under each id in one of these periods, the newest first; undefined where nothing is. */
	async ids(
		periods: readonly number[],
		wanted: readonly { readonly room: number; readonly session: string; readonly id: string }[],
	): Promise<(IdRecord | undefined)[]> {
		if (wanted.length === 0 || periods.length === 0) return wanted.map(() => undefined);
		const keys = periods.flatMap((period) => wanted.map(({ room, session, id }) => idKey(period, room, session, id)));
		const found = await this.#database.getMany(keys);
		return wanted.map((_, at) => {
			const value = found[at] ?? found[at + wanted.length];
			return value === undefined ? undefined : decodeId(value);
		});
	}

	/** The newest period in which an id came; undefined where none did. */
	async newestPeriod(): Promise<number | undefined> {
		for await (const key of this.#database.keys({ gte: idsFrom(0), lt: IDS_END, reverse: true, limit: 1 })) {
			return periodOfKey(key);
		}
		return undefined;
	}

	/** Forgets the ids that came before a period. */
	async forgetIdsBefore(period: number): Promise<void> {
		await this.#database.clear({ gte: idsFrom(0), lt: idsFrom(period) });
	}

	/** Writes a batch; with `sync` it is on the disk when the promise settles. */
	async write(batch: Batch, sync: boolean): Promise<void> {
		await this.#database.batch(batch.operations, { sync });
	}

	// What is left of each room, written into its record. Messages whose room's record is lost get a room of their own: otherwise the next
	// new room would have their number, and them.
	async #recount(): Promise<void> {
		const left = new Map<number, { firstSeq: number; lastSeq: number; count: number; bytes: number }>();
		for await (const [key, value] of this.#database.iterator({
			gte: entryKey(0, 0),
			lte: entryKey(MAX_ROOM, MAX_SEQ),
		})) {
			const { seq, payload } = decodeEntry(key, value);
			const room = left.get(roomOfEntryKey(key));
			if (room) {
				room.lastSeq = seq;
				room.count++;
				room.bytes += payload.length;
			} else left.set(roomOfEntryKey(key), { firstSeq: seq, lastSeq: seq, count: 1, bytes: payload.length });
		}
		const batch = new Batch();
		for await (const [name, record] of this.rooms()) {
			const lastSeq = Math.max(record.lastSeq, left.get(record.number)?.lastSeq ?? 0);
			const none = { firstSeq: lastSeq + 1, count: 0, bytes: 0 };
			batch.putRoom(name, { ...none, ...left.get(record.number), number: record.number, lastSeq });
			left.delete(record.number);
		}
		for (const [number, room] of left) batch.putRoom(`recovered-${number}`, { ...room, number });
		await this.write(batch, true);
	}

	/** Writes something that changes nothing, and has it synced. */
	async probe(): Promise<void> {
		await this.#database.batch([{ type: "put", key: META_KEY, value: encodeMeta({ format: FORMAT, log: this.log }) }], {
			sync: true,
		});
	}

	async close(): Promise<void> {
		await this.#database.close();
	}
}

interface Described {
	readonly log: string;
	readonly migrated: Migrated | undefined;
}

// The name of the history in a folder, which a new folder gets. A folder of an older format is migrated.
async function describe(
	database: Database,
	folder: string,
	{ create = true, log: name, formats = FORMATS }: OpenOptions,
): Promise<Described> {
	const kept = await database.get(META_KEY);
	if (kept === undefined) {
		if (!create) throw unreadable(`${folder} is not a data folder: it names no history.`);
		const log = name ?? crypto.randomUUID().slice(0, 8);
		await database.batch([{ type: "put", key: META_KEY, value: encodeMeta({ format: formats.current, log }) }], {
			sync: true,
		});
		return { log, migrated: undefined };
	}
	const meta = decodeMeta(kept);
	const { format, log } = meta;
	if (!isHistoryName(log)) {
		throw unreadable(
			`The data folder ${folder} is damaged: its history has no name of 1 to 64 letters, digits, '-' and '_'.`,
		);
	}
	const migrated = format === formats.current ? undefined : await migrate(database, folder, { ...meta, log }, formats);
	return { log, migrated };
}

function unreadable(message: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_DATA_UNREADABLE", message, cause === undefined ? {} : { cause });
}

function noDataFolder(folder: string): XMLSocketError {
	return unreadable(
		existsSync(folder) ? `${folder} is not a data folder: it has no file CURRENT.` : `There is no folder ${folder}.`,
	);
}

function unopened(folder: string, error: Error): XMLSocketError {
	const cause = (error.cause ?? error) as Error & { code?: string };
	if (cause.code === "LEVEL_LOCKED") {
		return new XMLSocketError("XMLSOCKET_DATA_IN_USE", `The data folder ${folder} is open in another process.`, {
			cause,
		});
	}
	if (isDamage(cause)) {
		return new XMLSocketError(
			"XMLSOCKET_DATA_DAMAGED",
			`The data folder ${folder} is damaged: ${reasonOf(folder, cause)}.`,
			{ cause },
		);
	}
	return unreadable(`The data folder ${folder} cannot be opened: ${reasonOf(folder, cause)}.`, cause);
}

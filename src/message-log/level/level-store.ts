// The one user of LevelDB: opens a data folder, and reads and writes it in the layout of `level-format.ts`. It decides nothing
// about numbers, order or retention; `level-log.ts` does.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type BatchOperation, ClassicLevel } from "classic-level";
import { XMLSocketError } from "../../errors/index.ts";
import { isHistoryName, type LogEntry } from "../index.ts";
import {
	decodeEntry,
	decodeId,
	decodeRoom,
	encodeEntry,
	encodeId,
	encodeRoom,
	entryKey,
	FORMAT,
	IDS_END,
	type IdRecord,
	idKey,
	idsFrom,
	META_KEY,
	periodOfKey,
	ROOMS,
	type RoomRecord,
	roomKey,
	roomOfKey,
} from "./level-format.ts";
import { isDamage, reasonOf } from "./open-failure.ts";

type Database = ClassicLevel<Buffer, Buffer>;
const BUFFERS = { keyEncoding: "buffer", valueEncoding: "buffer" } as const;
// What LevelDB holds in memory before it writes a sorted table; twice that is replayed at the worst when a folder is opened.
const WRITE_BUFFER_BYTES = 8 * 1024 * 1024;
const READ_AT_ONCE = 64;
const MAX_SEQ = 2 ** 48 - 1;

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

	putId(period: number, room: number, session: string, id: string, record: IdRecord): void {
		this.operations.push({ type: "put", key: idKey(period, room, session, id), value: encodeId(record) });
	}
}

/** An open data folder. */
export class LevelStore {
	/** Names this history. */
	readonly log: string;
	readonly #database: Database;

	private constructor(database: Database, log: string) {
		this.#database = database;
		this.log = log;
	}

	/**
	 * Opens a folder, and makes one where there is none.
	 *
	 * Rejects with XMLSOCKET_DATA_IN_USE where another process has it open, XMLSOCKET_DATA_DAMAGED where its files do not fit
	 * together, and XMLSOCKET_DATA_UNREADABLE for any other cause.
	 *
	 * @param options.create whether to make a folder that is not there; default: true.
	 * @param options.log the name of the history in a new folder; default: a random one.
	 */
	static async open(
		folder: string,
		{ create = true, log }: { readonly create?: boolean; readonly log?: string | undefined } = {},
	): Promise<LevelStore> {
		// LevelDB itself leaves its LOCK and LOG files behind where it finds no database, and makes the folder for them.
		if (!create && !existsSync(join(folder, "CURRENT"))) throw noDataFolder(folder);
		const database: Database = new ClassicLevel(folder, {
			...BUFFERS,
			createIfMissing: create,
			writeBufferSize: WRITE_BUFFER_BYTES,
		});
		try {
			await database.open();
			return new LevelStore(database, await describe(database, folder, create, log));
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
			const value = metaValue(crypto.randomUUID().slice(0, 8));
			await store.#database.batch([{ type: "put", key: META_KEY, value }], { sync: true });
		});
	}

	/** Opens a folder as `open` does, passes it to `use`, and closes it. */
	static async use<T>(
		folder: string,
		options: Parameters<typeof LevelStore.open>[1],
		use: (store: LevelStore) => Promise<T>,
	): Promise<T> {
		const store = await LevelStore.open(folder, options);
		try {
			return await use(store);
		} finally {
			await store.close();
		}
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

	/** Writes something that changes nothing, and has it synced. */
	async probe(): Promise<void> {
		await this.#database.batch([{ type: "put", key: META_KEY, value: metaValue(this.log) }], { sync: true });
	}

	async close(): Promise<void> {
		await this.#database.close();
	}
}

// The name of the history in a folder; a new folder gets one.
async function describe(
	database: Database,
	folder: string,
	create: boolean,
	name: string | undefined,
): Promise<string> {
	const kept = await database.get(META_KEY);
	if (kept === undefined) {
		if (!create) throw unreadable(`${folder} is not a data folder: it names no history.`);
		const log = name ?? crypto.randomUUID().slice(0, 8);
		await database.batch([{ type: "put", key: META_KEY, value: metaValue(log) }], { sync: true });
		return log;
	}
	const { format, log } = JSON.parse(kept.toString("utf8")) as { format?: unknown; log?: unknown };
	if (format !== FORMAT) {
		throw unreadable(`The data folder ${folder} has format ${String(format)}; this version reads format ${FORMAT}.`);
	}
	if (!isHistoryName(log)) {
		throw unreadable(
			`The data folder ${folder} is damaged: its history has no name of 1 to 64 letters, digits, '-' and '_'.`,
		);
	}
	return log;
}

function unreadable(message: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_DATA_UNREADABLE", message, cause === undefined ? {} : { cause });
}

function metaValue(log: string): Buffer {
	return Buffer.from(JSON.stringify({ format: FORMAT, log }));
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

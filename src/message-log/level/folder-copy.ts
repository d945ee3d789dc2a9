// Copies what a data folder contains into a new folder: for backups, and before a migration. The copy is complete and as of one moment,
// because an iterator of LevelDB sees nothing that is written after it began. Files of an open folder must not be copied instead: LevelDB
// removes and replaces them at any time. The copy is written beside its place and moved there when it is on the disk, so it is never half there.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ClassicLevel } from "classic-level";
import { XMLSocketError } from "../../errors/index.ts";
import { decodeMeta, decodeRoom, encodeMeta, META_KEY, ROOMS } from "./level-format.ts";

type Database = ClassicLevel<Buffer, Buffer>;

/** Some keys with their values, in the order of the keys. */
export type Piece = readonly (readonly [key: Buffer, value: Buffer])[];

/** A finished copy. */
export interface FolderCopy {
	/** Where it is, absolute. */
	readonly folder: string;
	/** The name of its history: a new one. */
	readonly log: string;
	readonly rooms: number;
	readonly messages: number;
	/** Of the messages' payloads. */
	readonly bytes: number;
}

const BUFFERS = { keyEncoding: "buffer", valueEncoding: "buffer" } as const;
/** A turn of the event loop handles one piece. */
const PIECE_BYTES = 64 * 1024;
const PIECE_KEYS = 1000;
/** What is written with one sync. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** Everything in a database at the moment of the first call of `next`. */
export async function* piecesOf(database: Database): AsyncGenerator<Piece> {
	// What is read once must not replace what clients read in the cache.
	const iterator = database.iterator({ ...BUFFERS, highWaterMarkBytes: PIECE_BYTES, fillCache: false });
	try {
		for (;;) {
			const piece = await iterator.nextv(PIECE_KEYS);
			if (piece.length === 0) return;
			yield piece;
		}
	} finally {
		await iterator.close();
	}
}

/** @throws XMLSOCKET_FILE_EXISTS where something is at the place of a copy; an empty folder is allowed. */
export async function checkIsFree(target: string): Promise<void> {
	if (!existsSync(target)) return;
	const found = await readdir(target).catch(() => undefined);
	if (found?.length === 0) return;
	throw new XMLSocketError(
		"XMLSOCKET_FILE_EXISTS",
		`${target} exists${found ? " and is not empty" : ""}; a copy replaces nothing.`,
	);
}

/**
 * Writes a copy. Its history gets a new name: the original can go on, and then a number in the copy means another message than the same
 * number in the original, so a client must not resume from it.
 *
 * Rejects with XMLSOCKET_FILE_EXISTS where something is at its place, XMLSOCKET_BACKUP_FAILED where it cannot be written, and with what
 * `pieces` throws; nothing is left then.
 */
export async function writeCopy(target: string, pieces: AsyncIterable<Piece>): Promise<FolderCopy> {
	const folder = resolve(target);
	await checkIsFree(folder);
	const unfinished = await written(folder, async () => {
		await mkdir(dirname(folder), { recursive: true });
		return await mkdtemp(`${folder}.unfinished-`);
	});
	try {
		const copy = await fill(folder, unfinished, pieces);
		await written(folder, async () => {
			await rename(unfinished, folder);
			await syncFolder(dirname(folder));
		});
		return copy;
	} catch (error) {
		await rm(unfinished, { recursive: true, force: true });
		throw error;
	}
}

async function fill(folder: string, place: string, pieces: AsyncIterable<Piece>): Promise<FolderCopy> {
	const database: Database = new ClassicLevel(place, BUFFERS);
	await written(folder, () => database.open());
	try {
		const log = crypto.randomUUID().slice(0, 8);
		let [rooms, messages, bytes] = [0, 0, 0];
		let batch: { type: "put"; key: Buffer; value: Buffer }[] = [];
		let batchBytes = 0;
		let isNamed = false;
		const flush = async (): Promise<void> => {
			await written(folder, () => database.batch(batch, { sync: true }));
			batch = [];
			batchBytes = 0;
		};
		for await (const piece of pieces) {
			for (const [key, given] of piece) {
				let value = given;
				if (key.equals(META_KEY)) {
					value = encodeMeta({ ...decodeMeta(given), log });
					isNamed = true;
				} else if (key.compare(ROOMS[0]) >= 0 && key.compare(ROOMS[1]) < 0) {
					const room = decodeRoom(given);
					rooms++;
					messages += room.count;
					bytes += room.bytes;
				}
				batch.push({ type: "put", key, value });
				batchBytes += key.length + value.length;
			}
			if (batchBytes >= BATCH_BYTES) await flush();
		}
		if (!isNamed) throw failed("The original names no history.");
		await flush();
		return { folder, log, rooms, messages, bytes };
	} finally {
		await database.close();
	}
}

async function syncFolder(folder: string): Promise<void> {
	// Windows opens no folders.
	if (process.platform === "win32") return;
	const handle = await open(folder);
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

async function written<T>(folder: string, write: () => Promise<T>): Promise<T> {
	try {
		return await write();
	} catch (error) {
		const cause = ((error as Error).cause ?? error) as Error;
		throw failed(`The copy ${folder} cannot be written: ${cause.message.trim()}.`, cause);
	}
}

function failed(message: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_BACKUP_FAILED", message, cause === undefined ? {} : { cause });
}

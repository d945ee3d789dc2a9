// Gives backups of an open data folder to other processes of this user: a Unix socket in the folder. LevelDB lets only one process read a folder,
// so that process has to send what is in it. Who may connect is decided by the socket's permissions. One backup runs at a time, at
// the pace of its reader, and a reader that stops reading is cut off.

import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { encodeEnd, encodePiece, GREETING, REQUEST } from "./backup-frames.ts";
import type { Piece } from "./folder-copy.ts";

const NAME = "backup.sock";
/** The system's limit of the path of a socket is 104 or 108 bytes with the end. */
const MAX_PATH_BYTES = 103;
const MAX_CONNECTIONS = 4;
const REQUEST_TIMEOUT_MS = 5000;
const STALLED_MS = 60_000;

/** Where a process with this folder open offers backups. */
export function backupSocketOf(folder: string): string {
	return join(folder, NAME);
}

/** What a socket reports. */
export interface BackupEvents {
	/** A backup was sent. */
	sent?(keys: number): void;
	/** A backup failed, or none can be taken while this process runs. */
	failed(error: Error): void;
}

/** Backups of one open folder. */
export class BackupSocket {
	readonly #server: Server;
	readonly #everything: () => AsyncIterable<Piece>;
	readonly #events: BackupEvents;
	readonly #sockets = new Set<Socket>();
	#isBusy = false;

	private constructor(everything: () => AsyncIterable<Piece>, events: BackupEvents) {
		this.#everything = everything;
		this.#events = events;
		this.#server = createServer((socket) => this.#accept(socket));
		this.#server.maxConnections = MAX_CONNECTIONS;
	}

	/**
	 * Opens the socket. This process must have the folder's lock, because a socket that is there is removed: it is of a process that was killed.
	 *
	 * @returns undefined where there can be none; `events.failed` has the reason.
	 */
	static async open(
		folder: string,
		everything: () => AsyncIterable<Piece>,
		events: BackupEvents,
	): Promise<BackupSocket | undefined> {
		const path = backupSocketOf(folder);
		const opened = new BackupSocket(everything, events);
		try {
			if (process.platform === "win32") throw new Error("Windows has no such sockets");
			if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
				throw new Error(`the path ${path} has more than ${MAX_PATH_BYTES} bytes, the limit for sockets`);
			}
			rmSync(path, { force: true });
			opened.#server.listen(path);
			await once(opened.#server, "listening");
			chmodSync(path, 0o600);
			opened.#server.on("error", events.failed);
			opened.#server.unref();
			return opened;
		} catch (error) {
			opened.close();
			events.failed(error as Error);
			return undefined;
		}
	}

	/** Ends running backups, and removes the socket. */
	close(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}

	#accept(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on("error", () => {});
		socket.on("close", () => this.#sockets.delete(socket));
		socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy());
		let request = "";
		const onData = (chunk: Buffer): void => {
			request += chunk.toString("latin1");
			if (request === REQUEST) {
				socket.off("data", onData);
				socket.resume();
				// Of the writes: a reader that reads nothing for so long will not go on.
				socket.setTimeout(STALLED_MS);
				void this.#answer(socket);
			} else if (!REQUEST.startsWith(request)) socket.destroy();
		};
		socket.on("data", onData);
	}

	async #answer(socket: Socket): Promise<void> {
		socket.write(GREETING);
		if (this.#isBusy) {
			socket.end(encodeEnd({ error: "Another backup of this folder is running: try again when it is done." }));
			return;
		}
		this.#isBusy = true;
		let keys = 0;
		try {
			for await (const piece of this.#everything()) {
				if (!socket.writable) throw new Error("the reader of a backup has gone");
				keys += piece.length;
				if (!socket.write(encodePiece(piece))) await drained(socket);
				// Between two pieces it is the clients' turn.
				await nextTurn();
			}
			socket.end(encodeEnd({ keys }));
			this.#events.sent?.(keys);
		} catch (error) {
			if (socket.writable) socket.end(encodeEnd({ error: `The folder cannot be read: ${(error as Error).message}` }));
			this.#events.failed(error as Error);
		} finally {
			this.#isBusy = false;
		}
	}
}

async function drained(socket: Socket): Promise<void> {
	await new Promise<void>((resolve) => {
		const done = (): void => {
			socket.off("drain", done);
			socket.off("close", done);
			resolve();
		};
		socket.on("drain", done);
		socket.on("close", done);
	});
}

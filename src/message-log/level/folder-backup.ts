// A backup of a data folder, whether a daemon has it open or not. A folder that nobody has open is read here; otherwise the process that has it
// open sends what is in it (backup-socket.ts).

import { connect, type Socket } from "node:net";
import { XMLSocketError } from "../../errors/index.ts";
import { decodePieces, REQUEST } from "./backup-frames.ts";
import { backupSocketOf } from "./backup-socket.ts";
import { checkIsFree, type FolderCopy, type Piece, writeCopy } from "./folder-copy.ts";
import { LevelStore } from "./level-store.ts";

/**
 * Copies a data folder to a new place while it is in use, or not. Everything that was acknowledged before the call is in the copy, which is a data folder
 * too; its history has a new name.
 *
 * Rejects with XMLSOCKET_FILE_EXISTS where something is at `target`, XMLSOCKET_BACKUP_FAILED, and as `describeFolder` does.
 */
export async function backupFolder(folder: string, target: string): Promise<FolderCopy> {
	await checkIsFree(target);
	try {
		return await LevelStore.use(
			folder,
			{ create: false },
			async (store) => await writeCopy(target, store.everything()),
		);
	} catch (error) {
		if (!(error instanceof XMLSocketError && error.code === "XMLSOCKET_DATA_IN_USE")) throw error;
		return await writeCopy(target, fromProcess(folder, error));
	}
}

async function* fromProcess(folder: string, inUse: XMLSocketError): AsyncGenerator<Piece> {
	const socket = await dial(folder, inUse);
	try {
		socket.write(REQUEST);
		yield* decodePieces(socket as AsyncIterable<Buffer>);
	} finally {
		socket.destroy();
	}
}

async function dial(folder: string, inUse: XMLSocketError): Promise<Socket> {
	const socket = connect(backupSocketOf(folder));
	try {
		await new Promise<void>((resolve, reject) => {
			socket.once("connect", resolve);
			socket.once("error", reject);
		});
		return socket;
	} catch (cause) {
		const { code } = cause as NodeJS.ErrnoException;
		const words =
			code === "EACCES" || code === "EPERM"
				? "and only the user of that process can take a backup"
				: "which offers no backups: its log says why, unless it is a program without them";
		throw new XMLSocketError("XMLSOCKET_BACKUP_FAILED", `${inUse.message.replace(/\.$/, "")}, ${words}.`, { cause });
	}
}

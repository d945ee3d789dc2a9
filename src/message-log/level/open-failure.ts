// Why a data folder could not be opened, in words for its operator. LevelDB and Node report what a system call returned, which on
// read-only and network file systems is not the cause.

import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { dirname } from "node:path";

/** The reason where a folder has messages and no file that says which of its files are in use. */
export const CURRENT_IS_MISSING = "its file CURRENT is missing";

/** Whether the files of the folder are there and do not fit together, as after a loss of power or a full disk. */
export function isDamage({ message }: Error): boolean {
	// A table without content cannot be mapped into memory, which is an invalid argument.
	return (
		message === CURRENT_IS_MISSING ||
		/^Corruption:|MANIFEST-\d+: No such file|\.(?:ldb|sst): Invalid argument/.test(message)
	);
}

/** Whether a folder has files of LevelDB that contain messages. */
export function hasMessages(folder: string): boolean {
	try {
		return readdirSync(folder).some((name) => /^\d+\.(?:ldb|sst|log)$/.test(name));
	} catch {
		// It is not there, is a file, or cannot be read: opening it reports that.
		return false;
	}
}

/** The cause, without a full stop. */
export function reasonOf(folder: string, error: Error & { code?: string; syscall?: string }): string {
	const reason = error.message.trim();
	if (error.syscall === "mkdir" && error.code === "ENOENT") return notCreated(folder) ?? reason;
	if (/Read-only file system|Permission denied/.test(reason)) {
		return `${reason}; this user must be able to write to the folder, even to read it, because its lock is a file there`;
	}
	if (isDamage(error)) return reason;
	if (/No locks available|Function not implemented|Operation not supported|Invalid argument/.test(reason)) {
		return `${reason}; the file system lacks locks or syncing, as some network and shared folders do: use a local disk`;
	}
	return reason;
}

// A folder below a read-only file system: Node reports that it does not exist.
function notCreated(folder: string): string | undefined {
	let parent = dirname(folder);
	while (!existsSync(parent) && parent !== dirname(parent)) parent = dirname(parent);
	try {
		accessSync(parent, constants.W_OK);
		return undefined;
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		return code === "EROFS" ? `${parent} is on a read-only file system` : `this user cannot write to ${parent}`;
	}
}

// Why a data folder could not be opened, in words for its operator. LevelDB and Node report what a system call returned, which on
// read-only and network file systems is not the cause.

import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";

/** Whether the files of the folder are there and do not fit together, as after a loss of power or a full disk. */
export function isDamage(error: Error): boolean {
	return /^Corruption:|MANIFEST-\d+: No such file/.test(error.message);
}

/** The cause, without a full stop. */
export function reasonOf(folder: string, error: Error & { code?: string; syscall?: string }): string {
	const reason = error.message.trim();
	if (error.syscall === "mkdir" && error.code === "ENOENT") return notCreated(folder) ?? reason;
	if (/Read-only file system|Permission denied/.test(reason)) {
		return `${reason}; this user must be able to write to the folder, even to read it, because its lock is a file there`;
	}
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

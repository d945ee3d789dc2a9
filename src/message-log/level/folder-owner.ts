// What a command that root has run leaves in a data folder: LevelDB writes new files when it opens one, and those would be root's, so that
// the daemon's own user could not open the folder any more.

import { constants } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Gives root's files in a folder to the owner of the folder; does nothing where this user is not root, or is the owner. */
export async function keepOwner(folder: string): Promise<void> {
	if (process.getuid?.() !== 0) return;
	const { uid, gid } = await stat(folder);
	if (uid === 0) return;
	for (const name of await readdir(folder)) {
		// The owner of the folder can put links there, which must not become files of theirs: no symbolic link is followed, and a file with a
		// second name stays as it is.
		const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
		const file = await open(join(folder, name), flags).catch(() => undefined);
		if (!file) continue;
		try {
			const found = await file.stat();
			if (found.isFile() && found.uid === 0 && found.nlink === 1) await file.chown(uid, gid);
		} finally {
			await file.close();
		}
	}
}

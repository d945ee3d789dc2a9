// The folder that contains all files of a script: a name becomes a path below it, or is refused. Links are followed, and refused if they
// lead outside. A broken link is refused too, because a write through it would create a file at its target. This protects the operator's
// own scripts from mistakes; it is not a security boundary.

import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { XMLSocketError } from "../../errors/index.ts";

/** A folder and the names below it. */
export class SandboxedFolder {
	/** The folder's real path. */
	readonly root: string;

	/** @param folder must exist. */
	constructor(folder: string) {
		this.root = realpathSync(folder);
	}

	/**
	 * The real path for a name of a script; its last part need not exist.
	 *
	 * @param name parts with "/" between them; a leading "/" means the folder itself, as in Flash Media Server.
	 * @throws XMLSOCKET_FILE_REFUSED if it leads outside or is invalid.
	 * @throws Node's own error if a folder in the path does not exist.
	 */
	pathOf(name: string): string {
		if (name.includes("\0") || name.includes("\\") || /^[a-z][a-z0-9+.-]*:/i.test(name)) throw this.#refused(name);
		const lexical = resolve(this.root, `.${sep}${name}`);
		if (!this.#holds(lexical)) throw this.#refused(name);
		if (lexical === this.root) return lexical;
		const path = join(realpathSync(dirname(lexical)), basename(lexical));
		if (!this.#holds(path)) throw this.#refused(name);
		if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
		let target: string;
		try {
			target = realpathSync(path);
		} catch (error) {
			throw this.#refused(name, error);
		}
		if (!this.#holds(target)) throw this.#refused(name);
		return target;
	}

	#holds(path: string): boolean {
		return path === this.root || path.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep);
	}

	#refused(name: string, cause?: unknown): XMLSocketError {
		return new XMLSocketError(
			"XMLSOCKET_FILE_REFUSED",
			`The file name ${JSON.stringify(name.slice(0, 200))} does not lead to a file inside the application's folder.`,
			cause === undefined ? {} : { cause },
		);
	}
}

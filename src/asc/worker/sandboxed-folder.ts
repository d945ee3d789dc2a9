// The folder that a script's files must stay in: a name becomes a path below it, or is refused. Links are followed, and
// refused where they lead outside; a link that leads nowhere is refused too, because writing through it would make a file
// wherever it points. This keeps a script of the operator's own from slips, and is no security boundary.

import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { XMLSocketError } from "../../errors/index.ts";

/** A folder and the names below it. */
export class SandboxedFolder {
	/** Its own path, without links. */
	readonly root: string;

	/** @param folder must exist. */
	constructor(folder: string) {
		this.root = realpathSync(folder);
	}

	/**
	 * The path, without links, that a name of a script leads to; the last part of it need not exist.
	 *
	 * @param name with "/" between its parts; a leading one means the folder itself, as in Flash Media Server.
	 * @throws XMLSOCKET_FILE_REFUSED where it leads outside, or is no name.
	 * @throws Node's own error where a folder on the way does not exist.
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
			`The file name ${JSON.stringify(name.slice(0, 200))} does not lead to a place inside the application's folder.`,
			cause === undefined ? {} : { cause },
		);
	}
}

// Used login tokens as empty files of a folder: only one process can create a file, so it holds for all processes of a daemon, and it holds after
// a restart. A file that is older than any token can be is deleted.

import { mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { XMLSocketError } from "../errors/index.ts";
import { CLOCK_SKEW_S, LONGEST_VALIDITY_S } from "./login-token.ts";
import { checkCount, type LoginLedger } from "./memory-ledger.ts";

const SWEEP_MS = 60_000;
/** From the first use; a token is valid for this long at most, with the difference of the clocks at both ends. */
const KEPT_MS = (LONGEST_VALIDITY_S + 2 * CLOCK_SKEW_S) * 1000;

/**
 * Opens the ledger of a folder, and creates the folder where there is none.
 *
 * Rejects with XMLSOCKET_DATA_UNREADABLE.
 */
export async function openFolderLedger(folder: string): Promise<LoginLedger> {
	const ledger = new FolderLedger(folder);
	try {
		await mkdir(folder, { recursive: true, mode: 0o700 });
		await ledger.sweep();
	} catch (cause) {
		throw new XMLSocketError(
			"XMLSOCKET_DATA_UNREADABLE",
			`The folder ${folder}, which remembers used login tokens, cannot be opened: ${(cause as Error).message}.`,
			{ cause },
		);
	}
	return ledger;
}

class FolderLedger implements LoginLedger {
	readonly #folder: string;
	readonly #timer: NodeJS.Timeout;
	/** Files, those of other processes as of the last sweep. */
	#count = 0;

	constructor(folder: string) {
		this.#folder = folder;
		// A folder that cannot be read now is read later; until then it only grows, up to its bound.
		this.#timer = setInterval(() => void this.sweep().catch(() => {}), SWEEP_MS).unref();
	}

	async claim(id: string): Promise<boolean> {
		checkCount(this.#count);
		try {
			const file = await open(join(this.#folder, id), "wx", 0o600);
			await file.close();
			this.#count++;
			await this.#sync();
			return true;
		} catch (cause) {
			if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
			throw new XMLSocketError("XMLSOCKET_UNAVAILABLE", "The server cannot remember that the login token is used.", {
				cause,
			});
		}
	}

	/** Deletes what is too old. */
	async sweep(): Promise<void> {
		const oldest = Date.now() - KEPT_MS;
		let count = 0;
		for (const name of await readdir(this.#folder)) {
			const path = join(this.#folder, name);
			const found = await stat(path).catch(() => undefined);
			if (found && found.mtimeMs < oldest) await unlink(path).catch(() => {});
			else if (found) count++;
		}
		this.#count = count;
	}

	async close(): Promise<void> {
		clearInterval(this.#timer);
	}

	// The name of a new file is on the disk once its folder is.
	async #sync(): Promise<void> {
		const handle = await open(this.#folder, "r");
		await handle.sync().finally(() => handle.close());
	}
}

// A text file that is read again when it changes, and on request. An editor can empty a file before it writes it, so a change counts once the
// file has been the same for a moment. A file that cannot be used leaves in force what was read before.

import { readFileSync, statSync } from "node:fs";
import { XMLSocketError } from "../errors/index.ts";

/** How often the file is checked, in milliseconds. */
const CHECK_MS = 2000;
const SETTLE_MS = 300;

/** Who is notified about a file. */
export interface FileEvents {
	/** Uses the new text, or throws. */
	use(text: string): void;
	/** After each change; with an error if the new text cannot be used. */
	reloaded(error: XMLSocketError | undefined): void;
}

/** A file that is followed. */
export class FollowedFile {
	/** The text when it was opened. */
	readonly first: string;
	readonly #path: string;
	readonly #what: string;
	#events: FileEvents | undefined = undefined;
	#used: string;
	#settling: NodeJS.Timeout | undefined = undefined;
	/** What the file looked like when it was looked at last. */
	#stamp: string;
	#timer: NodeJS.Timeout | undefined = undefined;

	/**
	 * Reads the file. Nothing is followed until `follow` is called.
	 *
	 * @param what what the file is, for messages: "token file".
	 * @throws XMLSOCKET_CONFIG_UNREADABLE
	 */
	constructor(path: string, what: string) {
		this.#path = path;
		this.#what = what;
		// Before it is read: a change in between is seen as one.
		this.#stamp = this.#look();
		this.first = this.#read();
		this.#used = this.first;
	}

	/** Calls `events` from now on. */
	follow(events: FileEvents): void {
		this.#events = events;
		this.#timer = setInterval(() => {
			const stamp = this.#look();
			if (stamp === this.#stamp) return;
			this.#stamp = stamp;
			this.reload();
		}, CHECK_MS).unref();
	}

	/** Reads the file again now. */
	reload(): void {
		clearTimeout(this.#settling);
		let text: string;
		try {
			text = this.#read();
		} catch (error) {
			this.#events?.reloaded(error as XMLSocketError);
			return;
		}
		if (text === this.#used) return;
		this.#settling = setTimeout(() => this.#settled(text), SETTLE_MS).unref();
	}

	/** Ends it. */
	close(): void {
		clearTimeout(this.#settling);
		clearInterval(this.#timer);
	}

	#settled(text: string): void {
		try {
			if (this.#read() !== text) {
				this.reload();
				return;
			}
			this.#events?.use(text);
			this.#used = text;
			this.#events?.reloaded(undefined);
		} catch (error) {
			// The same text is not tried again until it changes or a reload is asked for.
			this.#events?.reloaded(error as XMLSocketError);
		}
	}

	#look(): string {
		const found = statSync(this.#path, { throwIfNoEntry: false });
		return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : "";
	}

	#read(): string {
		try {
			return readFileSync(this.#path, "utf8");
		} catch (cause) {
			throw new XMLSocketError(
				"XMLSOCKET_CONFIG_UNREADABLE",
				`The ${this.#what} ${this.#path} cannot be read: ${(cause as Error).message}.`,
				{ cause },
			);
		}
	}
}

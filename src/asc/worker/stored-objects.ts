// The persistent shared objects of an application, in its worker: one file for each, in the folder `sharedobjects`. A file is replaced
// atomically: written under another name, synced, renamed. So it always holds the whole old or the whole new object.
// `runtime/shared-object-file.ts` defines the content; only text crosses.

import { Buffer } from "node:buffer";
import {
	closeSync,
	fsyncSync,
	mkdirSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { XMLSocketError } from "../../errors/index.ts";
import type { HostContext, HostPart } from "./bridge.ts";
import { MAX_OBJECT_BYTES } from "./limits.ts";
import { reportTo } from "./report.ts";

const LONGEST_PART = 200;
/** The longest time between a change and its write to the file, in milliseconds. */
const COMMIT_MS = 1000;

/** The folder of an application's shared objects. */
export class StoredObjects {
	readonly #folder: string;
	readonly #report: (error: unknown) => void;

	/** @param folder created when the first object is stored. */
	constructor(folder: string, report: (error: unknown) => void) {
		this.#folder = folder;
		this.#report = report;
	}

	/** The stored text; undefined if there is none; "", which no file holds, if it cannot be read. The reason is reported. */
	load(name: string): string | undefined {
		try {
			const path = join(this.#folder, fileNameOf(name));
			const stats = statSync(path, { throwIfNoEntry: false });
			if (!stats) return undefined;
			if (stats.size > MAX_OBJECT_BYTES) throw tooLarge(name, stats.size);
			return readFileSync(path, "utf8");
		} catch (error) {
			this.#report(
				error instanceof XMLSocketError
					? error
					: new XMLSocketError(
							"XMLSOCKET_SHARED_OBJECT_UNREADABLE",
							`The shared object "${name}" cannot be read from ${this.#folder}.`,
							{ cause: error },
						),
			);
			return "";
		}
	}

	/** Replaces the stored text. On failure it reports the reason and returns false, and the old file is unchanged. */
	store(name: string, text: string): boolean {
		try {
			const bytes = Buffer.from(text, "utf8");
			if (bytes.length > MAX_OBJECT_BYTES) throw tooLarge(name, bytes.length);
			const path = join(this.#folder, fileNameOf(name));
			mkdirSync(dirname(path), { recursive: true });
			const newFile = `${path}.new`;
			const descriptor = openSync(newFile, "w", 0o600);
			try {
				for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
				fsyncSync(descriptor);
			} finally {
				closeSync(descriptor);
			}
			renameSync(newFile, path);
			syncFolder(dirname(path));
			return true;
		} catch (error) {
			this.#report(
				error instanceof XMLSocketError
					? error
					: new XMLSocketError(
							"XMLSOCKET_FILE_FAILED",
							`The shared object "${name}" could not be stored in ${this.#folder}.`,
							{ cause: error },
						),
			);
			return false;
		}
	}

	/** Removes the stored text, if there is any. */
	remove(name: string): boolean {
		try {
			rmSync(join(this.#folder, fileNameOf(name)), { force: true });
			return true;
		} catch (error) {
			this.#report(
				new XMLSocketError("XMLSOCKET_FILE_FAILED", `The shared object "${name}" could not be removed.`, {
					cause: error,
				}),
			);
			return false;
		}
	}
}

/** Different for different names on every file system, including those that ignore the case of letters. */
function fileNameOf(name: string): string {
	const safe = [...Buffer.from(name, "utf8")]
		.map((byte) => (/[a-z0-9_-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : hex(byte)))
		.join("");
	// A name that is too long for a file name becomes folders and a file.
	return `${safe.replace(new RegExp(`.{${LONGEST_PART}}(?=.)`, "g"), `$&~/`)}.so.xml`;
}

function hex(byte: number): string {
	return `%${byte.toString(16).padStart(2, "0")}`;
}

// Without this, a power failure can undo the rename and restore the old object.
function syncFolder(folder: string): void {
	if (process.platform === "win32") return;
	const descriptor = openSync(folder, "r");
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}

function tooLarge(name: string, bytes: number): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_SCRIPT_LIMIT",
		`The shared object "${name}" takes ${bytes} bytes; a persistent one may take ${MAX_OBJECT_BYTES}.`,
		{ details: { bytes, limitBytes: MAX_OBJECT_BYTES } },
	);
}

/** The stored objects as a part of the host. */
export function storedObjectsPart({ call, folder, log }: HostContext): HostPart {
	const objects = new StoredObjects(join(folder.path, "sharedobjects"), reportTo(log));
	let commit: number | undefined;
	let timer: NodeJS.Timeout | undefined;
	const commitNow = (): void => {
		clearTimeout(timer);
		timer = undefined;
		if (commit !== undefined) call(commit, "the shared objects' commit");
	};
	return {
		functions: {
			"object.listen": (number: number): undefined => {
				commit = number;
			},
			"object.load": (name: string) => objects.load(name),
			"object.store": (name: string, text: string) => objects.store(name, text),
			"object.remove": (name: string) => objects.remove(name),
			"object.commitSoon": (): undefined => {
				timer ??= setTimeout(commitNow, COMMIT_MS);
			},
		},
		close: commitNow,
	};
}

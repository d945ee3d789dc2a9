// The persistent shared objects of an application, one file each in a folder of its own, in its worker. A file is replaced as a
// whole: written beside, handed to the disk, renamed; so that it holds the old object or the new one, whatever happens.
// `runtime/shared-object-file.ts` defines its content; only texts cross.

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
/** How long a change may wait until it is written down, in milliseconds. */
const COMMIT_MS = 1000;

/** The folder of an application's shared objects. */
export class StoredObjects {
	readonly #folder: string;
	readonly #report: (error: unknown) => void;

	/** @param folder made when the first object is stored. */
	constructor(folder: string, report: (error: unknown) => void) {
		this.#folder = folder;
		this.#report = report;
	}

	/** The stored text; undefined where there is none, "" (which is none either) where it cannot be read: that is reported. */
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

	/** Replaces what is stored. False, with the old file as it was, where that fails: it is reported. */
	store(name: string, text: string): boolean {
		try {
			const bytes = Buffer.from(text, "utf8");
			if (bytes.length > MAX_OBJECT_BYTES) throw tooLarge(name, bytes.length);
			const path = join(this.#folder, fileNameOf(name));
			mkdirSync(dirname(path), { recursive: true });
			const beside = `${path}.new`;
			const descriptor = openSync(beside, "w", 0o600);
			try {
				for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
				fsyncSync(descriptor);
			} finally {
				closeSync(descriptor);
			}
			renameSync(beside, path);
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

	/** Removes what is stored, if there is anything. */
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

/** Different for different names on every file system, also those that do not tell capital letters from small ones. */
function fileNameOf(name: string): string {
	const safe = [...Buffer.from(name, "utf8")]
		.map((byte) => (/[a-z0-9_-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : hex(byte)))
		.join("");
	// Longer than a file's name may be: the beginning becomes a folder, or several.
	return `${safe.replace(new RegExp(`.{${LONGEST_PART}}(?=.)`, "g"), `$&~/`)}.so.xml`;
}

function hex(byte: number): string {
	return `%${byte.toString(16).padStart(2, "0")}`;
}

// Without it the new name may be lost with the power, and the old object be back.
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
		`The shared object "${name}" takes ${bytes} bytes, more than the ${MAX_OBJECT_BYTES} of a persistent one.`,
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

// The files of a script, in its worker. Open files have numbers, and all files are inside the application's folder. Text crosses as a
// string, bytes as characters from U+0000 to U+00FF. Nothing here throws: a failure returns false, undefined, -1 or NaN, as the class
// File of Server-Side ActionScript does, and its reason is reported. `runtime/file.ts` is that class.

import {
	accessSync,
	closeSync,
	constants,
	copyFileSync,
	existsSync,
	fstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	renameSync,
	rmdirSync,
	rmSync,
	statSync,
	unlinkSync,
} from "node:fs";
import { dirname } from "node:path";
import { XMLSocketError } from "../../errors/index.ts";
import type { HostContext, HostPart } from "./bridge.ts";
import { MAX_FILE_SIZE_BYTES, MAX_FOLDER_ENTRIES, MAX_OPEN_FILES } from "./limits.ts";
import { OpenFile } from "./open-file.ts";
import { reportTo } from "./report.ts";
import { SandboxedFolder } from "./sandboxed-folder.ts";

/** What `stat` returns, as a number: 1 or 0 for yes or no, milliseconds since 1970 for times, bytes or entries for `length`. */
export type FileFact =
	| "exists"
	| "isFile"
	| "isDirectory"
	| "length"
	| "creationTime"
	| "lastModified"
	| "canRead"
	| "canWrite"
	| "canReplace";

/** All files of one application. */
export class ScriptFiles {
	readonly #folder: SandboxedFolder;
	readonly #report: (error: unknown) => void;
	readonly #open = new Map<number, OpenFile>();
	#lastId = 0;
	#failure: string | undefined;

	/** @param report receives the reason of a failure; the script only learns that the call failed. */
	constructor(folder: SandboxedFolder, report: (error: unknown) => void) {
		this.#folder = folder;
		this.#report = report;
	}

	/** Open files. */
	get size(): number {
		return this.#open.size;
	}

	/** Why the last call failed, once; undefined if it did not fail. */
	failure(): string | undefined {
		const failure = this.#failure;
		this.#failure = undefined;
		return failure;
	}

	/**
	 * Opens a file.
	 *
	 * @param mode one or several of `read`, `write`, `readWrite`, `append`, `create`, with commas. All but `read` alone create a missing
	 * file; `create` empties an existing one.
	 * @param isText whether to read and write UTF-8; otherwise bytes.
	 * @returns its number, or -1.
	 */
	open(name: string, mode: string, isText: boolean): number {
		return this.#try(`open ${name}`, -1, (): number => {
			const flags = flagsOf(mode);
			if (this.#open.size >= MAX_OPEN_FILES) {
				throw new XMLSocketError(
					"XMLSOCKET_SCRIPT_LIMIT",
					`${MAX_OPEN_FILES} files of this application are open, which is the limit; close some first.`,
					{ details: { limit: MAX_OPEN_FILES } },
				);
			}
			const path = this.#folder.pathOf(name);
			// Checked before it is opened: opening a pipe would wait for its other end.
			const before = statSync(path, { throwIfNoEntry: false });
			if (before && !before.isFile()) throw new Error("it is not a regular file");
			const descriptor = openSync(path, flags | (constants.O_NOFOLLOW ?? 0), 0o666);
			if (!fstatSync(descriptor).isFile()) {
				closeSync(descriptor);
				throw new Error("it is not a regular file");
			}
			this.#open.set(++this.#lastId, new OpenFile(descriptor, isText, (flags & constants.O_APPEND) !== 0));
			return this.#lastId;
		});
	}

	/** @returns false if no open file has the number. */
	close(id: number): boolean {
		const file = this.#open.get(id);
		if (!file) return false;
		this.#open.delete(id);
		return this.#try("close a file", false, () => file.close());
	}

	/** Up to `count` characters (bytes of a binary file) from the position; undefined at the end of the file, or on failure. */
	read(id: number, count: number): string | undefined {
		return this.#with(id, "read", undefined, (file) => file.read(count));
	}

	/** The rest of the line without its line break, LF or CR LF; undefined at the end of the file. */
	readLine(id: number): string | undefined {
		return this.#with(id, "read", undefined, (file) => file.readLine());
	}

	/** The rest of the file. */
	readRest(id: number): string | undefined {
		return this.#with(id, "read", undefined, (file) => file.readRest());
	}

	/** Writes at the position, or at the end of a file in the mode `append`. */
	write(id: number, text: string): boolean {
		return this.#with(id, "write", false, (file) => file.write(text));
	}

	/** Writes buffered data to the disk. */
	flush(id: number): boolean {
		return this.#with(id, "flush", false, (file) => file.flush());
	}

	/** The position in bytes, or -1. */
	position(id: number): number {
		return this.#open.get(id)?.position ?? -1;
	}

	/** Sets the position, at most to the end of the file. @returns the new position, or -1 */
	seek(id: number, position: number): number {
		return this.#with(id, "seek", -1, (file) => file.seek(position));
	}

	/** Whether the position is at the end of the file. */
	isAtEnd(id: number): boolean {
		return this.#with(id, "read", true, (file) => file.isAtEnd);
	}

	/** One fact about a file or folder; NaN if it is unknown, for example because there is no such file. */
	stat(name: string, fact: FileFact): number {
		try {
			const path = this.#folder.pathOf(name);
			const stats = statSync(path, { throwIfNoEntry: false });
			if (!stats) return fact === "exists" ? 0 : Number.NaN;
			switch (fact) {
				case "exists":
					return 1;
				case "isFile":
					return Number(stats.isFile());
				case "isDirectory":
					return Number(stats.isDirectory());
				case "length":
					return stats.isDirectory() ? readdirSync(path).length : stats.size;
				case "creationTime":
					return stats.birthtimeMs;
				case "lastModified":
					return stats.mtimeMs;
				case "canRead":
					return mayAccess(path, constants.R_OK);
				case "canWrite":
					return mayAccess(path, constants.W_OK);
				case "canReplace":
					return path === this.#folder.root ? 0 : mayAccess(dirname(path), constants.W_OK);
				default:
					return Number.NaN;
			}
		} catch (error) {
			if (error instanceof XMLSocketError) this.#report(error);
			return Number.NaN; // for example, a folder in the path is missing
		}
	}

	/** The names in a folder, sorted, with "/" between them; undefined if it is not a folder. */
	list(name: string): string | undefined {
		return this.#try(`list ${name}`, undefined, () => {
			const names = readdirSync(this.#folder.pathOf(name));
			if (names.length > MAX_FOLDER_ENTRIES) {
				throw new XMLSocketError(
					"XMLSOCKET_SCRIPT_LIMIT",
					`The folder ${name} has ${names.length} entries; list() returns at most ${MAX_FOLDER_ENTRIES}.`,
					{ details: { entries: names.length, limit: MAX_FOLDER_ENTRIES } },
				);
			}
			return names.sort().join("/");
		});
	}

	/** Creates a folder in an existing folder. */
	makeFolder(name: string): boolean {
		return this.#try(`create the folder ${name}`, false, () => {
			mkdirSync(this.#folder.pathOf(name));
			return true;
		});
	}

	/** Removes a file, or an empty folder; with `recursive` a folder and everything in it. */
	remove(name: string, recursive: boolean): boolean {
		return this.#try(`remove ${name}`, false, () => {
			const path = this.#folder.pathOf(name);
			if (path === this.#folder.root) throw new Error("it is the application's own folder");
			if (!statSync(path).isDirectory()) unlinkSync(path);
			else if (recursive) rmSync(path, { recursive: true });
			else rmdirSync(path);
			return true;
		});
	}

	/** Moves a file or folder to an unused name. */
	rename(name: string, to: string): boolean {
		return this.#try(`rename ${name} to ${to}`, false, () => {
			const from = this.#folder.pathOf(name);
			const target = this.#folder.pathOf(to);
			if (from === this.#folder.root) throw new Error("it is the application's own folder");
			if (existsSync(target)) throw new Error(`${to} exists already`);
			renameSync(from, target);
			return true;
		});
	}

	/** Copies a file; a file that has the new name is replaced. */
	copy(name: string, to: string): boolean {
		return this.#try(`copy ${name} to ${to}`, false, () => {
			const from = this.#folder.pathOf(name);
			const stats = statSync(from);
			if (!stats.isFile()) throw new Error("it is not a regular file");
			if (stats.size > MAX_FILE_SIZE_BYTES) throw new Error(`it is longer than ${MAX_FILE_SIZE_BYTES} bytes`);
			const target = this.#folder.pathOf(to);
			if (statSync(target, { throwIfNoEntry: false })?.isFile() === false)
				throw new Error(`${to} is not a regular file`);
			copyFileSync(from, target);
			return true;
		});
	}

	/** Closes all files. */
	end(): void {
		for (const id of [...this.#open.keys()]) this.close(id);
	}

	#with<Result>(id: number, what: string, failure: Result, run: (file: OpenFile) => Result): Result {
		const file = this.#open.get(id);
		if (file) return this.#try(`${what} a file`, failure, () => run(file));
		this.#failure = `A script could not ${what} a file: it is not open.`;
		return failure;
	}

	#try<Result>(what: string, failure: Result, run: () => Result): Result {
		try {
			return run();
		} catch (error) {
			const reported =
				error instanceof XMLSocketError
					? error
					: new XMLSocketError("XMLSOCKET_FILE_FAILED", `A script could not ${what}: ${messageOf(error)}.`, {
							cause: error,
						});
			this.#report(reported);
			this.#failure = reported.message;
			return failure;
		}
	}
}

function flagsOf(mode: string): number {
	const words = mode.split(",").map((word) => word.trim().toLowerCase());
	const unknown = words.find((word) => !["read", "write", "readwrite", "append", "create"].includes(word));
	if (unknown !== undefined) {
		throw new Error(`the mode "${unknown}" is not allowed: use read, write, readWrite, append or create`);
	}
	const reads = words.includes("read") || words.includes("readwrite");
	const writes = words.some((word) => word !== "read");
	return (
		(writes ? (reads ? constants.O_RDWR : constants.O_WRONLY) | constants.O_CREAT : constants.O_RDONLY) |
		(words.includes("append") ? constants.O_APPEND : 0) |
		(words.includes("create") ? constants.O_TRUNC : 0)
	);
}

function mayAccess(path: string, mode: number): 0 | 1 {
	try {
		accessSync(path, mode);
		return 1;
	} catch {
		return 0;
	}
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** The files as a part of the host: every method of `ScriptFiles` under its name. */
export function filesPart({ folder, log }: HostContext): HostPart {
	const files = new ScriptFiles(new SandboxedFolder(folder.path), reportTo(log));
	return {
		functions: {
			"file.failure": () => files.failure(),
			"file.open": (name: string, mode: string, isText: boolean) => files.open(name, mode, isText),
			"file.close": (id: number) => files.close(id),
			"file.read": (id: number, count: number) => files.read(id, count),
			"file.readLine": (id: number) => files.readLine(id),
			"file.readRest": (id: number) => files.readRest(id),
			"file.write": (id: number, text: string) => files.write(id, text),
			"file.flush": (id: number) => files.flush(id),
			"file.position": (id: number) => files.position(id),
			"file.seek": (id: number, position: number) => files.seek(id, position),
			"file.isAtEnd": (id: number) => files.isAtEnd(id),
			"file.stat": (name: string, fact: FileFact) => files.stat(name, fact),
			"file.list": (name: string) => files.list(name),
			"file.makeFolder": (name: string) => files.makeFolder(name),
			"file.remove": (name: string, recursive: boolean) => files.remove(name, recursive),
			"file.rename": (name: string, to: string) => files.rename(name, to),
			"file.copy": (name: string, to: string) => files.copy(name, to),
		},
		close: () => files.end(),
	};
}

// The class File that scripts see: files and folders inside the application's folder. On failure its methods return false, null or
// undefined and never throw; the reason goes to `application.onStatus`, and the worker logs it. Server-Side ActionScript Language Reference, class File. `worker/files.ts`
// is the worker's side.

import { isObject, toNumber, toText } from "../../xml/coerce.ts";

/** The worker's functions for files; `worker/files.ts` documents them. */
export interface FileBridge {
	/** Why the last call failed, once; undefined if it did not. */
	failure(): string | undefined;
	open(name: string, mode: string, isText: boolean): number;
	close(id: number): boolean;
	read(id: number, count: number): string | undefined;
	readLine(id: number): string | undefined;
	readRest(id: number): string | undefined;
	write(id: number, text: string): boolean;
	flush(id: number): boolean;
	position(id: number): number;
	seek(id: number, position: number): number;
	isAtEnd(id: number): boolean;
	stat(name: string, fact: string): number;
	list(name: string): string | undefined;
	makeFolder(name: string): boolean;
	remove(name: string, recursive: boolean): boolean;
	rename(name: string, to: string): boolean;
	copy(name: string, to: string): boolean;
}

interface FileState {
	readonly name: string;
	/** 0 while it is not open. */
	id: number;
	type: string | undefined;
	mode: string | undefined;
}

/**
 * The class, bound to the worker's files.
 *
 * @param failed receives the information object of each failure, for `application.onStatus`
 */
export function makeFile(bridge: FileBridge, failed: (info: object) => void): new (name?: unknown) => object {
	let isReporting = false;
	// Returns the result of a method, after a failure is reported. A handler that uses a File itself is not called for its failures.
	const reported = <Result>(method: string, file: object, result: Result, words = bridge.failure()): Result => {
		if (words === undefined || isReporting) return result;
		isReporting = true;
		const code = `File.${method.charAt(0).toUpperCase()}${method.slice(1)}.Failed`;
		failed({ level: "error", code, description: words, details: stateOf(file).name });
		isReporting = false;
		return result;
	};
	const states = new WeakMap<object, FileState>();
	const nowhere: FileState = { name: "\0", id: 0, type: undefined, mode: undefined };
	// An object whose constructor never ran (`Log.prototype = new File("log.txt")`) gets a state of its own, with the name of the
	// file that it inherits from.
	const stateOf = (file: object): FileState => {
		const known = states.get(file);
		if (known || !isObject(file)) return known ?? nowhere;
		let above = Object.getPrototypeOf(file) as object | null;
		while (above !== null && !states.has(above)) above = Object.getPrototypeOf(above) as object | null;
		if (above === null) return nowhere;
		const state = newState(states.get(above)?.name);
		states.set(file, state);
		return state;
	};
	const isTrue = (file: object, fact: string): boolean => bridge.stat(stateOf(file).name, fact) === 1;
	const time = (file: object, fact: string): Date | undefined => {
		const ms = bridge.stat(stateOf(file).name, fact);
		return Number.isNaN(ms) ? undefined : new Date(ms);
	};

	function File(this: object, name?: unknown): undefined {
		// Without `new`, as `File.call(this, name)`: the constructor of a class that inherits from this one.
		if (!new.target && (!(this instanceof File) || states.has(this))) return undefined;
		states.set(this, newState(name));
	}
	const FileClass = File as unknown as new (name?: unknown) => object;

	class Members {
		get name(): string {
			return stateOf(this).name;
		}
		get exists(): boolean {
			return isTrue(this, "exists");
		}
		get isFile(): boolean {
			return isTrue(this, "isFile");
		}
		get isDirectory(): boolean {
			return isTrue(this, "isDirectory");
		}
		get isOpen(): boolean {
			return stateOf(this).id !== 0;
		}
		get canRead(): boolean {
			return isTrue(this, "canRead");
		}
		get canWrite(): boolean {
			return isTrue(this, "canWrite");
		}
		get canAppend(): boolean {
			return isTrue(this, "canWrite");
		}
		get canReplace(): boolean {
			return isTrue(this, "canReplace");
		}
		get creationTime(): Date | undefined {
			return time(this, "creationTime");
		}
		get lastModified(): Date | undefined {
			return time(this, "lastModified");
		}
		/** Bytes of a file, entries of a folder. */
		get length(): number | undefined {
			const length = bridge.stat(stateOf(this).name, "length");
			return Number.isNaN(length) ? undefined : length;
		}
		get type(): string | undefined {
			return stateOf(this).type;
		}
		get mode(): string | undefined {
			return stateOf(this).mode;
		}
		get position(): number | undefined {
			const position = bridge.position(stateOf(this).id);
			return position < 0 ? undefined : position;
		}
		set position(position: unknown) {
			reported("seek", this, bridge.seek(stateOf(this).id, toNumber(position)));
		}

		/** @param type `text` or `utf8` (both UTF-8), or `binary`. */
		open(type: unknown, mode: unknown): boolean {
			const state = stateOf(this);
			const kind = toText(type).toLowerCase();
			if (state === nowhere) return false;
			if (state.id !== 0) return reported("open", this, false, `The file ${state.name} is open already.`);
			if (!["text", "utf8", "binary"].includes(kind))
				return reported("open", this, false, `The type "${kind}" is not one of text, utf8 and binary.`);
			const id = bridge.open(state.name, toText(mode), kind !== "binary");
			if (id < 0) return reported("open", this, false);
			Object.assign(state, { id, type: kind, mode: toText(mode) });
			return true;
		}

		close(): boolean {
			const state = stateOf(this);
			if (state.id === 0) return false;
			const isClosed = reported("close", this, bridge.close(state.id));
			Object.assign(state, { id: 0, type: undefined, mode: undefined });
			return isClosed;
		}

		eof(): boolean {
			const isAtEnd = bridge.isAtEnd(stateOf(this).id);
			bridge.failure(); // eof() of a closed file is true, and no failure
			return isAtEnd;
		}

		flush(): boolean {
			return reported("flush", this, bridge.flush(stateOf(this).id));
		}

		read(count: unknown): string | undefined {
			return reported("read", this, bridge.read(stateOf(this).id, toNumber(count)));
		}

		readByte(): number | undefined {
			const state = stateOf(this);
			return state.type === "binary" ? reported("readByte", this, bridge.read(state.id, 1)?.charCodeAt(0)) : undefined;
		}

		readln(): string | undefined {
			return reported("readln", this, bridge.readLine(stateOf(this).id));
		}

		/** The remaining lines. */
		readAll(): string[] | undefined {
			const lines = reported("readAll", this, bridge.readRest(stateOf(this).id))?.split(/\r?\n/);
			if (lines?.at(-1) === "") lines.pop();
			return lines;
		}

		write(...values: unknown[]): boolean {
			return reported("write", this, bridge.write(stateOf(this).id, values.map(toText).join("")));
		}

		writeln(...values: unknown[]): boolean {
			return reported("writeln", this, bridge.write(stateOf(this).id, `${values.map(toText).join("")}\n`));
		}

		writeAll(lines: unknown): boolean {
			if (!Array.isArray(lines)) return false;
			const text = lines.map((line) => `${toText(line)}\n`).join("");
			return reported("writeAll", this, bridge.write(stateOf(this).id, text));
		}

		writeByte(byte: unknown): boolean {
			const state = stateOf(this);
			const isWritten = state.type === "binary" && bridge.write(state.id, String.fromCharCode(toNumber(byte) & 0xff));
			return reported("writeByte", this, isWritten);
		}

		/** Moves the position by this many bytes; a negative number moves it back. */
		seek(bytes: unknown): number {
			const { id } = stateOf(this);
			return reported("seek", this, bridge.seek(id, bridge.position(id) + toNumber(bytes)));
		}

		/** The entries of a folder; with `filter`, those whose names it accepts. */
		list(filter?: unknown): object[] | null {
			const { name } = stateOf(this);
			const names = reported("list", this, bridge.list(name));
			if (names === undefined) return null;
			return names
				.split("/")
				.filter((entry) => entry !== "" && (typeof filter !== "function" || Boolean(filter(entry))))
				.map((entry) => new FileClass(joined(name, entry)));
		}

		/** Creates a folder in this folder. */
		mkdir(name: unknown): boolean {
			const { name: folder } = stateOf(this);
			if (!this.isDirectory) return reported("mkdir", this, false, `${folder} is not a folder.`);
			return reported("mkdir", this, bridge.makeFolder(joined(folder, toText(name))));
		}

		remove(recursive?: unknown): boolean {
			this.close();
			return reported("remove", this, bridge.remove(stateOf(this).name, Boolean(recursive)));
		}

		renameTo(name: unknown): boolean {
			if (this.isOpen)
				return reported("renameTo", this, false, `The file ${stateOf(this).name} is open; close it first.`);
			return reported("renameTo", this, bridge.rename(stateOf(this).name, toText(name)));
		}

		copyTo(name: unknown): boolean {
			return reported("copyTo", this, bridge.copy(stateOf(this).name, toText(name)));
		}

		toString(): string {
			return stateOf(this).name;
		}
	}
	Object.defineProperty(File, "prototype", { value: Members.prototype });
	Object.defineProperty(Members.prototype, "constructor", { value: File });
	return FileClass;
}

function newState(name: unknown): FileState {
	return { name: toText(name), id: 0, type: undefined, mode: undefined };
}

function joined(folder: string, name: string): string {
	return folder === "" || folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
}

// The class File that scripts see: files and folders inside the application's folder. On failure its methods return false, null or
// undefined and never throw; the worker reports the reason. Server-Side ActionScript Language Reference, class File. `worker/files.ts`
// is the worker's side.

import { isObject, toNumber, toText } from "../../xml/coerce.ts";

/** The worker's functions for files; `worker/files.ts` documents them. */
export interface FileBridge {
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

/** The class, bound to the worker's files. */
export function makeFile(bridge: FileBridge): new (name?: unknown) => object {
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
			bridge.seek(stateOf(this).id, toNumber(position));
		}

		/** @param type `text` or `utf8` (both UTF-8), or `binary`. */
		open(type: unknown, mode: unknown): boolean {
			const state = stateOf(this);
			const kind = toText(type).toLowerCase();
			if (state === nowhere || state.id !== 0 || !["text", "utf8", "binary"].includes(kind)) return false;
			const id = bridge.open(state.name, toText(mode), kind !== "binary");
			if (id < 0) return false;
			Object.assign(state, { id, type: kind, mode: toText(mode) });
			return true;
		}

		close(): boolean {
			const state = stateOf(this);
			if (state.id === 0) return false;
			const isClosed = bridge.close(state.id);
			Object.assign(state, { id: 0, type: undefined, mode: undefined });
			return isClosed;
		}

		eof(): boolean {
			return bridge.isAtEnd(stateOf(this).id);
		}

		flush(): boolean {
			return bridge.flush(stateOf(this).id);
		}

		read(count: unknown): string | undefined {
			return bridge.read(stateOf(this).id, toNumber(count));
		}

		readByte(): number | undefined {
			const state = stateOf(this);
			return state.type === "binary" ? bridge.read(state.id, 1)?.charCodeAt(0) : undefined;
		}

		readln(): string | undefined {
			return bridge.readLine(stateOf(this).id);
		}

		/** The remaining lines. */
		readAll(): string[] | undefined {
			const lines = bridge.readRest(stateOf(this).id)?.split(/\r?\n/);
			if (lines?.at(-1) === "") lines.pop();
			return lines;
		}

		write(...values: unknown[]): boolean {
			return bridge.write(stateOf(this).id, values.map(toText).join(""));
		}

		writeln(...values: unknown[]): boolean {
			return bridge.write(stateOf(this).id, `${values.map(toText).join("")}\n`);
		}

		writeAll(lines: unknown): boolean {
			if (!Array.isArray(lines)) return false;
			return bridge.write(stateOf(this).id, lines.map((line) => `${toText(line)}\n`).join(""));
		}

		writeByte(byte: unknown): boolean {
			const state = stateOf(this);
			return state.type === "binary" && bridge.write(state.id, String.fromCharCode(toNumber(byte) & 0xff));
		}

		/** Moves the position by this many bytes; a negative number moves it back. */
		seek(bytes: unknown): number {
			const { id } = stateOf(this);
			return bridge.seek(id, bridge.position(id) + toNumber(bytes));
		}

		/** The entries of a folder; with `filter`, those whose names it accepts. */
		list(filter?: unknown): object[] | null {
			const { name } = stateOf(this);
			const names = bridge.list(name);
			if (names === undefined) return null;
			return names
				.split("/")
				.filter((entry) => entry !== "" && (typeof filter !== "function" || Boolean(filter(entry))))
				.map((entry) => new FileClass(joined(name, entry)));
		}

		/** Creates a folder in this folder. */
		mkdir(name: unknown): boolean {
			return this.isDirectory && bridge.makeFolder(joined(stateOf(this).name, toText(name)));
		}

		remove(recursive?: unknown): boolean {
			this.close();
			return bridge.remove(stateOf(this).name, Boolean(recursive));
		}

		renameTo(name: unknown): boolean {
			return !this.isOpen && bridge.rename(stateOf(this).name, toText(name));
		}

		copyTo(name: unknown): boolean {
			return bridge.copy(stateOf(this).name, toText(name));
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

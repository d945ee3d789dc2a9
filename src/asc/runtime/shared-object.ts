// The class SharedObject that scripts see: named properties that an application shares with its clients. Server-Side ActionScript Language
// Reference, class SharedObject. `shared-object-documents.ts` is the clients' side; docs/guide/asc.md, "Shared objects", lists what is
// missing.

import { XMLSocketError } from "../../errors/index.ts";
import { toText } from "../../xml/coerce.ts";
import { readObjectFile, writeObjectFile } from "./shared-object-file.ts";
import { MAX_NAME_CHARS, type SharedBudget, SharedState } from "./shared-state.ts";

/** The worker's functions for shared objects. */
export interface SharedObjectBridge {
	/** The stored text; undefined if there is none, "" if it cannot be read. */
	load(name: string): string | undefined;
	store(name: string, text: string): boolean;
	remove(name: string): boolean;
	/** Asks the worker to call `commit` within about a second. */
	commitSoon(): void;
}

/** One change by a client, as `onSync` lists it. */
export interface SyncEntry {
	readonly code: "change" | "delete";
	readonly name: string;
	readonly oldValue: unknown;
}

/** The most shared objects that scripts hold, and the most that only clients use: clients cannot use up the objects of scripts. */
const MAX_OBJECTS = 1000;

/** All shared objects of one application. */
export class SharedObjects {
	/** The class that scripts see. */
	readonly SharedObject: SharedObjectClass;
	readonly #bridge: SharedObjectBridge;
	readonly #warn: (words: string) => void;
	readonly #states = new Map<string, SharedState>();
	readonly #budget: SharedBudget = { chars: 0 };
	readonly #scriptObjects = new WeakMap<SharedState, SharedObject>();
	/** Objects that scripts hold. */
	#heldCount = 0;

	/** @param warn logs a warning of the script */
	constructor(bridge: SharedObjectBridge, warn: (words: string) => void = () => {}) {
		this.#bridge = bridge;
		this.#warn = warn;
		this.SharedObject = makeClass(this);
	}

	/** A script asks for the object of another server. */
	warnOfRemote(name: string): void {
		this.#warn(
			`SharedObject.get("${name}", …): the NetConnection has no effect, because there is no RTMP here: the object is this application's own`,
		);
	}

	/** The number of shared objects. */
	get size(): number {
		return this.#states.size;
	}

	/**
	 * The shared object of a name. If it is not open, it is read from its file, or created.
	 *
	 * @param isForScript whether a script opens it; otherwise a client.
	 * @throws XMLSOCKET_SHARED_OBJECT_INVALID, XMLSOCKET_SHARED_OBJECT_UNREADABLE or XMLSOCKET_SCRIPT_LIMIT.
	 */
	open(name: string, isPersistent: boolean, isForScript: boolean): SharedState {
		const key = keyOf(name, isPersistent);
		const known = this.#states.get(key);
		if (known && (known.isHeld || !isForScript)) return known;
		if (name === "" || name.length > MAX_NAME_CHARS || name.includes("\0")) {
			throw new XMLSocketError(
				"XMLSOCKET_SHARED_OBJECT_INVALID",
				`A shared object needs a name of 1 to ${MAX_NAME_CHARS} characters without U+0000.`,
			);
		}
		const count = isForScript ? this.#heldCount : this.#states.size - this.#heldCount;
		if (count >= MAX_OBJECTS) {
			throw new XMLSocketError(
				"XMLSOCKET_SCRIPT_LIMIT",
				`The ${isForScript ? "scripts" : "clients"} of this application have ${MAX_OBJECTS} shared objects open, which is the limit; close some.`,
				{ details: { limit: MAX_OBJECTS } },
			);
		}
		if (known) return known;
		const stored = isPersistent ? this.#bridge.load(name) : undefined;
		const state =
			stored === undefined
				? new SharedState(name, isPersistent, this.#budget)
				: readObjectFile(name, stored, this.#budget);
		this.#states.set(key, state);
		return state;
	}

	/** The shared object of a name, if it is open. */
	find(name: string, isPersistent: boolean): SharedState | undefined {
		return this.#states.get(keyOf(name, isPersistent));
	}

	/** Whether an object of a name is open or has a file. */
	has(name: string, isPersistent: boolean): boolean {
		return this.find(name, isPersistent) !== undefined || (isPersistent && this.#bridge.load(name) !== undefined);
	}

	/** Drops an object without subscribers that no script holds; a persistent one stays in its file. */
	release(state: SharedState): void {
		if (state.isHeld || state.subscribers.size > 0) return;
		if (state.isDirty && state.autoCommit && !this.store(state)) return;
		this.#states.delete(keyOf(state.name, state.isPersistent));
		state.drop();
	}

	/** Writes the object's file. False on failure. */
	store(state: SharedState): boolean {
		const isStored =
			state.size === 0 ? this.#bridge.remove(state.name) : this.#bridge.store(state.name, writeObjectFile(state));
		if (isStored) state.isDirty = false;
		return isStored;
	}

	/** Schedules the write of a changed object. */
	changed(state: SharedState): void {
		if (state.isDirty && state.autoCommit) this.#bridge.commitSoon();
	}

	/** Writes all changed objects, except those without `autoCommit`. */
	commit(): void {
		for (const state of this.#states.values()) {
			if (state.isDirty && state.autoCommit) this.store(state);
		}
	}

	/** The script's object, if a script holds it. */
	scriptObject(state: SharedState): SharedObject | undefined {
		return state.isHeld ? this.#scriptObjects.get(state) : undefined;
	}

	/** @internal */
	setScriptObject(state: SharedState, scriptObject: SharedObject): void {
		this.#scriptObjects.set(state, scriptObject);
		state.isHeld = true;
		this.#heldCount++;
	}

	/** @internal */
	closeScriptObject(state: SharedState): void {
		state.isHeld = false;
		this.#heldCount--;
		this.release(state);
	}

	/** The persistent objects, for `SharedObject.commit()`. */
	persistent(): SharedState[] {
		return [...this.#states.values()].filter((state) => state.isPersistent);
	}
}

function keyOf(name: string, isPersistent: boolean): string {
	return `${isPersistent ? "persistent" : "live"} ${name}`;
}

/** A shared object as scripts see it. Any other property with a function is a handler for `send`. */
export interface SharedObject {
	readonly name: string;
	readonly version: number;
	readonly isDirty: boolean;
	autoCommit: boolean;
	resyncDepth: number;
	getProperty(name: string): unknown;
	getPropertyNames(): string[];
	setProperty(name: string, value: unknown): void;
	size(): number;
	send(handler: string, ...args: unknown[]): boolean;
	mark(handler: string, ...args: unknown[]): boolean;
	lock(): void;
	unlock(): void;
	flush(): boolean;
	clear(): boolean;
	purge(version?: number): void;
	close(): void;
	onSync?(list: SyncEntry[]): void;
	onStatus?(info: { level: string; code: string; description: string }): void;
}

/** The class, as scripts see it. */
export interface SharedObjectClass {
	/** The shared object of a name. Until it is closed, every call returns the same object. */
	get(name: string, isPersistent?: boolean): SharedObject;
	/** Writes one persistent object, or all that have changed. */
	commit(name?: string): boolean;
	readonly prototype: SharedObject;
}

function makeClass(objects: SharedObjects): SharedObjectClass {
	// Separate from the instances, whose properties belong to the script. A closed object has no state.
	const states = new WeakMap<object, SharedState>();
	const stateOf = (scriptObject: unknown): SharedState | undefined => states.get(scriptObject as object);

	let autoCommitDefault: boolean | undefined;
	const isPrototype = (value: unknown): boolean => value === SharedObject.prototype;

	class SharedObject {
		constructor() {
			// Not enumerable, as in the player.
			Object.defineProperty(this, "resyncDepth", {
				// A value on the prototype is the default of new objects.
				value: (Reflect.get(this, "resyncDepth") as number | undefined) ?? Number.POSITIVE_INFINITY,
				writable: true,
				configurable: true,
			});
		}

		static get(name: unknown, isPersistent?: unknown, remote?: unknown): SharedObject {
			if (typeof remote === "object" && remote !== null) objects.warnOfRemote(toText(name));
			const state = objects.open(toText(name), Boolean(isPersistent), true);
			const known = objects.scriptObject(state);
			if (known) return known as unknown as SharedObject;
			const scriptObject = new SharedObject();
			if (autoCommitDefault !== undefined) state.autoCommit = autoCommitDefault;
			states.set(scriptObject, state);
			objects.setScriptObject(state, scriptObject as never);
			return scriptObject;
		}

		static commit(name?: unknown): boolean {
			const wanted = objects
				.persistent()
				.filter((state) => (name === undefined ? state.isDirty : state.name === toText(name)));
			return wanted.map((state) => objects.store(state)).every(Boolean);
		}

		get name(): string | undefined {
			return stateOf(this)?.name;
		}

		get version(): number | undefined {
			return stateOf(this)?.version;
		}

		get autoCommit(): boolean {
			return stateOf(this)?.autoCommit ?? (isPrototype(this) ? (autoCommitDefault ?? true) : false);
		}

		set autoCommit(value: unknown) {
			const state = stateOf(this);
			if (state) state.autoCommit = Boolean(value);
			else if (isPrototype(this)) autoCommitDefault = Boolean(value);
		}

		get isDirty(): boolean {
			return stateOf(this)?.isDirty ?? false;
		}

		getProperty(name: unknown): unknown {
			return stateOf(this)?.value(toText(name));
		}

		getPropertyNames(): string[] {
			return stateOf(this)?.names() ?? [];
		}

		setProperty(name: unknown, value?: unknown): void {
			const state = stateOf(this);
			if (!state) return;
			if (value === null || value === undefined) state.remove(toText(name));
			else state.set(toText(name), value);
			objects.changed(state);
		}

		size(): number {
			return stateOf(this)?.size ?? 0;
		}

		send(handler: unknown, ...args: unknown[]): boolean {
			const state = stateOf(this);
			state?.broadcast(toText(handler), args);
			return state !== undefined;
		}

		mark(handler: unknown, ...args: unknown[]): boolean {
			return this.send(handler, ...args);
		}

		lock(): void {
			stateOf(this)?.lock();
		}

		unlock(): void {
			stateOf(this)?.unlock();
		}

		flush(): boolean {
			const state = stateOf(this);
			if (!state?.isPersistent) return false;
			const isStored = objects.store(state);
			const { onStatus } = this as { onStatus?: unknown };
			if (!isStored && typeof onStatus === "function") {
				const description = `The shared object "${state.name}" could not be stored.`;
				onStatus.call(this, { level: "error", code: "SharedObject.Flush.Failed", description });
			}
			return isStored;
		}

		clear(): boolean {
			const state = stateOf(this);
			state?.clear();
			if (state) objects.changed(state);
			return state !== undefined;
		}

		// Clients receive the whole object when they connect, so no list of deleted properties exists that this could shorten.
		purge(): void {}

		close(): void {
			const state = stateOf(this);
			if (!state) return;
			states.delete(this);
			while (state.isLocked) state.unlock();
			objects.closeScriptObject(state);
		}
	}
	return SharedObject as unknown as SharedObjectClass;
}

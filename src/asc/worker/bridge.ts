// The bridge between an application's context and its host, on the host's side: the interfaces of the parts of the host.
// `runtime/bridge.ts` states the rules; the first is that only primitives cross.

import type { ScriptFolder } from "../folder.ts";
import type { FromWorker, LogLevel, WorkerSettings } from "../messages.ts";

/** What crosses the bridge. */
export type Primitive = string | number | boolean | undefined;

/** A function that the runtime finds by name. The runtime throws a copy of each error that it throws, with its `code`. */
// biome-ignore lint/suspicious/noExplicitAny: each function declares its own primitive parameters; no single type fits all.
// biome-ignore lint/suspicious/noConfusingVoidType: most return nothing.
export type HostFunction = (...args: any[]) => Primitive | void;

/** What a part of the host may use. */
export interface HostContext {
	/**
	 * Calls the function that the runtime registered under `callback`, supervised by the watchdog; never throws.
	 * @param what the name of the call in the error if it is stopped: `the XMLSocket's onData`.
	 */
	call(callback: number, what: string, a?: Primitive, b?: Primitive, c?: Primitive, d?: Primitive): Primitive;
	/** Compiles and runs a script in the context. @throws a syntax error, or what the script throws */
	run(text: string, file: string): void;
	/** The script files that the application may load. */
	readonly folder: ScriptFolder;
	readonly settings: WorkerSettings;
	/** A line for the daemon's log. */
	log(level: LogLevel, words: string, code?: string): void;
	/** Sends a message to the daemon's thread at the end of the turn. */
	post(message: FromWorker): void;
	/** Sends a message immediately, so that it arrives even if the turn never ends. False if too many wait; then it is dropped. */
	postNow(message: FromWorker): boolean;
}

/** One part of the host; `worker/parts.ts` lists all of them. It has functions with names such as `socket.open`. */
export interface HostPart {
	readonly functions: Readonly<Record<string, HostFunction>>;
	/** Closes sockets, requests and timers when the application stops. */
	close?(): void | Promise<void>;
}

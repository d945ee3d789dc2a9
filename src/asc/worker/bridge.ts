// The bridge between an application's context and its host, on the host's side: what the parts of the host are made of. The
// rules are in `runtime/bridge.ts`; the first of them is that only primitives cross.

import type { ScriptFolder } from "../folder.ts";
import type { FromWorker, LogLevel, WorkerSettings } from "../messages.ts";

/** What crosses the bridge. */
export type Primitive = string | number | boolean | undefined;

/** A function that the runtime may ask for by name. What it throws is made again inside the context, with its `code`. */
// biome-ignore lint/suspicious/noExplicitAny: each function names the primitives that it takes; no one type holds them all.
// biome-ignore lint/suspicious/noConfusingVoidType: most give nothing.
export type HostFunction = (...args: any[]) => Primitive | void;

/** What a part of the host may use. */
export interface HostContext {
	/**
	 * Calls what the runtime registered under `callback`, under the watchdog's eye; never throws.
	 * @param what names the call, should it have to be stopped: `the XMLSocket's onData`.
	 */
	call(callback: number, what: string, a?: Primitive, b?: Primitive, c?: Primitive, d?: Primitive): Primitive;
	/** Compiles and runs a script's text in the context. @throws what its parser or the script throws */
	run(text: string, file: string): void;
	/** Which files the application may read. */
	readonly folder: ScriptFolder;
	readonly settings: WorkerSettings;
	/** A line for the daemon's log. */
	log(level: LogLevel, words: string, code?: string): void;
	/** Sends a message to the daemon's thread when the turn ends. */
	post(message: FromWorker): void;
	/** Sends it at once, so that it arrives even if the turn never ends; false where too many wait, and it is dropped. */
	postNow(message: FromWorker): boolean;
}

/** One part of the host, all of which are listed in `worker/parts.ts`: its functions by their names (`socket.open`), and how it is put away when the application stops. */
export interface HostPart {
	readonly functions: Readonly<Record<string, HostFunction>>;
	/** Ends what is open: sockets, requests, timers. */
	close?(): void | Promise<void>;
}

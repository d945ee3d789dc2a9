// The JavaScript context of an application: a vanilla context in which the runtime is evaluated. Every call into it goes through one method
// that informs the watchdog. It is not a security boundary, because node:vm is not one.

import { readFileSync } from "node:fs";
import vm from "node:vm";
import { Watch } from "../messages.ts";
import type { HostFunction, Primitive } from "./bridge.ts";

const RUNTIME_FILE = "xmlsocket:runtime";

/** What `runtime/index.ts` exports. */
interface Runtime {
	readonly dispatch: (number: number, a: Primitive, b: Primitive, c: Primitive, d: Primitive) => Primitive;
	readonly callbacks: Readonly<Record<"start" | "stop" | "open" | "document" | "closed" | "reportKept", number>>;
	readonly keepError: (error: unknown) => void;
	readonly allowSecureFunctions: (isAllowed: boolean) => void;
}

/** The events of a realm. */
export interface RealmEvents {
	/** A turn in which scripts run starts; called before the first call. */
	turn(): void;
	/** Calls with this number have the name `words`. */
	named(number: number, words: string): void;
}

/** A context with the runtime in it. */
export class Realm {
	readonly #context: vm.Context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
		codeGeneration: { strings: true, wasm: false },
	});
	readonly #watch: Int32Array;
	readonly #events: RealmEvents;
	readonly #names = new Map<string, number>();
	#runtime: Runtime | undefined;

	constructor(watch: Int32Array, events: RealmEvents) {
		this.#watch = watch;
		this.#events = events;
	}

	/** Evaluates the runtime with the host's functions. */
	open(functions: Readonly<Record<string, HostFunction>>): void {
		const bundle = readFileSync(new URL("../runtime.js", import.meta.url), "utf8");
		// A parameter instead of a global: scripts do not see the host's functions.
		const text = `(function (hostFunctions) { "use strict"; ${bundle}\nreturn runtime; })`;
		const make = new vm.Script(text, { filename: RUNTIME_FILE }).runInContext(this.#context) as (
			functions: Readonly<Record<string, HostFunction>>,
		) => Runtime;
		this.#runtime = make(functions);
	}

	/** The numbers of the callbacks that the host calls. */
	get callbacks(): Runtime["callbacks"] {
		return this.#opened.callbacks;
	}

	/** Calls the runtime; see `HostContext.call`. */
	call(number: number, what: string, a?: Primitive, b?: Primitive, c?: Primitive, d?: Primitive): Primitive {
		this.#enter(what);
		return this.#opened.dispatch(number, a, b, c, d);
	}

	/** Compiles and runs a script. @throws what its parser or the script throws */
	run(text: string, file: string): void {
		this.#enter(file);
		new vm.Script(text, { filename: file }).runInContext(this.#context);
	}

	/** Runs `secure.asc`, which alone may call `getGlobal`, `protectObject` and `setAttributes`. @throws as `run` does */
	secure(run: () => void): void {
		this.#opened.allowSecureFunctions(true);
		run();
		this.#opened.allowSecureFunctions(false);
	}

	/** Reports an unhandled rejection. */
	rejected(error: unknown): void {
		this.#opened.keepError(error);
		this.call(this.callbacks.reportKept, "a rejected promise");
	}

	get #opened(): Runtime {
		if (!this.#runtime) throw new Error("The realm is not open.");
		return this.#runtime;
	}

	#enter(what: string): void {
		this.#events.turn();
		let number = this.#names.get(what);
		if (number === undefined) {
			number = this.#names.size;
			this.#names.set(what, number);
			this.#events.named(number, what);
		}
		const watch = this.#watch;
		watch[Watch.callName] = number;
		watch[Watch.calls] = (watch[Watch.calls] as number) + 1;
	}
}

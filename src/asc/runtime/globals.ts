// The global functions of Server-Side ActionScript: `trace`, `load`, `setInterval`, `clearInterval`. JavaScript itself has `escape` and
// `unescape`. Implements docs/guide/asc.md, "What a script sees".

import { callback, hostFunction } from "./bridge.ts";
import { callerPosition } from "./positions.ts";

interface Timer {
	readonly run: unknown;
	/** The method's name, if `run` is an object. */
	readonly method: string | undefined;
	readonly values: readonly unknown[];
}

const MAX_TIMERS = 1000;
const timers = new Map<number, Timer>();
const writeTrace = hostFunction("trace");
const loadScript = hostFunction("load");
const startTimer = hostFunction("timer.start");
const stopTimer = hostFunction("timer.stop");
let lastTimer = 0;

const tick = callback((id) => {
	const timer = timers.get(id as number);
	if (timer === undefined) return;
	// Called without an object, so that its `this` is the global object.
	const { run } = timer;
	if (typeof run === "function") (run as (...values: unknown[]) => unknown)(...timer.values);
	else if (timer.method !== undefined)
		(timer.run as Record<string, (...values: unknown[]) => unknown>)[timer.method]?.(...timer.values);
});

/** The functions, by their names. */
export const globals: Readonly<Record<string, (...values: never[]) => unknown>> = {
	/** Writes a line to the daemon's standard output. */
	trace(value?: unknown): void {
		const { file, line } = callerPosition();
		writeTrace(textOf(value), file, line);
	},
	/** Runs another script, synchronously. It is looked for in the folder of the script that calls this first. */
	load(file: unknown): void {
		loadScript(String(file), callerPosition().file);
	},
	/** `setInterval(function, ms, …)` or `setInterval(object, "method", ms, …)`. */
	setInterval(run: unknown, ...rest: unknown[]): number | undefined {
		const method = typeof run === "function" ? undefined : String(rest.shift());
		if (typeof run !== "function" && (typeof run !== "object" || run === null)) return undefined;
		if (timers.size >= MAX_TIMERS)
			throw new RangeError(`${MAX_TIMERS} intervals are running, which is the limit; end some with clearInterval.`);
		const id = ++lastTimer;
		startTimer(tick, id, Number(rest.shift()));
		timers.set(id, { run, method, values: rest });
		return id;
	},
	clearInterval(id: unknown): void {
		if (timers.delete(Number(id))) stopTimer(Number(id));
	},
};

function textOf(value: unknown): string {
	try {
		return String(value);
	} catch {
		return "[type Object]";
	}
}

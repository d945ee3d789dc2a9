// The bridge between an application's context and its host, on the context's side. All traffic crosses here.
//
// The rules, which keep every object that a script can see born in its own context:
// - only primitives cross (strings, numbers, Booleans, undefined), both ways; lists and records go as JSON text;
// - a host function is asked for once by name, with `hostFunction`, and its wrapper is never given to a script;
// - what the host calls is registered once, with `callback`, and called by its number;
// - what a host function throws is made again here, because the host's own Error would lead a script out of its context;
// - what a callback throws is the script's: it is reported with its position, and the host sees undefined.
// The other side of this bridge is `worker/bridge.ts`. docs/guide/asc.md says what this protects from, and what not.

/** What crosses the bridge. */
export type Primitive = string | number | boolean | undefined;

/** A function of the host. Of its arguments, at most six cross. */
export type HostFunction = (
	a?: Primitive,
	b?: Primitive,
	c?: Primitive,
	d?: Primitive,
	e?: Primitive,
	f?: Primitive,
) => Primitive;

/** What the host calls by number. */
// biome-ignore lint/suspicious/noConfusingVoidType: most give nothing.
export type Callback = (a: Primitive, b: Primitive, c: Primitive, d: Primitive) => Primitive | void;

type Report = (error: unknown) => void;

// The host's functions: the parameter of the function that the bundle is wrapped in (`worker/realm.ts`), no global.
declare const hostFunctions: Readonly<Record<string, HostFunction>>;

let report: Report = () => {};
const callbacks: Callback[] = [];

/** Names who is told what a script's own code throws. */
export function reportErrorsTo(reporter: Report): void {
	report = reporter;
}

/**
 * The host's function of that name, or one that says it is missing.
 *
 * @example
 * ```ts
 * const openSocket = hostFunction("socket.open");
 * const id = openSocket("localhost", 9000) as number;
 * ```
 */
export function hostFunction(name: string): HostFunction {
	const raw = hostFunctions[name];
	if (raw === undefined) throw new Error(`The host has no function "${name}".`);
	return (a, b, c, d, e, f) => {
		try {
			return raw(a, b, c, d, e, f);
		} catch (error) {
			throw ownError(error);
		}
	};
}

/**
 * Registers what the host calls, and gives its number. Register once for each kind of event, with an id among the arguments,
 * not once for each object: a number is never released.
 *
 * @example
 * ```ts
 * const opened = callback((id, success) => void sockets.get(id as number)?.onConnect(success as boolean));
 * ```
 */
export function callback(run: Callback): number {
	return callbacks.push(run) - 1;
}

/** Runs what is registered under `number`; never throws. The host's one way in. */
export function dispatch(number: number, a: Primitive, b: Primitive, c: Primitive, d: Primitive): Primitive {
	try {
		return (callbacks[number] as Callback)(a, b, c, d) as Primitive;
	} catch (error) {
		report(error);
		return undefined;
	}
}

/** Runs a script's function; what it throws is reported, and undefined comes back. */
export function guarded<Result>(run: () => Result): Result | undefined {
	try {
		return run();
	} catch (error) {
		report(error);
		return undefined;
	}
}

/** What was thrown, made again where it was born in the host. A script's own, which only passed through the host, stays what it is. */
export function ownError(error: unknown): unknown {
	return isBornHere(error) ? error : madeHere(error);
}

// Taken before any script runs: `instanceof` would ask `Error[Symbol.hasInstance]`, and hand the host's error to a script's own.
const { getPrototypeOf } = Object;
const { prototype: root } = Object;
/** None of the host's errors has so many; a script's Proxy may have any number. */
const MAX_PROTOTYPES = 100;

function isBornHere(error: unknown): boolean {
	if ((typeof error !== "object" && typeof error !== "function") || error === null) return true;
	let last: object = error;
	try {
		for (let next: object | null = last, steps = 0; next !== null; next = getPrototypeOf(next) as object | null) {
			if (++steps > MAX_PROTOTYPES) return true;
			last = next;
		}
	} catch {
		// Only a script's Proxy has a trap that throws.
		return true;
	}
	return last === root;
}

// The host's error is looked at here and nowhere else; of it only texts and numbers come through.
function madeHere(error: unknown): Error {
	const { name, message, code } = error as { name?: unknown; message?: unknown; code?: unknown };
	const kind = typeof name === "string" ? name : "Error";
	const words = typeof message === "string" ? message : "The host failed.";
	const made =
		kind === "SyntaxError"
			? new SyntaxError(words)
			: kind === "RangeError"
				? new RangeError(words)
				: kind === "TypeError"
					? new TypeError(words)
					: new Error(words);
	if (typeof code === "string") (made as Error & { code?: string }).code = code;
	return made;
}

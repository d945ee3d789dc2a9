// The bridge between an application's context and its host, on the context's side. All calls in both directions use it.
//
// These rules ensure that every object that a script can see was created in the script's own context:
// - only primitives cross (strings, numbers, Booleans, undefined), in both directions; lists and records cross as JSON text;
// - `hostFunction` looks a host function up once, by name, and a script never gets its wrapper;
// - `callback` registers once what the host calls, and the host calls it by its number;
// - an error of a host function is copied here, because the host's own Error would lead a script out of its context;
// - an error of a callback is the script's: it is reported with its position, and the host gets undefined.
// `worker/bridge.ts` is the other side. docs/guide/asc.md explains what this protects from, and what it does not.

/** What crosses the bridge. */
export type Primitive = string | number | boolean | undefined;

/** A function of the host. At most six arguments cross. */
export type HostFunction = (
	a?: Primitive,
	b?: Primitive,
	c?: Primitive,
	d?: Primitive,
	e?: Primitive,
	f?: Primitive,
) => Primitive;

/** What the host calls by number. */
// biome-ignore lint/suspicious/noConfusingVoidType: most return nothing.
export type Callback = (a: Primitive, b: Primitive, c: Primitive, d: Primitive) => Primitive | void;

type Report = (error: unknown) => void;

// The host's functions: a parameter of the function that wraps the bundle (`worker/realm.ts`), not a global.
declare const hostFunctions: Readonly<Record<string, HostFunction>>;

let report: Report = () => {};
const callbacks: Callback[] = [];

/** Sets the function that receives the exceptions of scripts. */
export function reportErrorsTo(reporter: Report): void {
	report = reporter;
}

/**
 * Returns a wrapper of the host function with that name. @throws Error if there is none
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
 * Registers a function that the host calls, and returns its number. Register once for each kind of event, with an id among the arguments,
 * not once for each object: a registration is never removed.
 *
 * @example
 * ```ts
 * const opened = callback((id, success) => void sockets.get(id as number)?.onConnect(success as boolean));
 * ```
 */
export function callback(run: Callback): number {
	return callbacks.push(run) - 1;
}

/** Calls the function registered under `number`; never throws. The host calls only this function. */
export function dispatch(number: number, a: Primitive, b: Primitive, c: Primitive, d: Primitive): Primitive {
	try {
		return (callbacks[number] as Callback)(a, b, c, d) as Primitive;
	} catch (error) {
		report(error);
		return undefined;
	}
}

/** Runs a script's function. If it throws, reports the exception and returns undefined. */
export function guarded<Result>(run: () => Result): Result | undefined {
	try {
		return run();
	} catch (error) {
		report(error);
		return undefined;
	}
}

/** Copies an error that the host created. Returns an error of the script itself, which only passed through the host, unchanged. */
export function ownError(error: unknown): unknown {
	return isOfThisContext(error) ? error : copyOf(error);
}

// Read before any script runs. `instanceof` would call `Error[Symbol.hasInstance]`, which a script can replace, with the host's error.
const { getPrototypeOf } = Object;
const { prototype: root } = Object;
/** No error of the host has this many prototypes; a Proxy of a script can have any number. */
const MAX_PROTOTYPES = 100;

function isOfThisContext(error: unknown): boolean {
	if ((typeof error !== "object" && typeof error !== "function") || error === null) return true;
	let last: object = error;
	try {
		for (let next: object | null = last, steps = 0; next !== null; next = getPrototypeOf(next) as object | null) {
			if (++steps > MAX_PROTOTYPES) return true;
			last = next;
		}
	} catch {
		// Only the trap of a script's Proxy throws here.
		return true;
	}
	return last === root;
}

// Only this function reads the host's error, and it copies only strings.
function copyOf(error: unknown): Error {
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

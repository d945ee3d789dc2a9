// The global functions that only `secure.asc` may call, which runs before the entry script: `getGlobal`, `protectObject` and
// `setAttributes`. They keep an application's scripts from mistakes; they are not a security boundary.
// Implements docs/guide/asc.md, "The folder".

type Method = (...values: unknown[]) => unknown;

const NAMES = ["getGlobal", "protectObject", "setAttributes"] as const;
let isOpen = false;

/** Allows the functions while `secure.asc` runs. */
export function allowSecureFunctions(isAllowed: boolean): void {
	isOpen = isAllowed;
}

/** The functions, by their names. */
export const secureFunctions: Readonly<Record<(typeof NAMES)[number], Method>> = {
	/** The global object. */
	getGlobal(): unknown {
		check("getGlobal", "a script has the global object as `this`, outside of functions");
		return globalThis;
	},
	/** An object with the methods of `object`, which run on the original, and none of its data. */
	protectObject(object: unknown): unknown {
		check("protectObject", "keep the object in a variable of a function, and hand out functions that use it");
		return typeof object === "object" && object !== null ? wrapped(object) : object;
	},
	/** Sets whether a property can be listed, written and deleted. */
	setAttributes(
		object: unknown,
		name: unknown,
		isEnumerable: unknown,
		isReadonly: unknown,
		isPermanent: unknown,
	): void {
		check("setAttributes", "use Object.defineProperty");
		if ((typeof object !== "object" && typeof object !== "function") || object === null) return;
		Reflect.defineProperty(object, String(name), {
			enumerable: Boolean(isEnumerable),
			writable: !isReadonly,
			configurable: !isPermanent,
			...(Object.hasOwn(object, String(name)) ? {} : { value: Reflect.get(object, String(name)) }),
		});
	},
};

function check(name: string, instead: string): void {
	if (isOpen) return;
	const error = new Error(`${name}() works only in secure.asc, which runs before the entry script; here, ${instead}.`);
	(error as Error & { code?: string }).code = "XMLSOCKET_SCRIPT_UNSUPPORTED";
	throw error;
}

function wrapped(object: object): object {
	const methods = new Map<unknown, Method>();
	return new Proxy(Object.create(null) as object, {
		get(_target, name) {
			const value: unknown = Reflect.get(object, name);
			if (typeof value !== "function") return undefined;
			let method = methods.get(value);
			if (method === undefined) {
				method = (...values) => Reflect.apply(value as Method, object, values);
				methods.set(value, method);
			}
			return method;
		},
		set: () => true,
		defineProperty: () => false,
		deleteProperty: () => true,
		has: () => false,
		ownKeys: () => [],
	});
}

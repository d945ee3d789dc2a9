// Adds what the JavaScript 1.5 of Flash Media Server had and today's JavaScript lacks: `addProperty`, `toSource`, `uneval`, and array and string
// methods as statics. Nothing is enumerable, so that `for (i in object)` in a script lists only the script's own names.

const ARRAY_STATICS =
	"concat join pop push reverse shift slice sort splice unshift indexOf lastIndexOf forEach map filter every some".split(
		" ",
	);
const STRING_STATICS =
	"charAt charCodeAt concat indexOf lastIndexOf match replace search slice split substr substring toLowerCase toUpperCase".split(
		" ",
	);

type Method = (...values: unknown[]) => unknown;

/** Adds them to the context's classes. */
export function addExtras(): void {
	hide(
		Object.prototype,
		"addProperty",
		function addProperty(this: object, name: unknown, get: unknown, set: unknown): boolean {
			if (typeof get !== "function" || String(name) === "") return false;
			const setter = typeof set === "function" ? { set: set as (value: unknown) => void } : {};
			return Reflect.defineProperty(this, String(name), {
				get: get as () => unknown,
				...setter,
				enumerable: true,
				configurable: true,
			});
		},
	);
	hide(Object.prototype, "toSource", function toSource(this: unknown): string {
		return sourceOf(this, 0);
	});
	hide(globalThis, "uneval", (value: unknown): string => sourceOf(value, 0));
	statics(Array, Array.prototype, ARRAY_STATICS);
	statics(String, String.prototype, STRING_STATICS);
}

function statics(target: object, prototype: object, names: readonly string[]): void {
	for (const name of names) {
		const method = Reflect.get(prototype, name) as Method;
		hide(target, name, (self: unknown, ...values: unknown[]): unknown =>
			method.apply(target === String ? String(self) : self, values),
		);
	}
}

function hide(target: object, name: string, value: unknown): void {
	Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}

const MAX_DEPTH = 8;

function sourceOf(value: unknown, depth: number): string {
	if (typeof value === "string" || value instanceof String) return JSON.stringify(value);
	if (typeof value === "function") return String(value);
	if (value instanceof Date) return `(new Date(${value.getTime()}))`;
	if (typeof value !== "object" || value === null || value instanceof Number || value instanceof Boolean)
		return String(value);
	if (depth > MAX_DEPTH) return "{}";
	const inner = (entry: unknown): string => sourceOf(entry, depth + 1);
	if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
	const entries = Object.keys(value).map((key) => {
		const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
		return `${name}:${inner(Reflect.get(value, key))}`;
	});
	const text = `{${entries.join(", ")}}`;
	return depth === 0 ? `(${text})` : text;
}

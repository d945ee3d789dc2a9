// The attributes of a node: an ordered bag of names and values, and the object through which scripts read and write it.
// Names are never property names of a JavaScript object, so `__proto__`, `constructor` and `5` are names like all others.
// Implements docs/xml.md, "Serializer" (order) and "Tree operations" (attributes).

import { type AttributeEntries, findAttribute, readAttributes } from "./attribute-scan.ts";
import { attributesOf, copyOf, endOf, setAttributes, startOf, type TreeNode } from "./tree-node.ts";

// Up to this many entries a walk along an array is faster than a Map, and much smaller.
const FEW = 12;

const NO_NAMES: readonly string[] = [];
const NO_VALUES: unknown[] = [];
/** The entries of a node without attributes. */
export const NO_ENTRIES: Readonly<AttributeEntries> = { names: NO_NAMES, values: NO_VALUES };

/**
 * Names and values, the newest first: the order in which they print and enumerate. Parsed attributes count as inserted from
 * the last to the first, so that they keep the order of the source.
 */
export class AttributeBag implements AttributeEntries {
	// The lists are replaced where an entry comes or goes: the names are shared with other bags.
	names: readonly string[];
	values: unknown[];
	/** The object that scripts see, made on first use. */
	proxy: object | null = null;
	// More than FEW entries go into a Map when someone looks for one, from the oldest to the newest. The lists are empty then.
	#map: Map<string, unknown> | null = null;
	// Undefined while the lists are still those of the parser.
	#parsedNamespace: string | null | undefined = null;

	/** Takes over names, of which none is repeated, and their values, the newest first. */
	constructor(names: readonly string[] = NO_NAMES, values: unknown[] = NO_VALUES) {
		this.names = names;
		this.values = values;
	}

	/** The attributes of a range of a source. */
	static read(source: string, start: number, end: number): AttributeBag {
		const bag = new AttributeBag();
		readAttributes(source, start, end, bag);
		bag.#parsedNamespace = undefined;
		return bag;
	}

	/** The default namespace that a parser found here; later changes of the attributes do not touch it. */
	get parsedNamespace(): string | null {
		if (this.#parsedNamespace === undefined) {
			const at = this.names.findIndex(isDefaultNamespace);
			this.#parsedNamespace = at === -1 ? null : (this.values[at] as string);
		}
		return this.#parsedNamespace;
	}

	has(name: string): boolean {
		const map = this.#mapOfMany();
		return map === null ? this.#indexOf(name) !== -1 : map.has(name);
	}

	get(name: string): unknown {
		const map = this.#mapOfMany();
		if (map !== null) return map.get(name);
		const at = this.#indexOf(name);
		return at === -1 ? undefined : this.values[at];
	}

	/** A name that is already there keeps its place. */
	set(name: string, value: unknown): void {
		this.#settle();
		const map = this.#mapOfMany();
		if (map !== null) {
			map.set(name, value);
			return;
		}
		const at = this.#indexOf(name);
		if (at !== -1) {
			this.values[at] = value;
			return;
		}
		this.names = [name, ...this.names];
		this.values = [value, ...this.values];
	}

	delete(name: string): void {
		this.#settle();
		const map = this.#mapOfMany();
		if (map !== null) {
			map.delete(name);
			return;
		}
		const at = this.#indexOf(name);
		if (at === -1) return;
		this.names = this.names.filter((_, index) => index !== at);
		this.values = this.values.filter((_, index) => index !== at);
	}

	/** The entries, the newest first; only to look at. */
	entries(): Readonly<AttributeEntries> {
		if (this.#map === null) return this;
		return { names: [...this.#map.keys()].reverse(), values: [...this.#map.values()].reverse() };
	}

	/** An independent bag with the same entries and the same parsed namespace. */
	copy(): AttributeBag {
		const copy = new AttributeBag(this.names, this.values.slice());
		if (this.#map !== null) copy.#map = new Map(this.#map);
		copy.#parsedNamespace = this.#parsedNamespace;
		return copy;
	}

	// Before a change: the namespace that the parser found is that of the entries as they are now.
	#settle(): void {
		if (this.#parsedNamespace === undefined) void this.parsedNamespace;
	}

	#indexOf(name: string): number {
		const { names } = this;
		for (let at = 0; at < names.length; at++) if (names[at] === name) return at;
		return -1;
	}

	#mapOfMany(): Map<string, unknown> | null {
		if (this.names.length <= FEW) return this.#map;
		this.#settle();
		const map = new Map<string, unknown>();
		for (let at = this.names.length - 1; at >= 0; at--) map.set(this.names[at] as string, this.values[at]);
		this.#map = map;
		this.names = NO_NAMES;
		this.values = NO_VALUES;
		return map;
	}

	static {
		// Node prints a Proxy by its target; `console.log(node.attributes)` should show names and values.
		Object.defineProperty(AttributeBag.prototype, Symbol.for("nodejs.util.inspect.custom"), {
			value(this: object): object {
				return Object.fromEntries(Object.entries(this));
			},
		});
	}
}

/** The bag of `node`, read from the source on first use. */
export function bagOf(node: TreeNode): AttributeBag {
	const kept = attributesOf(node);
	if (kept !== null && typeof kept !== "string") return kept;
	const bag = kept === null ? new AttributeBag() : AttributeBag.read(kept, startOf(node), endOf(node));
	setAttributes(node, bag);
	return bag;
}

/**
 * The names and values of `node` in the order of printing; only to look at. Attributes that nobody has read are taken from
 * the source and not kept.
 */
export function attributeEntries(node: TreeNode): Readonly<AttributeEntries> {
	const kept = attributesOf(node);
	if (kept === null) return NO_ENTRIES;
	return typeof kept === "string" ? AttributeBag.read(kept, startOf(node), endOf(node)) : kept.entries();
}

/** The value of one attribute of `node`, or undefined. Attributes that nobody has read stay unread. */
export function attributeOf(node: TreeNode, name: string): unknown {
	const kept = attributesOf(node);
	if (kept === null) return undefined;
	return typeof kept === "string" ? findAttribute(kept, startOf(node), endOf(node), name) : kept.get(name);
}

/** The object that scripts see as `node.attributes`; always the same one for a node. */
export function attributesFace(node: TreeNode): object {
	const bag = bagOf(node);
	bag.proxy ??= new Proxy(bag, traps);
	return bag.proxy;
}

/** A copy of `node` without relatives, with attributes of its own. */
export function detachedCopy(node: TreeNode): TreeNode {
	const copy = copyOf(node);
	const attributes = attributesOf(copy);
	if (attributes !== null && typeof attributes !== "string") setAttributes(copy, attributes.copy());
	return copy;
}

/** Whether a name declares a default namespace: it starts with `xmlns` and is not `xmlns:` with something behind. */
export function isDefaultNamespace(name: string): boolean {
	return name.charCodeAt(0) === 120 && name.startsWith("xmlns") && !(name.length > 6 && name.charCodeAt(5) === 58);
}

// One handler for all bags. The bag is the Proxy's target and never visible: it has no own properties of fixed shape, so
// that the language lets every trap answer freely.
const traps: ProxyHandler<AttributeBag> = {
	get: (bag, name) => (typeof name === "string" ? bag.get(name) : undefined),
	set: (bag, name, value) => {
		if (typeof name === "string") bag.set(name, value);
		return true;
	},
	has: (bag, name) => typeof name === "string" && bag.has(name),
	deleteProperty: (bag, name) => {
		if (typeof name === "string") bag.delete(name);
		return true;
	},
	ownKeys: (bag) => bag.entries().names,
	getOwnPropertyDescriptor: (bag, name) =>
		typeof name === "string" && bag.has(name)
			? { value: bag.get(name), writable: true, enumerable: true, configurable: true }
			: undefined,
	defineProperty: (bag, name, property) => {
		if (typeof name === "string" && ("value" in property || !bag.has(name))) bag.set(name, property.value);
		return true;
	},
	getPrototypeOf: () => null,
	setPrototypeOf: () => false,
	preventExtensions: () => false,
};

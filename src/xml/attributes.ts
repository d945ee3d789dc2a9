// The attributes of a node: an ordered bag of names and values, and the object through which scripts read and write it.
// Names are never property names of a JavaScript object, so `__proto__`, `constructor` and `5` are names like all others.
// Implements docs/xml.md, "Serializer" (order) and "Tree operations" (attributes).

import { findAttribute, readAttributes } from "./attribute-scan.ts";
import { attributesOf, copyOf, endOf, setAttributes, startOf, type TreeNode } from "./tree-node.ts";

// Up to this many entries a walk along an array is faster than a Map, and much smaller.
const FEW = 12;

/**
 * Names and values, the newest first: the order in which they print and enumerate. Parsed attributes count as inserted from
 * the last to the first, so that they keep the order of the source.
 */
export class AttributeBag {
	/** The default namespace that a parser found here; later changes of the attributes do not touch it. */
	parsedNamespace: string | null = null;
	/** The object that scripts see, made on first use. */
	proxy: object | null = null;
	// Names and values in turn, the newest first.
	#list: unknown[];
	// More than FEW entries are in a Map instead, from the oldest to the newest.
	#map: Map<string, unknown> | null = null;

	/** Takes over a list of names and values in turn, the newest first, without a repeated name. */
	constructor(list: unknown[] = []) {
		this.#list = list;
		if (list.length > FEW * 2) this.#spread();
	}

	/** The attributes of a range of a source. */
	static read(source: string, start: number, end: number): AttributeBag {
		const list = readAttributes(source, start, end);
		const namespace = defaultNamespaceIn(list);
		const bag = new AttributeBag(list);
		bag.parsedNamespace = namespace;
		return bag;
	}

	has(name: string): boolean {
		return this.#map === null ? this.#indexOf(name) !== -1 : this.#map.has(name);
	}

	get(name: string): unknown {
		if (this.#map !== null) return this.#map.get(name);
		const at = this.#indexOf(name);
		return at === -1 ? undefined : this.#list[at + 1];
	}

	/** A name that is already there keeps its place. */
	set(name: string, value: unknown): void {
		if (this.#map !== null) {
			this.#map.set(name, value);
			return;
		}
		const at = this.#indexOf(name);
		if (at !== -1) {
			this.#list[at + 1] = value;
			return;
		}
		this.#list.unshift(name, value);
		if (this.#list.length > FEW * 2) this.#spread();
	}

	delete(name: string): void {
		if (this.#map !== null) {
			this.#map.delete(name);
			return;
		}
		const at = this.#indexOf(name);
		if (at !== -1) this.#list.splice(at, 2);
	}

	/** Names and values in turn, the newest first; only to look at. */
	list(): readonly unknown[] {
		return this.#map === null ? this.#list : [...this.#map].reverse().flat();
	}

	/** The names, newest first. */
	names(): string[] {
		return this.list().filter((_, at) => at % 2 === 0) as string[];
	}

	/** An independent bag with the same entries and the same parsed namespace. */
	copy(): AttributeBag {
		const copy = new AttributeBag(this.#list.slice());
		if (this.#map !== null) copy.#map = new Map(this.#map);
		copy.parsedNamespace = this.parsedNamespace;
		return copy;
	}

	#indexOf(name: string): number {
		const list = this.#list;
		for (let at = 0; at < list.length; at += 2) if (list[at] === name) return at;
		return -1;
	}

	#spread(): void {
		const map = new Map<string, unknown>();
		for (let at = this.#list.length - 2; at >= 0; at -= 2) map.set(this.#list[at] as string, this.#list[at + 1]);
		this.#map = map;
		this.#list = [];
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
 * The names and values of `node` in turn, in the order of printing; only to look at. Attributes that nobody has read are
 * taken from the source and not kept.
 */
export function attributeList(node: TreeNode): readonly unknown[] {
	const kept = attributesOf(node);
	if (kept === null) return [];
	return typeof kept === "string" ? readAttributes(kept, startOf(node), endOf(node)) : kept.list();
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

function defaultNamespaceIn(list: readonly string[]): string | null {
	for (let at = 0; at < list.length; at += 2) {
		if (isDefaultNamespace(list[at] as string)) return list[at + 1] as string;
	}
	return null;
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
	ownKeys: (bag) => bag.names(),
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

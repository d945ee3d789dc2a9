// The attributes of a node: an ordered bag of names and values, and the object through which scripts read and write it.
// Names are never property names of a JavaScript object, so `__proto__`, `constructor` and `5` are names like all others.
// Implements docs/xml.md, "Serializer" (order) and "Tree operations" (attributes).

import { AttributeCursor } from "./attribute-scan.ts";
import { decodeEntities } from "./entities.ts";
import { nameAt } from "./names.ts";
import { attributesOf, copyOf, endOf, setAttributes, startOf, type TreeNode } from "./tree-node.ts";

// Up to this many entries a search along the array is faster than a Map, and much smaller.
const FEW = 12;

/**
 * Names and values in the order of insertion. Printing and enumerating go from the newest to the oldest; the parser
 * inserts from the last attribute to the first, so that those keep the order of the source.
 */
export class AttributeBag {
	/** The default namespace that a parser found here; later changes of the attributes do not touch it. */
	parsedNamespace: string | null = null;
	/** The object that scripts see, made on first use. */
	face: object | null = null;
	#names: string[];
	#values: unknown[];
	// From FEW entries on: the same in a Map, the arrays are empty then.
	#map: Map<string, unknown> | null = null;

	constructor(names: string[] = [], values: unknown[] = []) {
		this.#names = names;
		this.#values = values;
		if (names.length > FEW) this.#spread();
	}

	has(name: string): boolean {
		return this.#map === null ? this.#names.includes(name) : this.#map.has(name);
	}

	get(name: string): unknown {
		if (this.#map !== null) return this.#map.get(name);
		const names = this.#names;
		for (let at = 0; at < names.length; at++) if (names[at] === name) return this.#values[at];
		return undefined;
	}

	/** A name that is already there keeps its place. */
	set(name: string, value: unknown): void {
		if (this.#map !== null) {
			this.#map.set(name, value);
			return;
		}
		const at = this.#names.indexOf(name);
		if (at !== -1) {
			this.#values[at] = value;
			return;
		}
		this.#names.push(name);
		this.#values.push(value);
		if (this.#names.length > FEW) this.#spread();
	}

	delete(name: string): void {
		if (this.#map !== null) {
			this.#map.delete(name);
			return;
		}
		const at = this.#names.indexOf(name);
		if (at === -1) return;
		this.#names.splice(at, 1);
		this.#values.splice(at, 1);
	}

	/** The names, newest first. */
	names(): string[] {
		return (this.#map === null ? this.#names.slice() : [...this.#map.keys()]).reverse();
	}

	/** Calls `visit` for each entry, newest first, until it returns true. */
	some(visit: (name: string, value: unknown) => boolean): boolean {
		if (this.#map !== null) {
			for (const [name, value] of [...this.#map].reverse()) if (visit(name, value)) return true;
			return false;
		}
		for (let at = this.#names.length - 1; at >= 0; at--) {
			if (visit(this.#names[at] as string, this.#values[at])) return true;
		}
		return false;
	}

	/** An independent bag with the same entries and the same parsed namespace. */
	copy(): AttributeBag {
		const copy = new AttributeBag(this.#names.slice(), this.#values.slice());
		if (this.#map !== null) copy.#map = new Map(this.#map);
		copy.parsedNamespace = this.parsedNamespace;
		return copy;
	}

	#spread(): void {
		const map = new Map<string, unknown>();
		for (let at = 0; at < this.#names.length; at++) map.set(this.#names[at] as string, this.#values[at]);
		this.#map = map;
		this.#names = [];
		this.#values = [];
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
	const bag = kept === null ? new AttributeBag() : readAttributes(kept, startOf(node), endOf(node));
	setAttributes(node, bag);
	return bag;
}

/** The object that scripts see as `node.attributes`; always the same one for a node. */
export function attributesFace(node: TreeNode): object {
	const bag = bagOf(node);
	bag.face ??= new Proxy(bag, traps);
	return bag.face;
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
	return name.startsWith("xmlns") && !(name.length > 6 && name.charCodeAt(5) === 58);
}

function readAttributes(source: string, start: number, end: number): AttributeBag {
	const names: string[] = [];
	const values: unknown[] = [];
	let namespace: string | null = null;
	const cursor = new AttributeCursor(source, start, end);
	while (cursor.next()) {
		const name = decodeEntities(nameAt(source, cursor.nameStart, cursor.nameEnd));
		const value = decodeEntities(source.slice(cursor.valueStart, cursor.valueEnd));
		names.push(name);
		values.push(value);
		if (namespace === null && isDefaultNamespace(name)) namespace = value;
	}
	names.reverse();
	values.reverse();
	// Inserted from the last to the first, of a repeated name the first of the source is the one that stays.
	if (hasRepeated(names)) keepFirst(names, values);
	const bag = new AttributeBag(names, values);
	bag.parsedNamespace = namespace;
	return bag;
}

function hasRepeated(names: readonly string[]): boolean {
	if (names.length > FEW) return new Set(names).size !== names.length;
	for (let at = 1; at < names.length; at++) {
		for (let before = 0; before < at; before++) if (names[before] === names[at]) return true;
	}
	return false;
}

function keepFirst(names: string[], values: unknown[]): void {
	const seen = new Set<string>();
	const kept: number[] = [];
	for (let at = names.length - 1; at >= 0; at--) {
		const name = names[at] as string;
		if (seen.has(name)) continue;
		seen.add(name);
		kept.push(at);
	}
	kept.reverse();
	const oldNames = names.splice(0);
	const oldValues = values.splice(0);
	for (const at of kept) {
		names.push(oldNames[at] as string);
		values.push(oldValues[at]);
	}
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
	defineProperty: (bag, name, { value }) => {
		if (typeof name === "string") bag.set(name, value);
		return true;
	},
	getPrototypeOf: () => null,
	setPrototypeOf: () => false,
	preventExtensions: () => false,
};

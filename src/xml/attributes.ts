// The attributes of a node: an ordered bag of names and values, and the object through which scripts read and write it.
// Names are never property names of a JavaScript object, so `__proto__`, `constructor` and `5` are names like all others.
// Implements docs/xml.md, "Serializer" (order) and "Tree operations" (attributes).

import { AttributeReader } from "./attribute-scan.ts";
import { toText } from "./coerce.ts";
import { attributesOf, copyOf, endOf, setAttributes, startOf, type TreeNode } from "./tree-node.ts";

// Up to this many entries a walk along a list is faster than a Map, and much smaller.
const FEW = 12;

class Entry {
	readonly name: string;
	value: unknown;
	/** The entry that was inserted before this one. */
	older: Entry | null;

	constructor(name: string, value: unknown, older: Entry | null) {
		this.name = name;
		this.value = value;
		this.older = older;
	}
}

/**
 * Names and values in the order of insertion; printing and enumerating go from the newest to the oldest. Parsed attributes
 * count as inserted from the last to the first, so that they keep the order of the source.
 */
export class AttributeBag {
	/** The default namespace that a parser found here; later changes of the attributes do not touch it. */
	parsedNamespace: string | null = null;
	/** The object that scripts see, made on first use. */
	face: object | null = null;
	#newest: Entry | null = null;
	// More than FEW entries are in a Map instead, from the oldest to the newest.
	#map: Map<string, unknown> | null = null;

	/** Reads the attributes of a range that `scanAttributes` has passed. Of a repeated name the first counts. */
	static read(source: string, start: number, end: number): AttributeBag {
		const bag = new AttributeBag();
		const reader = new AttributeReader(source, start, end);
		let last: Entry | null = null;
		let count = 0;
		let kinds = 0;
		while (reader.next()) {
			const name = reader.name;
			const kind = kindOf(name);
			if ((kinds & kind) !== 0 && count <= FEW && bag.has(name)) continue;
			kinds |= kind;
			count++;
			const entry = new Entry(name, reader.value, null);
			if (last === null) bag.#newest = entry;
			else last.older = entry;
			last = entry;
			if (bag.parsedNamespace === null && isDefaultNamespace(name)) {
				bag.parsedNamespace = entry.value as string;
			}
		}
		if (count > FEW) bag.#spread();
		return bag;
	}

	has(name: string): boolean {
		return this.#map === null ? this.#find(name) !== null : this.#map.has(name);
	}

	get(name: string): unknown {
		return this.#map === null ? this.#find(name)?.value : this.#map.get(name);
	}

	/** A name that is already there keeps its place. */
	set(name: string, value: unknown): void {
		if (this.#map !== null) {
			this.#map.set(name, value);
			return;
		}
		let count = 1;
		for (let entry = this.#newest; entry !== null; entry = entry.older) {
			if (entry.name === name) {
				entry.value = value;
				return;
			}
			count++;
		}
		this.#newest = new Entry(name, value, this.#newest);
		if (count > FEW) this.#spread();
	}

	delete(name: string): void {
		if (this.#map !== null) {
			this.#map.delete(name);
			return;
		}
		let newer: Entry | null = null;
		for (let entry = this.#newest; entry !== null; entry = entry.older) {
			if (entry.name === name) {
				if (newer === null) this.#newest = entry.older;
				else newer.older = entry.older;
				return;
			}
			newer = entry;
		}
	}

	/** The names and values, newest first. */
	pairs(): [name: string, value: unknown][] {
		if (this.#map !== null) return [...this.#map].reverse();
		const pairs: [string, unknown][] = [];
		for (let entry = this.#newest; entry !== null; entry = entry.older) pairs.push([entry.name, entry.value]);
		return pairs;
	}

	/** The names, newest first. */
	names(): string[] {
		return this.pairs().map(([name]) => name);
	}

	/** An independent bag with the same entries and the same parsed namespace. */
	copy(): AttributeBag {
		const copy = new AttributeBag();
		copy.parsedNamespace = this.parsedNamespace;
		if (this.#map !== null) copy.#map = new Map(this.#map);
		let last: Entry | null = null;
		for (let entry = this.#newest; entry !== null; entry = entry.older) {
			const made: Entry = new Entry(entry.name, entry.value, null);
			if (last === null) copy.#newest = made;
			else last.older = made;
			last = made;
		}
		return copy;
	}

	#find(name: string): Entry | null {
		for (let entry = this.#newest; entry !== null; entry = entry.older) if (entry.name === name) return entry;
		return null;
	}

	#spread(): void {
		const entries: Entry[] = [];
		for (let entry = this.#newest; entry !== null; entry = entry.older) entries.push(entry);
		const map = new Map<string, unknown>();
		for (const { name, value } of entries.reverse()) {
			// The first of a repeated name comes last here, and has the newest place.
			map.delete(name);
			map.set(name, value);
		}
		this.#map = map;
		this.#newest = null;
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

// A bit for each kind of name, so that most names need not be compared with all before them: only those of one kind can
// be the same.
function kindOf(name: string): number {
	return 1 << ((name.charCodeAt(0) + name.length * 5) & 31);
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
 * The names and values of `node` in the order of printing. Attributes that nobody has read are taken from the source and
 * not kept.
 */
export function attributePairs(node: TreeNode): [name: string, value: unknown][] {
	const kept = attributesOf(node);
	if (kept === null) return [];
	if (typeof kept !== "string") return kept.pairs();
	const pairs: [string, unknown][] = [];
	const reader = new AttributeReader(kept, startOf(node), endOf(node));
	let kinds = 0;
	while (reader.next()) {
		const name = reader.name;
		const kind = kindOf(name);
		if ((kinds & kind) !== 0) {
			if (pairs.length > FEW) return AttributeBag.read(kept, startOf(node), endOf(node)).pairs();
			if (pairs.some((pair) => pair[0] === name)) continue;
		}
		kinds |= kind;
		pairs.push([name, reader.value]);
	}
	return pairs;
}

/** The value of one attribute of `node`, or undefined; attributes that nobody has read stay unread. */
export function attributeOf(node: TreeNode, name: string): string | undefined {
	const kept = attributesOf(node);
	if (kept === null) return undefined;
	if (typeof kept !== "string") return kept.has(name) ? toText(kept.get(name)) : undefined;
	const reader = new AttributeReader(kept, startOf(node), endOf(node));
	while (reader.next()) if (reader.isNamed(name)) return reader.value;
	return undefined;
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
	defineProperty: (bag, name, { value }) => {
		if (typeof name === "string") bag.set(name, value);
		return true;
	},
	getPrototypeOf: () => null,
	setPrototypeOf: () => false,
	preventExtensions: () => false,
};

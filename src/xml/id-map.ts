// The `idMap` of a document, which nearly no program looks at: the parser only notes where the ids stand, and the map is
// filled when someone touches it. From then on it is an ordinary object, setters and read-only entries included.
// Implements docs/xml.md, "idMap".

import { decodeEntities } from "./entities.ts";
import type { TreeNode } from "./tree-node.ts";

/** What scripts see as `document.idMap`. */
export let idMapProxy: (map: IdMap) => object;
/** Enters the id in `source` between `start` and `end`. A later element replaces an earlier one. */
export let noteIdIn: (map: IdMap, source: string, start: number, end: number, element: TreeNode) => void;
/** Enters what waits. Done before the next parse, or the map would keep each tree of a document that is used again. */
export function settleIds(map: IdMap): void {
	filled(map);
}
let filled: (map: IdMap) => IdMap;

/**
 * The map. What scripts see is a Proxy in front of it. The entries are properties of this object itself, so that what the
 * language demands of a Proxy and its target holds without any care.
 */
export class IdMap {
	[id: string]: unknown;
	readonly #proxy: object;
	// What is not in the map yet: where the first id is in its source, and further ones, four values each. The source is null
	// once someone has looked.
	#source: string | null;
	readonly #start: number;
	readonly #end: number;
	#element: TreeNode | null;
	#further: unknown[] | null = null;

	constructor(source: string, start: number, end: number, element: TreeNode) {
		this.#source = source;
		this.#start = start;
		this.#end = end;
		this.#element = element;
		this.#proxy = new Proxy(this, traps);
	}

	static {
		idMapProxy = (map) => map.#proxy;
		noteIdIn = (map, source, start, end, element) => {
			if (map.#source === null) enterId(map, decodeEntities(source.slice(start, end)), element);
			else if (map.#further === null) map.#further = [source, start, end, element];
			else map.#further.push(source, start, end, element);
		};
		filled = (map) => {
			const source = map.#source;
			if (source === null) return map;
			const further = map.#further ?? [];
			const first = map.#element as TreeNode;
			map.#source = null;
			map.#element = null;
			map.#further = null;
			enterId(map, decodeEntities(source.slice(map.#start, map.#end)), first);
			for (let at = 0; at < further.length; at += 4) {
				const [source, start, end, element] = further.slice(at, at + 4) as [string, number, number, TreeNode];
				enterId(map, decodeEntities(source.slice(start, end)), element);
			}
			return map;
		};
		// To scripts it is an ordinary object. Node prints a Proxy by its target, which may not be filled yet.
		Object.defineProperty(IdMap.prototype, "constructor", { value: Object });
		Object.defineProperty(IdMap.prototype, Symbol.for("nodejs.util.inspect.custom"), {
			value(this: object): object {
				return { ...this };
			},
		});
	}
}

const traps: ProxyHandler<IdMap> = {
	get: (map, name, receiver) => Reflect.get(filled(map), name, receiver),
	set: (map, name, value, receiver) => Reflect.set(filled(map), name, value, receiver),
	has: (map, name) => Reflect.has(filled(map), name),
	deleteProperty: (map, name) => Reflect.deleteProperty(filled(map), name),
	defineProperty: (map, name, property) => Reflect.defineProperty(filled(map), name, property),
	getOwnPropertyDescriptor: (map, name) => Reflect.getOwnPropertyDescriptor(filled(map), name),
	ownKeys: (map) => Reflect.ownKeys(filled(map)),
	preventExtensions: (map) => Reflect.preventExtensions(filled(map)),
};

/** Puts an element into a map of ids, whatever code created it. What a script's own setter throws stops nobody's parse. */
export function enterId(map: object, id: string, element: TreeNode): void {
	try {
		if (id !== "__proto__") Reflect.set(map, id, element);
		// An assignment to this one would change the map's prototype.
		else Reflect.defineProperty(map, id, { value: element, writable: true, enumerable: true, configurable: true });
	} catch {
		// Not entered.
	}
}

// The `idMap` of a document, which nearly no program looks at: the parser only notes where the ids stand, and the map is
// filled when someone touches it. From then on it is an ordinary object, setters and read-only entries included.
// Implements docs/xml.md, "idMap".

import { decodeEntities } from "./entities.ts";
import type { TreeNode } from "./tree-node.ts";

type Pending = [source: string, start: number, end: number, element: TreeNode];

/** The map, and the guard in front of it: what scripts see is a Proxy with this as its handler. */
export class IdMap implements ProxyHandler<object> {
	/** What scripts see as `document.idMap`. */
	readonly face: object;
	readonly #entries: object = new IdEntries();
	// Entries that are not in the map yet, four values each.
	#pending: unknown[] | null;

	constructor(...first: Pending) {
		this.#pending = first;
		this.face = new Proxy(this.#entries, this);
	}

	/** Enters the id that stands in `source` between `start` and `end`. A later element replaces an earlier one. */
	add(source: string, start: number, end: number, element: TreeNode): void {
		if (this.#pending !== null) this.#pending.push(source, start, end, element);
		else enterId(this.#entries, decodeEntities(source.slice(start, end)), element);
	}

	/** Enters what waits. Called before the next parse, or the map would keep each tree of a document that is used again. */
	settle(): void {
		this.#filled();
	}

	#filled(): object {
		const pending = this.#pending;
		if (pending === null) return this.#entries;
		this.#pending = null;
		for (let at = 0; at < pending.length; at += 4) {
			const [source, start, end, element] = pending.slice(at, at + 4) as Pending;
			enterId(this.#entries, decodeEntities(source.slice(start, end)), element);
		}
		return this.#entries;
	}

	get(_: object, name: PropertyKey, receiver: unknown): unknown {
		return Reflect.get(this.#filled(), name, receiver);
	}
	set(_: object, name: PropertyKey, value: unknown, receiver: unknown): boolean {
		return Reflect.set(this.#filled(), name, value, receiver);
	}
	has(_: object, name: PropertyKey): boolean {
		return Reflect.has(this.#filled(), name);
	}
	deleteProperty(_: object, name: PropertyKey): boolean {
		return Reflect.deleteProperty(this.#filled(), name);
	}
	defineProperty(_: object, name: PropertyKey, property: PropertyDescriptor): boolean {
		return Reflect.defineProperty(this.#filled(), name, property);
	}
	getOwnPropertyDescriptor(_: object, name: PropertyKey): PropertyDescriptor | undefined {
		return Reflect.getOwnPropertyDescriptor(this.#filled(), name);
	}
	ownKeys(): (string | symbol)[] {
		return Reflect.ownKeys(this.#filled());
	}
	preventExtensions(): boolean {
		return Reflect.preventExtensions(this.#filled());
	}
}

// The object behind the Proxy. Its class has a prototype of its own for one reason: Node prints a Proxy by its target,
// which may not be filled yet.
class IdEntries {
	[id: string]: unknown;

	static {
		Object.defineProperty(IdEntries.prototype, "constructor", { value: Object });
		Object.defineProperty(IdEntries.prototype, Symbol.for("nodejs.util.inspect.custom"), {
			value(this: object): object {
				return { ...this };
			},
		});
	}
}

/** Puts an element into a map of ids, whoever made it. What a script's own setter throws stops nobody's parse. */
export function enterId(map: object, id: string, element: TreeNode): void {
	try {
		if (id !== "__proto__") Reflect.set(map, id, element);
		// An assignment to this one would change the map's prototype.
		else Reflect.defineProperty(map, id, { value: element, writable: true, enumerable: true, configurable: true });
	} catch {
		// Not entered.
	}
}

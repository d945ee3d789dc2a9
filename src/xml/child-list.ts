// The array behind `childNodes`: always the same object for a node, emptied and refilled when the node's children change,
// and until then the script's own to push to and sort. It never changes the tree.
// Implements docs/xml.md, "Tree operations" (childNodes).

import { firstOf, nextOf, ownRestOf, restOf, type TreeNode } from "./tree-node.ts";

/**
 * The array and what guards it. Children change in one step but the array is refilled only when someone looks, or a
 * thousand `appendChild` calls beside a held array would cost a million steps.
 */
export class ChildList {
	/** The array that scripts see. */
	readonly face: unknown[];
	readonly node: TreeNode;
	/** Entries below this index are write-protected, but for those that a script has opened. */
	protectedCount = 0;
	readonly opened: Set<number> = new Set();
	#expired = true;

	constructor(node: TreeNode) {
		this.node = node;
		this.face = new Proxy([], guard(this));
	}

	/** Says that the children have changed. */
	expire(): void {
		this.#expired = true;
	}

	/** Refills `array` if the children have changed. */
	refresh(array: unknown[]): void {
		if (!this.#expired) return;
		this.#expired = false;
		// Properties that a script gave the array are entries too: they vanish with the rest.
		array.length = 0;
		for (let child = firstOf(this.node); child !== null; child = nextOf(child)) array.push(child);
		this.protectedCount = array.length;
		this.opened.clear();
	}
}

/** The array that scripts see as `node.childNodes`. */
export function childNodesFace(node: TreeNode): unknown[] {
	const kept = restOf(node)?.list ?? null;
	if (kept !== null) return kept.face;
	const list = new ChildList(node);
	ownRestOf(node).list = list;
	return list.face;
}

// Array methods that write to existing entries: a script may use them, though it may not assign to an entry.
const WRITERS: ReadonlySet<unknown> = new Set([
	Array.prototype.copyWithin,
	Array.prototype.fill,
	Array.prototype.pop,
	Array.prototype.push,
	Array.prototype.reverse,
	Array.prototype.shift,
	Array.prototype.sort,
	Array.prototype.splice,
	Array.prototype.unshift,
]);

function guard(list: ChildList): ProxyHandler<unknown[]> {
	const isProtected = (name: string | symbol): boolean => {
		if (typeof name !== "string") return false;
		const index = Number(name);
		return index < list.protectedCount && String(index) === name && !list.opened.has(index);
	};
	return {
		get(array, name) {
			list.refresh(array);
			const value: unknown = Reflect.get(array, name);
			if (typeof value !== "function" || !WRITERS.has(value)) return value;
			return (...given: unknown[]): unknown => {
				list.refresh(array);
				const result: unknown = Reflect.apply(value, array, given);
				list.protectedCount = Math.min(list.protectedCount, array.length);
				return result === array ? list.face : result;
			};
		},
		has(array, name) {
			list.refresh(array);
			return name in array;
		},
		ownKeys(array) {
			list.refresh(array);
			return Reflect.ownKeys(array);
		},
		getOwnPropertyDescriptor(array, name) {
			list.refresh(array);
			const found = Object.getOwnPropertyDescriptor(array, name);
			if (found !== undefined && isProtected(name)) found.writable = false;
			return found;
		},
		set(array, name, value) {
			list.refresh(array);
			if (!isProtected(name)) Reflect.set(array, name, value);
			list.protectedCount = Math.min(list.protectedCount, array.length);
			return true;
		},
		defineProperty(array, name, descriptor) {
			list.refresh(array);
			if (isProtected(name) && !descriptor.writable) return !("value" in descriptor);
			if (typeof name === "string" && isProtected(name)) list.opened.add(Number(name));
			return Reflect.defineProperty(array, name, descriptor);
		},
		deleteProperty(array, name) {
			list.refresh(array);
			if (isProtected(name)) list.opened.add(Number(name));
			return Reflect.deleteProperty(array, name);
		},
	};
}

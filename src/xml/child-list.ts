// The array behind `childNodes`: always the same object for a node, emptied and refilled when the node's children change,
// and until then the script's own to push to and sort. It never changes the tree.
// Implements docs/xml.md, "Tree operations" (childNodes).

import { extrasOf, firstOf, lastOf, nextOf, ownExtrasOf, previousOf, type TreeNode, wrapperOf } from "./tree-node.ts";

/**
 * The array and what guards it. Children change in one step but the array follows only when someone looks, and then by the
 * changes at its ends where there were no others: a program that looks at it after each `appendChild`, or removes the first
 * entry until none is left, pays for what has changed and not for the whole array each time.
 */
export class ChildList {
	/** The array that scripts see. */
	readonly proxy: unknown[];
	readonly node: TreeNode;
	/** Entries below this index are write-protected, but for those that a script has opened. */
	protectedCount = 0;
	readonly opened: Set<number> = new Set();
	/** Whether a script has written to the array since it was filled. */
	touched = false;
	// How many children were linked and unlinked since then; endless where nobody has counted.
	#linked = Number.POSITIVE_INFINITY;
	#unlinked = Number.POSITIVE_INFINITY;

	constructor(node: TreeNode) {
		this.node = node;
		this.proxy = new Proxy([], guard(this));
	}

	/** Says that a child was linked. */
	countLinked(): void {
		this.#linked++;
	}

	/** Says that a child was unlinked, or all of them at once. */
	countUnlinked(): void {
		this.#unlinked++;
	}

	/** Brings `array` to the children as they are now. */
	refresh(array: unknown[]): void {
		if (this.#linked === 0 && this.#unlinked === 0) return;
		if (this.touched || !this.#follow(array)) {
			array.length = 0;
			for (let child = firstOf(this.node); child !== null; child = nextOf(child)) array.push(wrapperOf(child));
		}
		this.#linked = 0;
		this.#unlinked = 0;
		this.touched = false;
		this.protectedCount = array.length;
		this.opened.clear();
	}

	// Takes over changes of one kind at one end: where as many children stand behind the old last one as were linked, or as
	// many are missing from one end as were unlinked, nothing else has changed.
	#follow(array: unknown[]): boolean {
		const count = array.length;
		const gone = this.#unlinked;
		if (gone + this.#linked >= count || (gone > 0 && this.#linked > 0)) return false;
		if (gone > 0) {
			if (wrapperOf(firstOf(this.node)) === array[gone]) array.splice(0, gone);
			else if (wrapperOf(lastOf(this.node)) === array[count - 1 - gone]) array.length -= gone;
			else return false;
			return true;
		}
		let old = lastOf(this.node);
		for (let step = this.#linked; step > 0 && old !== null; step--) old = previousOf(old);
		if (old === null || wrapperOf(old) !== array[count - 1]) return false;
		for (let child = nextOf(old); child !== null; child = nextOf(child)) array.push(wrapperOf(child));
		return true;
	}
}

/** The array that scripts see as `node.childNodes`. */
export function childNodesFace(node: TreeNode): unknown[] {
	const kept = extrasOf(node)?.list ?? null;
	if (kept !== null) return kept.proxy;
	const list = new ChildList(node);
	ownExtrasOf(node).list = list;
	return list.proxy;
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
				list.touched = true;
				const result: unknown = Reflect.apply(value, array, given);
				list.protectedCount = Math.min(list.protectedCount, array.length);
				return result === array ? list.proxy : result;
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
			list.touched = true;
			if (!isProtected(name)) Reflect.set(array, name, value);
			list.protectedCount = Math.min(list.protectedCount, array.length);
			return true;
		},
		defineProperty(array, name, descriptor) {
			list.refresh(array);
			list.touched = true;
			// What could never be removed again would be in the way of the next refill.
			if (descriptor.configurable === false && name !== "length") return false;
			if (name === "length" && descriptor.writable === false) return false;
			if (isProtected(name) && !descriptor.writable) return !("value" in descriptor);
			if (typeof name === "string" && isProtected(name)) list.opened.add(Number(name));
			return Reflect.defineProperty(
				array,
				name,
				name === "length" ? descriptor : { ...descriptor, configurable: true },
			);
		},
		deleteProperty(array, name) {
			list.refresh(array);
			list.touched = true;
			if (isProtected(name)) list.opened.add(Number(name));
			return Reflect.deleteProperty(array, name);
		},
		preventExtensions: () => false,
	};
}

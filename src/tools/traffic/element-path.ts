// Tests whether a document has an element that a path leads to, in one walk over its elements. Each step of the path is a bit: an element has the bit
// of a step where the path up to that step leads to it.

import { attribute, children, elements, type XMLNode } from "../../xml/index.ts";
import type { Decoded } from "./decoded.ts";

/** What is in brackets. */
export interface ElementTest {
	/** The attribute's name, or undefined for the text directly in the element. */
	readonly attribute: string | undefined;
	/** The test of the value, or undefined where it is enough that there is one. */
	readonly test: ((value: string) => boolean) | undefined;
}

/** One step of a path. */
export interface PathStep {
	/** Whether it leads to elements at any depth, and not only to children. */
	readonly deep: boolean;
	/** The element's name, or undefined for any. */
	readonly name: string | undefined;
	readonly tests: readonly ElementTest[];
}

/** A function that finds out whether a path of 1 to 30 steps leads anywhere in a document. The first step begins above the root. */
export function pathMatcher(steps: readonly PathStep[]): (decoded: Decoded) => boolean {
	const [first] = steps as readonly [PathStep];
	const isRootName = steps.length === 1 && !first.deep && first.tests.length === 0;
	return (decoded) => {
		if (decoded.form !== "xml" || decoded.name === undefined) return false;
		if (!first.deep && first.name !== undefined && first.name !== decoded.name) return false;
		if (isRootName) return true;
		// Most documents lack a name of the path: looking for it costs less than parsing.
		const text = decoded.text ?? "";
		if (!steps.every(({ name }) => name === undefined || text.includes(name))) return false;
		return decoded.xml !== undefined && leads(steps, decoded.xml);
	};
}

function leads(steps: readonly PathStep[], document: XMLNode): boolean {
	const last = 1 << (steps.length - 1);
	const stack: { readonly node: XMLNode; readonly parent: number; readonly above: number }[] = elements(document)
		.reverse()
		.map((node) => ({ node, parent: 0, above: 0 }));
	let isRoot = true;
	for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
		const { node, parent, above } = item;
		const own = bitsOf(steps, node, isRoot, parent, above);
		if ((own & last) !== 0) return true;
		isRoot = false;
		for (const child of elements(node).reverse()) stack.push({ node: child, parent: own, above: above | own });
	}
	return false;
}

function bitsOf(steps: readonly PathStep[], node: XMLNode, isRoot: boolean, parent: number, above: number): number {
	let bits = 0;
	for (const [at, step] of steps.entries()) {
		const before = at === 0 ? step.deep || isRoot : ((step.deep ? above : parent) & (1 << (at - 1))) !== 0;
		if (before && passes(step, node)) bits |= 1 << at;
	}
	return bits;
}

function passes({ name, tests }: PathStep, node: XMLNode): boolean {
	if (name !== undefined && node.nodeName !== name) return false;
	return tests.every((wanted) => {
		const value = wanted.attribute === undefined ? ownText(node) : attribute(node, wanted.attribute);
		return value !== undefined && (wanted.test?.(value) ?? (wanted.attribute !== undefined || value !== ""));
	});
}

// Only the text directly in the element: that of a whole tree, asked of each element, would cost the square of its size.
function ownText(node: XMLNode): string {
	let text = "";
	for (const child of children(node)) if (child.nodeType === TEXT) text += child.nodeValue ?? "";
	return text;
}

const TEXT = 3;

// One node of the tree: its fields, and the few operations that link nodes to each other. It knows nothing of ActionScript:
// the members that scripts see are put on this class's prototype by `node.ts`. Every field is private, so that a node has
// no own properties; other files of this folder reach them through the functions exported here.

import type { AttributeBag } from "./attributes.ts";
import type { ChildList } from "./child-list.ts";
import { decodeEntities } from "./entities.ts";

/** The type of an element, and of a document. */
export const ELEMENT = 1;
/** The type of a text node, and of a CDATA section. */
export const TEXT = 3;

/** Whether `value` is a node; never throws. */
export let isTreeNode: (value: unknown) => value is TreeNode;

export let typeOf: (node: TreeNode) => number;
export let nameOf: (node: TreeNode) => string | null;
export let setName: (node: TreeNode, name: string) => void;
/** The value, decoded and kept on first use. */
export let textOf: (node: TreeNode) => string | null;
/** The text as it stands in the source, where nobody has read it yet. */
export let unreadTextOf: (node: TreeNode) => string | null;
export let setValue: (node: TreeNode, value: string) => void;
/** The attributes as they are kept: none, a bag, or the source to read them from. See `bagOf` in attributes.ts. */
export let attributesOf: (node: TreeNode) => AttributeBag | string | null;
export let setAttributes: (node: TreeNode, attributes: AttributeBag) => void;
export let startOf: (node: TreeNode) => number;
export let endOf: (node: TreeNode) => number;
export let listOf: (node: TreeNode) => ChildList | null;
export let setList: (node: TreeNode, list: ChildList) => void;

export let parentOf: (node: TreeNode) => TreeNode | null;
export let nextOf: (node: TreeNode) => TreeNode | null;
export let previousOf: (node: TreeNode) => TreeNode | null;
export let firstOf: (node: TreeNode) => TreeNode | null;
export let lastOf: (node: TreeNode) => TreeNode | null;

/** Appends a new element whose attributes stand in `source` between `start` and `end`, or nowhere (`source` null). */
export let addElement: (parent: TreeNode, name: string, source: string | null, start: number, end: number) => TreeNode;
/** Appends a new text node: the range of a source to decode later, or with `start` -1 the finished text. */
export let addText: (parent: TreeNode, value: string, start: number, end: number) => void;
/** A node with the same type, name and value and without relatives; a bag is still the one of `node`. */
export let copyOf: (node: TreeNode) => TreeNode;

/** Makes `node`, which has no parent, the last child of `parent`. */
export let linkLast: (parent: TreeNode, node: TreeNode) => void;
/** Puts `node`, which has no parent, before `reference`, which has one. */
export let linkBefore: (reference: TreeNode, node: TreeNode) => void;
/** Takes `node` from its parent, if it has one. */
export let unlink: (node: TreeNode) => void;
/** Takes all children from `parent`. */
export let unlinkChildren: (parent: TreeNode) => void;

/** A node. Text and attributes that came from a parser stay a range of the source until someone asks for them. */
export class TreeNode {
	#type: number;
	#name: string | null;
	// Text, or, while `#start` is not negative and this is no element, the source that holds it.
	#value: string | null;
	// The attributes, or the source that holds them between `#start` and `#end`.
	#attributes: AttributeBag | string | null;
	#start: number;
	#end: number;
	#parent: TreeNode | null;
	#next: TreeNode | null = null;
	#previous: TreeNode | null = null;
	#first: TreeNode | null = null;
	#last: TreeNode | null = null;
	#list: ChildList | null = null;

	constructor(
		type: number,
		name: string | null,
		value: string | null,
		attributes: AttributeBag | string | null,
		start: number,
		end: number,
		parent: TreeNode | null,
	) {
		this.#type = type;
		this.#name = name;
		this.#value = value;
		this.#attributes = attributes;
		this.#start = start;
		this.#end = end;
		this.#parent = parent;
	}

	static {
		isTreeNode = (value): value is TreeNode => typeof value === "object" && value !== null && #type in value;
		typeOf = (node) => node.#type;
		nameOf = (node) => node.#name;
		setName = (node, name) => {
			node.#name = name;
		};
		unreadTextOf = (node) => {
			if (node.#start < 0 || node.#type === ELEMENT) return null;
			return (node.#value as string).slice(node.#start, node.#end);
		};
		textOf = (node) => {
			if (node.#start < 0 || node.#type === ELEMENT) return node.#value;
			const text = decodeEntities((node.#value as string).slice(node.#start, node.#end));
			node.#value = text;
			node.#start = -1;
			return text;
		};
		setValue = (node, value) => {
			if (node.#type !== ELEMENT) node.#start = -1;
			node.#value = value;
		};
		attributesOf = (node) => node.#attributes;
		setAttributes = (node, attributes) => {
			node.#attributes = attributes;
		};
		startOf = (node) => node.#start;
		endOf = (node) => node.#end;
		listOf = (node) => node.#list;
		setList = (node, list) => {
			node.#list = list;
		};
		parentOf = (node) => node.#parent;
		nextOf = (node) => node.#next;
		previousOf = (node) => node.#previous;
		firstOf = (node) => node.#first;
		lastOf = (node) => node.#last;

		addElement = (parent, name, source, start, end) => {
			const node = new TreeNode(ELEMENT, name, null, source, start, end, parent);
			linkLast(parent, node);
			return node;
		};
		addText = (parent, value, start, end) => {
			linkLast(parent, new TreeNode(TEXT, null, value, null, start, end, parent));
		};
		copyOf = (node) => {
			return new TreeNode(node.#type, node.#name, node.#value, node.#attributes, node.#start, node.#end, null);
		};

		linkLast = (parent, node) => {
			const last = parent.#last;
			node.#parent = parent;
			node.#previous = last;
			if (last === null) parent.#first = node;
			else last.#next = node;
			parent.#last = node;
			parent.#list?.countLinked();
		};
		linkBefore = (reference, node) => {
			const parent = reference.#parent as TreeNode;
			const previous = reference.#previous;
			node.#parent = parent;
			node.#previous = previous;
			node.#next = reference;
			reference.#previous = node;
			if (previous === null) parent.#first = node;
			else previous.#next = node;
			parent.#list?.countLinked();
		};
		unlink = (node) => {
			const parent = node.#parent;
			if (parent === null) return;
			const previous = node.#previous;
			const next = node.#next;
			if (previous === null) parent.#first = next;
			else previous.#next = next;
			if (next === null) parent.#last = previous;
			else next.#previous = previous;
			node.#parent = null;
			node.#previous = null;
			node.#next = null;
			parent.#list?.countUnlinked();
		};
		unlinkChildren = (parent) => {
			let node = parent.#first;
			if (node === null) return;
			parent.#first = null;
			parent.#last = null;
			while (node !== null) {
				const next: TreeNode | null = node.#next;
				node.#parent = null;
				node.#previous = null;
				node.#next = null;
				node = next;
			}
			parent.#list?.countUnlinked();
		};
	}
}

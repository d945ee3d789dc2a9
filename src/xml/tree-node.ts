// One node of the tree: its fields, and the few operations that link nodes to each other. It knows nothing of ActionScript:
// the members that scripts see are put on this class's prototype by `node.ts`. Every field is private, so that a node has
// no own properties; other files of this folder reach them through the functions exported here.

import type { AttributeBag } from "./attributes.ts";
import { decodeEntities } from "./entities.ts";
import { type NodeExtras, ownExtras } from "./node-extras.ts";

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
/** The text as it is in the source, while no code has read it. */
export let unreadTextOf: (node: TreeNode) => string | null;
export let setValue: (node: TreeNode, value: string) => void;
/** The attributes as they are kept: none, a bag, or the source to read them from. See `bagOf` in attributes.ts. */
export let attributesOf: (node: TreeNode) => AttributeBag | string | null;
export let setAttributes: (node: TreeNode, attributes: AttributeBag) => void;
/** Where in their source unread attributes or an unread text begin. */
export let startOf: (node: TreeNode) => number;
export let endOf: (node: TreeNode) => number;
/** What few nodes have; null where this one has nothing of it. */
export let extrasOf: (node: TreeNode) => NodeExtras | null;
export let setExtras: (node: TreeNode, extras: NodeExtras) => void;
/** The same, to write to. */
export let ownExtrasOf: (node: TreeNode) => NodeExtras;
/** What scripts see of a node: itself, or the object that it was made for; see `unconstructed.ts`. */
export let wrapperOf: (node: TreeNode | null) => object | null;
/** Makes `node` the node of an object. */
export let bindWrapper: (node: TreeNode, wrapper: object) => void;
// False in nearly every program, so that `wrapperOf` costs nothing there.
let hasWrappers = false;

export let parentOf: (node: TreeNode) => TreeNode | null;
export let nextOf: (node: TreeNode) => TreeNode | null;
export let previousOf: (node: TreeNode) => TreeNode | null;
export let firstOf: (node: TreeNode) => TreeNode | null;
export let lastOf: (node: TreeNode) => TreeNode | null;

/** Appends a new element whose attributes are in `source` between `start` and `end`, or nowhere (`source` null). */
export let addElement: (parent: TreeNode, name: string, source: string | null, start: number, end: number) => TreeNode;
/** A new element that knows its parent without being its child: for a parse that keeps no tree. */
export let openElement: (parent: TreeNode, name: string) => TreeNode;
/** Appends a new text node: the range of a source to decode later, or with `start` -1 the finished text. */
export let addText: (parent: TreeNode, value: string, start: number, end: number) => void;
/** A new node without relatives: an element with `name`, or with another type and `value`. */
export let newNode: (type: number, name: string | null, value: string | null) => TreeNode;
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

/**
 * A node. Text and attributes that came from a parser stay a range of the source until someone asks for them.
 *
 * The fields begin with constants and are set afterwards, so that making a node compiles to one allocation. There is no
 * pointer to the last child: the first one's `#previous` leads to it. A tree with such a pointer took twice as long to
 * build at 50,000 nodes, most of it in the garbage collector.
 */
export class TreeNode {
	#type: number = ELEMENT;
	#name: string | null = null;
	// Of an element its attributes, or the source that holds them between `#start` and `#end`. Of another node its text, or,
	// while `#start` is not negative, the source that holds it.
	#content: AttributeBag | string | null = null;
	#start = -1;
	#end = 0;
	#parent: TreeNode | null = null;
	#next: TreeNode | null = null;
	// Of a first child the last one.
	#previous: TreeNode | null = null;
	#first: TreeNode | null = null;
	#extras: NodeExtras | null = null;

	static {
		isTreeNode = (value): value is TreeNode => typeof value === "object" && value !== null && #type in value;
		typeOf = (node) => node.#type;
		nameOf = (node) => node.#name;
		setName = (node, name) => {
			node.#name = name;
		};
		unreadTextOf = (node) => {
			if (node.#start < 0 || node.#type === ELEMENT) return null;
			return (node.#content as string).slice(node.#start, node.#end);
		};
		textOf = (node) => {
			if (node.#type === ELEMENT) return node.#extras === null ? null : node.#extras.value;
			if (node.#start < 0) return node.#content as string;
			const text = decodeEntities((node.#content as string).slice(node.#start, node.#end));
			node.#content = text;
			node.#start = -1;
			return text;
		};
		setValue = (node, value) => {
			if (node.#type === ELEMENT) {
				ownExtrasOf(node).value = value;
			} else {
				node.#content = value;
				node.#start = -1;
			}
		};
		attributesOf = (node) => {
			if (node.#type === ELEMENT) return node.#content;
			return node.#extras === null ? null : node.#extras.attributes;
		};
		setAttributes = (node, attributes) => {
			if (node.#type === ELEMENT) node.#content = attributes;
			else ownExtrasOf(node).attributes = attributes;
		};
		startOf = (node) => node.#start;
		endOf = (node) => node.#end;
		extrasOf = (node) => node.#extras;
		setExtras = (node, extras) => {
			node.#extras = extras;
		};
		ownExtrasOf = (node) => {
			node.#extras = ownExtras(node.#extras);
			return node.#extras;
		};
		wrapperOf = (node) => (hasWrappers && node !== null ? (node.#extras?.wrapper ?? node) : node);
		bindWrapper = (node, wrapper) => {
			hasWrappers = true;
			ownExtrasOf(node).wrapper = wrapper;
		};
		parentOf = (node) => node.#parent;
		nextOf = (node) => node.#next;
		previousOf = (node) => {
			const previous = node.#previous;
			return previous === null || previous.#next === null ? null : previous;
		};
		firstOf = (node) => node.#first;
		lastOf = (node) => (node.#first === null ? null : node.#first.#previous);

		addElement = (parent, name, source, start, end) => {
			const node = new TreeNode();
			node.#name = name;
			node.#content = source;
			node.#start = start;
			node.#end = end;
			linkLast(parent, node);
			return node;
		};
		openElement = (parent, name) => {
			const node = new TreeNode();
			node.#name = name;
			node.#parent = parent;
			return node;
		};
		addText = (parent, value, start, end) => {
			const node = new TreeNode();
			node.#type = TEXT;
			node.#content = value;
			node.#start = start;
			node.#end = end;
			linkLast(parent, node);
		};
		newNode = (type, name, value) => {
			const node = new TreeNode();
			node.#type = type;
			node.#name = name;
			node.#content = value;
			return node;
		};
		copyOf = (node) => {
			const copy = new TreeNode();
			copy.#type = node.#type;
			copy.#name = node.#name;
			copy.#content = node.#content;
			copy.#start = node.#start;
			copy.#end = node.#end;
			const extras = node.#extras;
			if (extras !== null && (extras.value !== null || extras.attributes !== null)) {
				const own = ownExtrasOf(copy);
				own.value = extras.value;
				own.attributes = extras.attributes;
			}
			return copy;
		};

		linkLast = (parent, node) => {
			const first = parent.#first;
			node.#parent = parent;
			if (first === null) {
				parent.#first = node;
				node.#previous = node;
			} else {
				const last = first.#previous as TreeNode;
				node.#previous = last;
				last.#next = node;
				first.#previous = node;
			}
			parent.#extras?.list?.countLinked();
		};
		linkBefore = (reference, node) => {
			const parent = reference.#parent as TreeNode;
			const previous = reference.#previous as TreeNode;
			node.#parent = parent;
			node.#previous = previous;
			node.#next = reference;
			reference.#previous = node;
			if (parent.#first === reference) parent.#first = node;
			else previous.#next = node;
			parent.#extras?.list?.countLinked();
		};
		unlink = (node) => {
			const parent = node.#parent;
			if (parent === null) return;
			const first = parent.#first as TreeNode;
			const previous = node.#previous as TreeNode;
			const next = node.#next;
			if (node === first) parent.#first = next;
			else previous.#next = next;
			// The one behind it has a new neighbour; behind the last one stands, in this respect, the first.
			if (next !== null) next.#previous = previous;
			else if (node !== first) first.#previous = previous;
			node.#parent = null;
			node.#previous = null;
			node.#next = null;
			parent.#extras?.list?.countUnlinked();
		};
		unlinkChildren = (parent) => {
			let node = parent.#first;
			if (node === null) return;
			parent.#first = null;
			while (node !== null) {
				const next: TreeNode | null = node.#next;
				node.#parent = null;
				node.#previous = null;
				node.#next = null;
				node = next;
			}
			parent.#extras?.list?.countUnlinked();
		};
	}
}

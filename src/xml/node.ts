// XMLNode, the class that scripts see: its members, put on the prototype of the tree's nodes. Nothing here ever throws,
// and nothing recurses: wrong arguments are ignored, read-only properties swallow assignments.
// Implements docs/xml.md, "Classes and members", "Construction" and "Tree operations".

import { attributesFace, detachedCopy } from "./attributes.ts";
import { childNodesFace } from "./child-list.ts";
import { isObject, toNodeType, toText } from "./coerce.ts";
import { localNameOf, namespaceForPrefix, namespaceOf, prefixForNamespace, prefixOf } from "./namespaces.ts";
import { following } from "./order.ts";
import { printNode } from "./serializer.ts";
import {
	ELEMENT,
	firstOf,
	isTreeNode,
	lastOf,
	linkBefore,
	linkLast,
	nameOf,
	newNode,
	nextOf,
	parentOf,
	previousOf,
	setName,
	setValue,
	TEXT,
	TreeNode,
	textOf,
	typeOf,
	unlink,
	wrapperOf,
} from "./tree-node.ts";
import { beforeFirst, documentBehind } from "./unconstructed.ts";

/**
 * A node of an XML tree, with the names and the behaviour of ActionScript: an element (`nodeType` 1) or a text (`nodeType` 3).
 * Properties marked `readonly` ignore assignments; no member ever throws.
 *
 * Source: *Server-Side ActionScript Language Reference*, XML and XMLNode; `docs/xml.md` says what players really do.
 *
 * @example
 * ```ts
 * const say = new XMLNode(1, "say");
 * say.attributes.room = "lobby";
 * say.appendChild(new XMLNode(3, "a < b"));
 * String(say); // <say room="lobby">a &lt; b</say>
 * ```
 */
export interface XMLNode {
	/** The attributes by name. Always the same object; enumerates and prints the newest first. */
	readonly attributes: Record<string, unknown>;
	/** The children. Always the same array: refilled when the children change, and writing to it changes no tree. */
	readonly childNodes: XMLNode[];
	readonly firstChild: XMLNode | null;
	readonly lastChild: XMLNode | null;
	readonly nextSibling: XMLNode | null;
	readonly previousSibling: XMLNode | null;
	readonly parentNode: XMLNode | null;
	/** 1 for an element and a document, 3 for a text. */
	readonly nodeType: number;
	/** The name of an element; null for a text and a document. Assigning undefined does nothing. */
	nodeName: string | null;
	/** The text of a text node; null for an element and a document. Assigning undefined does nothing. */
	nodeValue: string | null;
	/** The part of the name before its first colon, or "". */
	readonly prefix: string | null;
	/** The part of the name behind its first colon. */
	readonly localName: string | null;
	/** The namespace of the name, or "". */
	readonly namespaceURI: string | null;
	/** Moves `child` behind the last child; ignored for a child of this node, this node itself and its ancestors. */
	appendChild(child: XMLNode): void;
	/** Moves `child` before `reference`, which must be a child of this node. */
	insertBefore(child: XMLNode, reference: XMLNode): void;
	/** Takes this node, with its children, from its parent. */
	removeNode(): void;
	/** A copy without parent, of this node alone or with everything below it. */
	cloneNode(deep?: boolean): XMLNode;
	hasChildNodes(): boolean;
	/** The namespace that `prefix` stands for here; "" asks for the default namespace. */
	getNamespaceForPrefix(prefix?: string): string | null;
	/** The prefix that stands for `namespace` here; "" where it is the default namespace. */
	getPrefixForNamespace(namespace?: string): string | null;
	/** The node and everything below it as XML. */
	toString(): string;
}

/** The class of {@link XMLNode}. Called without `new` it returns undefined. */
export interface XMLNodeConstructor {
	new (type: number, value: string): XMLNode;
	(type?: number, value?: string): undefined;
	readonly prototype: XMLNode;
}

/** The member functions and accessors of a class; `this` can be anything. */
export type Members = Record<string, unknown> & ThisType<unknown>;

/**
 * The node that `value` is, or undefined. `XML.prototype` is a node too, as in the player: it cannot hold the fields
 * itself, so `document.ts` names the node that stands for it. An object of the class XML whose constructor never ran gets a
 * document; see `unconstructed.ts`.
 */
export function asNode(value: unknown): TreeNode | undefined {
	if (isTreeNode(value)) return value;
	return value === prototypeNode?.object ? prototypeNode?.node : documentBehind(value);
}

/** Sets the node for `XML.prototype`, which is an object without fields of a node; see {@link asNode}. */
export function setPrototypeNode(prototype: object, node: TreeNode): void {
	prototypeNode = { object: prototype, node, nodeName: null };
}

// In the player this node prints an empty name and yet reads null until a script names it.
let prototypeNode: { readonly object: object; readonly node: TreeNode; nodeName: string | null } | undefined;

/** What scripts see of a node of the tree. */
export function xmlNodeOf(node: TreeNode): XMLNode;
export function xmlNodeOf(node: TreeNode | null): XMLNode | null;
export function xmlNodeOf(node: TreeNode | null): XMLNode | null {
	return wrapperOf(node) as XMLNode | null;
}

/** Puts members on a prototype: not enumerable, and a property without a setter gets one that ignores assignments. */
export function installMembers(prototype: object, members: Members): void {
	for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
		if (member.get !== undefined) member.set ??= ignoreAssignment;
		member.enumerable = false;
		Object.defineProperty(prototype, name, member);
	}
}

function ignoreAssignment(_value: unknown): void {}

// Whether making `child` a child of `parent` would close a circle. It climbs from `parent`, and no further than there are
// nodes in `child`: putting small things into a deep tree, or a large one into a shallow, costs little.
function holds(child: TreeNode, parent: TreeNode): boolean {
	let below: TreeNode | undefined = child;
	for (let above: TreeNode | null = parent; above !== null && below !== undefined; above = parentOf(above)) {
		if (above === child) return true;
		below = following(below, child);
	}
	return false;
}

function copyDeep(top: TreeNode): TreeNode {
	const copy = detachedCopy(top);
	let from = top;
	let to = copy;
	for (;;) {
		const child = firstOf(from);
		if (child !== null) {
			from = child;
		} else {
			let next: TreeNode | null = null;
			while (from !== top) {
				next = nextOf(from);
				to = parentOf(to) as TreeNode;
				if (next !== null) break;
				from = parentOf(from) as TreeNode;
			}
			if (next === null) return copy;
			from = next;
		}
		const made = detachedCopy(from);
		linkLast(to, made);
		to = made;
	}
}

const members: Members = {
	get attributes() {
		const node = asNode(this);
		return node && attributesFace(node);
	},
	get childNodes() {
		const node = asNode(this);
		return node && childNodesFace(node);
	},
	get firstChild() {
		const node = asNode(this);
		return node && firstOf(node);
	},
	get lastChild() {
		const node = asNode(this);
		return node && lastOf(node);
	},
	get nextSibling() {
		const node = asNode(this);
		return node && nextOf(node);
	},
	get previousSibling() {
		const node = asNode(this);
		return node && previousOf(node);
	},
	get parentNode() {
		const node = asNode(this);
		return node && parentOf(node);
	},
	get nodeType() {
		const node = asNode(this);
		return node && typeOf(node);
	},
	get nodeName() {
		if (isTreeNode(this)) return nameOf(this);
		return this === prototypeNode?.object ? prototypeNode?.nodeName : undefined;
	},
	set nodeName(name: unknown) {
		const node = asNode(this);
		if (node === undefined || name === undefined) return;
		const text = toText(name);
		setName(node, text);
		if (node === prototypeNode?.node) prototypeNode.nodeName = text;
	},
	get nodeValue() {
		const node = asNode(this);
		return node && textOf(node);
	},
	set nodeValue(value: unknown) {
		const node = asNode(this);
		if (node !== undefined && value !== undefined) setValue(node, toText(value));
	},
	get prefix() {
		const node = asNode(this);
		if (node === undefined) return undefined;
		const name = nameOf(node);
		return name === null ? null : prefixOf(name);
	},
	get localName() {
		const node = asNode(this);
		if (node === undefined) return undefined;
		const name = nameOf(node);
		return name === null ? null : localNameOf(name);
	},
	get namespaceURI() {
		const node = asNode(this);
		return node && namespaceOf(node);
	},
	appendChild(child: unknown) {
		const parent = asNode(this);
		const node = asNode(child);
		if (parent === undefined || node === undefined || parentOf(node) === parent || holds(node, parent)) return;
		unlink(node);
		linkLast(parent, node);
	},
	insertBefore(child: unknown, reference: unknown) {
		const parent = asNode(this);
		const node = asNode(child);
		const before = asNode(reference);
		if (parent === undefined || node === undefined || before === undefined) return;
		if (parentOf(node) === parent || parentOf(before) !== parent || holds(node, parent)) return;
		unlink(node);
		linkBefore(before, node);
	},
	removeNode() {
		const node = asNode(this);
		if (node !== undefined) unlink(node);
	},
	cloneNode(deep: unknown) {
		const node = asNode(this);
		return node && (deep ? copyDeep(node) : detachedCopy(node));
	},
	hasChildNodes() {
		const node = asNode(this);
		return node && firstOf(node) !== null;
	},
	getNamespaceForPrefix(prefix: unknown) {
		const node = asNode(this);
		if (node === undefined) return undefined;
		return prefix === undefined ? null : namespaceForPrefix(node, toText(prefix));
	},
	getPrefixForNamespace(namespace: unknown) {
		const node = asNode(this);
		if (node === undefined) return undefined;
		return namespace === undefined ? null : prefixForNamespace(node, toText(namespace));
	},
	toString() {
		const node = asNode(this);
		return node === undefined ? "[type Object]" : printNode(node);
	},
};

// The same with the objects that nodes were made for. Only a program that has such objects pays for looking them up.
const membersWithWrappers: Members = {
	get firstChild() {
		const node = asNode(this);
		return node && wrapperOf(firstOf(node));
	},
	get lastChild() {
		const node = asNode(this);
		return node && wrapperOf(lastOf(node));
	},
	get nextSibling() {
		const node = asNode(this);
		return node && wrapperOf(nextOf(node));
	},
	get previousSibling() {
		const node = asNode(this);
		return node && wrapperOf(previousOf(node));
	},
	get parentNode() {
		const node = asNode(this);
		return node && wrapperOf(parentOf(node));
	},
};

/** An element with this name and nothing else. */
export function newElement(name: string): TreeNode {
	return newNode(ELEMENT, name, null);
}

/** A text node that belongs nowhere. */
export function newText(text: string): TreeNode {
	return newNode(TEXT, null, text);
}

function constructNode(this: object, type?: unknown, value?: unknown): object | undefined {
	if (new.target === undefined) return undefined;
	// Without both arguments there is an object of this class, but no node behind it.
	if (type === undefined || value === undefined) return this;
	const nodeType = toNodeType(type);
	const node = nodeType === ELEMENT ? newElement(toText(value)) : newNode(nodeType, null, toText(value));
	if (new.target !== (XMLNode as unknown)) takePrototype(node, new.target);
	return node;
}

/** Makes `node` an instance of the class that `new` was called with. */
export function takePrototype(node: TreeNode, maker: { readonly prototype: unknown }): void {
	const { prototype } = maker;
	if (isObject(prototype)) Object.setPrototypeOf(node, prototype);
}

/**
 * The class of nodes. `new XMLNode(1, name)` makes an element, `new XMLNode(3, text)` a text; where one of the two is
 * missing, the object is no node: its properties are undefined and it prints `[type Object]`.
 */
export const XMLNode: XMLNodeConstructor = constructNode as unknown as XMLNodeConstructor;

Object.defineProperty(constructNode, "name", { value: "XMLNode" });
Object.defineProperty(constructNode, "prototype", { value: TreeNode.prototype });
Object.defineProperty(TreeNode.prototype, "constructor", { value: constructNode });
installMembers(TreeNode.prototype, members);
beforeFirst(() => installMembers(TreeNode.prototype, membersWithWrappers));
// What console.log prints of a node: its text, as `trace` does. Other hosts ignore the symbol.
Object.defineProperty(TreeNode.prototype, Symbol.for("nodejs.util.inspect.custom"), {
	value(this: unknown) {
		return members.toString.call(this);
	},
	configurable: true,
	writable: true,
});

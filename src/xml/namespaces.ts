// Prefixes and namespaces of nodes. All of it is looked up when asked for, from the attributes as they are then; only the
// default namespace of `namespaceURI` is the one that the parser saw.
// Implements docs/xml.md, "Names and namespaces".

import type { AttributeEntries } from "./attribute-scan.ts";
import { attributeEntries, bagOf, isDefaultNamespace, NO_ENTRIES } from "./attributes.ts";
import { toText } from "./coerce.ts";
import { attributesOf, endOf, nameOf, parentOf, startOf, type TreeNode } from "./tree-node.ts";

/** The part of `name` before its first colon, or "" where that colon is missing or the last character. */
export function prefixOf(name: string): string {
	const colon = splitAt(name);
	return colon === -1 ? "" : name.slice(0, colon);
}

/** The part of `name` behind its first colon, or all of it where that colon is missing or the last character. */
export function localNameOf(name: string): string {
	return name.slice(splitAt(name) + 1);
}

function splitAt(name: string): number {
	const colon = name.indexOf(":");
	return colon === name.length - 1 ? -1 : colon;
}

/** The namespace that `prefix` stands for at `node`, or null. */
export function namespaceForPrefix(node: TreeNode, prefix: string): string | null {
	const wanted = `xmlns:${prefix}`;
	for (let at: TreeNode | null = node; at !== null; at = parentOf(at)) {
		const { names, values } = declarationsAt(at);
		for (let entry = 0; entry < names.length; entry++) {
			const name = names[entry] as string;
			if (prefix === "" ? isDefaultNamespace(name) : name === wanted) return toText(values[entry]);
		}
	}
	return null;
}

/** The prefix that stands for `uri` at `node`: "" for a default namespace, null where there is none. */
export function prefixForNamespace(node: TreeNode, uri: string): string | null {
	for (let at: TreeNode | null = node; at !== null; at = parentOf(at)) {
		const { names, values } = declarationsAt(at);
		for (let entry = 0; entry < names.length; entry++) {
			const name = names[entry] as string;
			if (!name.startsWith("xmlns") || toText(values[entry]) !== uri) continue;
			return isDefaultNamespace(name) ? "" : name.slice(6);
		}
	}
	return null;
}

/** What `namespaceURI` reads: null without a name, else a namespace or "". */
export function namespaceOf(node: TreeNode): string | null {
	const name = nameOf(node);
	if (name === null) return null;
	const prefix = prefixOf(name);
	if (prefix !== "") return namespaceForPrefix(node, prefix) ?? "";
	for (let at: TreeNode | null = node; at !== null; at = parentOf(at)) {
		if (!mayDeclare(at)) continue;
		const parsed = bagOf(at).parsedNamespace;
		if (parsed !== null) return parsed;
	}
	return "";
}

function declarationsAt(node: TreeNode): Readonly<AttributeEntries> {
	return mayDeclare(node) ? attributeEntries(node) : NO_ENTRIES;
}

// Attributes that nobody has read are read only where a declaration can be among them.
function mayDeclare(node: TreeNode): boolean {
	const kept = attributesOf(node);
	if (kept === null) return false;
	if (typeof kept !== "string") return true;
	const range = kept.slice(startOf(node), endOf(node));
	return range.includes("xmlns") || range.includes("&");
}

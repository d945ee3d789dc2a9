// Reads and writes the documents that map to calls: `connect`, `call`, `result` and `status`. In every other document, the root names a
// method. Implements docs/guide/asc.md, "Documents and calls".

import { XML, type XMLNode } from "../../xml/index.ts";
import { escapeText, readValues, writeValues } from "./values.ts";

/** An information object of Flash Media Server. */
export interface Info {
	level: "status" | "warning" | "error";
	code: string;
	description?: string | undefined;
	/** The second argument of `rejectConnection`. */
	application?: unknown;
}

/** The root element of a document; null if it is not well-formed. */
export function rootOf(document: XML): XMLNode | null {
	if (document.status !== 0) return null;
	let node = document.firstChild;
	while (node !== null && node.nodeType !== 1) node = node.nextSibling;
	return node;
}

/** The document of a call. */
export function callDocument(name: string, id: number | undefined, values: readonly unknown[]): string {
	return `<call name="${escapeText(name)}"${id === undefined ? "" : ` id="${id}"`}>${writeValues(values)}</call>`;
}

/** The document with the result of a call. */
export function resultDocument(id: string, value: unknown): string {
	return `<result id="${escapeText(id)}">${writeValues([value])}</result>`;
}

/** A status document; with `id`, the failure of a call. */
export function statusDocument(info: Info, id?: string): string {
	const { level, code, description, application } = info;
	const words = description === undefined ? "" : ` description="${escapeText(description)}"`;
	const more = application === undefined ? "/>" : `><application>${writeValues([application])}</application></status>`;
	return `<status${id === undefined ? "" : ` id="${escapeText(id)}"`} level="${escapeText(level)}" code="${escapeText(code)}"${words}${more}`;
}

/** The information object of a client's `status` document. */
export function readStatus(root: XMLNode): Info {
	const { level, code, description } = root.attributes;
	return {
		level: level === "error" || level === "warning" ? level : "status",
		code: String(code ?? ""),
		description: String(description ?? ""),
	};
}

/** The arguments of a `call` or `connect` document. @throws Error for an element that is not a value */
export function readArguments(root: XMLNode): unknown[] {
	return readValues(root);
}

/** The text of the only argument, if that is XML whose root is `name`: then it is the call's document. Otherwise undefined. */
export function plainDocument(name: string, values: readonly unknown[]): string | undefined {
	const [only] = values;
	if (values.length !== 1 || !(only instanceof Object)) return undefined;
	const root = only instanceof XML ? rootOf(only) : (only as XMLNode);
	return root !== null && root.nodeType === 1 && root.nodeName === name ? String(only) : undefined;
}

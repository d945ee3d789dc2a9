// The documents of the mapping between documents and calls: `connect`, `call`, `result` and `status`, read and written here alone.
// Every other document is a method's name with its contents. Implements docs/guide/asc.md, "Documents and calls".

import { XML, type XMLNode } from "../../xml/index.ts";
import { escapeText, readValues, writeValues } from "./values.ts";

/** What FMS calls an information object. */
export interface Info {
	level: "status" | "warning" | "error";
	code: string;
	description?: string | undefined;
	/** What `rejectConnection` was given. */
	application?: unknown;
}

/** The root element of a document that is well-formed, or null. */
export function rootOf(document: XML): XMLNode | null {
	if (document.status !== 0) return null;
	let node = document.firstChild;
	while (node !== null && node.nodeType !== 1) node = node.nextSibling;
	return node;
}

/** A client's call. */
export function callDocument(name: string, id: number | undefined, values: readonly unknown[]): string {
	return `<call name="${escapeText(name)}"${id === undefined ? "" : ` id="${id}"`}>${writeValues(values)}</call>`;
}

/** What a call came to. */
export function resultDocument(id: string, value: unknown): string {
	return `<result id="${escapeText(id)}">${writeValues([value])}</result>`;
}

/** How it stands; with `id` the failure of a call. */
export function statusDocument(info: Info, id?: string): string {
	const { level, code, description, application } = info;
	const words = description === undefined ? "" : ` description="${escapeText(description)}"`;
	const more = application === undefined ? "/>" : `><application>${writeValues([application])}</application></status>`;
	return `<status${id === undefined ? "" : ` id="${escapeText(id)}"`} level="${escapeText(level)}" code="${escapeText(code)}"${words}${more}`;
}

/** What a `status` of a client says. */
export function readStatus(root: XMLNode): Info {
	const { level, code, description } = root.attributes;
	return {
		level: level === "error" || level === "warning" ? level : "status",
		code: String(code ?? ""),
		description: String(description ?? ""),
	};
}

/** A call's or a connect's arguments. @throws Error for an element that is no value */
export function readArguments(root: XMLNode): unknown[] {
	return readValues(root);
}

/** The document itself, where a call of `name` with these arguments is written by nothing else than its one XML argument. */
export function plainDocument(name: string, values: readonly unknown[]): string | undefined {
	const [only] = values;
	if (values.length !== 1 || !(only instanceof Object)) return undefined;
	const root = only instanceof XML ? rootOf(only) : (only as XMLNode);
	return root !== null && root.nodeType === 1 && root.nodeName === name ? String(only) : undefined;
}

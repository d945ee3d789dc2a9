// The values of calls, written as Flash Player's ExternalInterface writes them: `<string>`, `<number>`, `<true/>`, `<false/>`, `<null/>`,
// `<undefined/>`, `<date>`, `<array>` and `<object>` with a `<property id="…">` for each entry. In addition, `<xml>` contains nodes.
// Implements docs/guide/asc.md, "Values".

import { XML, XMLNode } from "../../xml/index.ts";

const MAX_DEPTH = 32;

type Constructor = new () => object;
const classes = new Map<string, Constructor>();
const classNames = new Map<unknown, string>();

/** `application.registerClass`: objects of the class are written with its name and read as its instances. */
export function registerClass(name: string, made: unknown): boolean {
	if (typeof made !== "function") return false;
	classes.set(name, made as Constructor);
	classNames.set(made, name);
	return true;
}

/** Escapes a text for content and for a quoted attribute. */
export function escapeText(text: string): string {
	return text
		.replace(/&/g, "&amp;")
		.replace(/</g, "&lt;")
		.replace(/>/g, "&gt;")
		.replace(/"/g, "&quot;")
		.replace(/'/g, "&apos;");
}

/** Values as markup, one after the other. @throws RangeError if objects are nested more than 32 deep, or contain themselves */
export function writeValues(values: readonly unknown[]): string {
	let text = "";
	for (let at = 0; at < values.length; at++) text += writeValue(values[at], 0);
	return text;
}

function writeValue(value: unknown, depth: number): string {
	switch (typeof value) {
		case "string":
			return `<string>${escapeText(value)}</string>`;
		case "number":
			return `<number>${value}</number>`;
		case "boolean":
			return value ? "<true/>" : "<false/>";
		case "object":
			return value === null ? "<null/>" : writeObject(value, depth);
		default:
			return "<undefined/>";
	}
}

function writeObject(value: object, depth: number): string {
	if (depth >= MAX_DEPTH)
		throw new RangeError(
			`A value is nested more than ${MAX_DEPTH} objects deep, or contains itself; send a smaller value.`,
		);
	if (value instanceof XMLNode) return `<xml>${value.toString()}</xml>`;
	if (value instanceof Date) return `<date>${value.getTime()}</date>`;
	if (value instanceof String || value instanceof Number || value instanceof Boolean)
		return writeValue(value.valueOf(), depth);
	const list = Array.isArray(value);
	const className = list ? undefined : classNames.get(value.constructor);
	let text = list ? "<array>" : className === undefined ? "<object>" : `<object class="${escapeText(className)}">`;
	for (const key of Object.keys(value)) {
		const entry = (value as Record<string, unknown>)[key];
		// Methods are not values.
		if (typeof entry === "function") continue;
		text += `<property id="${escapeText(key)}">${writeValue(entry, depth + 1)}</property>`;
	}
	return `${text}</${list ? "array" : "object"}>`;
}

/** The values of an element's children; white space between them is ignored. */
export function readValues(parent: XMLNode): unknown[] {
	const values: unknown[] = [];
	for (let child = parent.firstChild; child !== null; child = child.nextSibling) {
		if (child.nodeType === 1) values.push(readValue(child, 0));
	}
	return values;
}

/** @throws Error for an element that is not a value */
function readValue(node: XMLNode, depth: number): unknown {
	if (depth > MAX_DEPTH) throw new RangeError(`A value is nested more than ${MAX_DEPTH} objects deep.`);
	switch (node.nodeName) {
		case "string":
			return textIn(node);
		case "number":
			return Number(textIn(node));
		case "true":
			return true;
		case "false":
			return false;
		case "null":
			return null;
		case "undefined":
			return undefined;
		case "date":
			return new Date(Number(textIn(node)));
		case "xml":
			return readXml(node);
		case "array":
			return readProperties(node, [], depth);
		case "object":
			return readClass(node, depth);
		default:
			throw new Error(
				`<${node.nodeName}> is not a value: write <string>, <number>, <true/>, <false/>, <null/>, <undefined/>, <date>, <array>, <object> or <xml>.`,
			);
	}
}

function readClass(node: XMLNode, depth: number): object {
	const Made = classes.get(String(node.attributes.class));
	if (Made === undefined) return readProperties(node, {}, depth);
	const made = readProperties(node, new Made(), depth) as { onInitialize?: unknown };
	if (typeof made.onInitialize === "function") made.onInitialize();
	return made;
}

function readProperties(node: XMLNode, target: object, depth: number): object {
	for (let child = node.firstChild; child !== null; child = child.nextSibling) {
		if (child.nodeType !== 1) continue;
		let entry = child.firstChild;
		while (entry !== null && entry.nodeType !== 1) entry = entry.nextSibling;
		const id = String(child.attributes.id);
		if (Array.isArray(target) && !(Number(id) < 100_000)) throw new RangeError(`An array has no place "${id}".`);
		Object.defineProperty(target, id, {
			value: entry === null ? undefined : readValue(entry, depth + 1),
			writable: true,
			enumerable: true,
			configurable: true,
		});
	}
	return target;
}

function readXml(node: XMLNode): XML {
	const document = new XML();
	for (let child = node.firstChild; child !== null; child = child.nextSibling)
		document.appendChild(child.cloneNode(true));
	return document;
}

function textIn(node: XMLNode): string {
	let text = "";
	for (let child = node.firstChild; child !== null; child = child.nextSibling) text += child.nodeValue ?? "";
	return text;
}

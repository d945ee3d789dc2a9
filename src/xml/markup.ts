// The result of an xml`…` template: a piece of XML that is known to be well-formed, and how values become such pieces.
// Everything that is not markup already is escaped; there is no way to put a string in unescaped.

import { XMLSocketError } from "../errors/index.ts";
import { toText } from "./coerce.ts";
import { XML } from "./document.ts";
import { isDocument } from "./document-node.ts";
import { asNode, type XMLNode } from "./node.ts";
import { printChildren, printNode } from "./serializer.ts";

/** What can be a value in a template: text, numbers, nodes, other templates, and arrays of them. */
export type MarkupValue =
	| string
	| number
	| bigint
	| boolean
	| null
	| undefined
	| Markup
	| XMLNode
	| readonly MarkupValue[];

/** A piece of XML made by an xml`…` template. It does not change. */
export class Markup {
	readonly #text: string;
	#xml: XML | undefined;

	/** @internal Use the xml`…` template. */
	constructor(text: string) {
		this.#text = text;
	}

	/** The XML as text. */
	toString(): string {
		return this.#text;
	}

	/** The XML as a document, parsed when first asked for and kept. */
	get xml(): XML {
		this.#xml ??= this.toDocument();
		return this.#xml;
	}

	/** A new document at each call. */
	toDocument(): XML {
		return new XML(this.#text);
	}

	/** The first node of the XML, a new one at each call and without parent; null where there is none. */
	toNode(): XMLNode | null {
		const node = this.toDocument().firstChild;
		node?.removeNode();
		return node;
	}
}

/** Whether a value stands for nothing: no content, and no attribute. */
export function isNothing(value: unknown): value is undefined | null | false {
	return value === undefined || value === null || value === false;
}

/**
 * The markup that `value` is in content: markup and nodes as they are, of a document its children, everything else as
 * escaped text.
 *
 * @throws XMLSocketError `XMLSOCKET_NUL_IN_DOCUMENT`
 */
export function contentOf(value: unknown): string {
	if (typeof value === "string") return escapeValue(value);
	if (isNothing(value)) return "";
	if (value instanceof Markup) return value.toString();
	const node = asNode(value);
	if (node !== undefined) return withoutNul(isDocument(node) ? printChildren(node) : printNode(node));
	return Array.isArray(value) ? contentOfAll(value) : escapeValue(toText(value));
}

function contentOfAll(values: readonly unknown[]): string {
	let out = "";
	const waiting: { values: readonly unknown[]; at: number }[] = [{ values, at: 0 }];
	for (let top = waiting.at(-1); top !== undefined; top = waiting.at(-1)) {
		if (top.at === top.values.length) {
			waiting.pop();
			continue;
		}
		const value = top.values[top.at++];
		if (Array.isArray(value)) waiting.push({ values: value, at: 0 });
		else out += contentOf(value);
	}
	return out;
}

/**
 * `text` with the five markup characters written as references.
 *
 * @throws XMLSocketError `XMLSOCKET_NUL_IN_DOCUMENT`
 */
export function escapeValue(text: string): string {
	let out = "";
	let copied = 0;
	for (let at = 0; at < text.length; at++) {
		const unit = text.charCodeAt(at);
		if (unit > 62) continue;
		let written: string;
		if (unit === 38) written = "&amp;";
		else if (unit === 60) written = "&lt;";
		else if (unit === 62) written = "&gt;";
		else if (unit === 34) written = "&quot;";
		else if (unit === 39) written = "&apos;";
		else if (unit === 0) throw nulInDocument(at);
		else continue;
		out += text.slice(copied, at) + written;
		copied = at + 1;
	}
	return copied === 0 ? text : out + text.slice(copied);
}

function withoutNul(text: string): string {
	const at = text.indexOf("\0");
	if (at !== -1) throw nulInDocument(at);
	return text;
}

/** The error for a U+0000 in what a program wants to send. */
export function nulInDocument(offset: number): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_NUL_IN_DOCUMENT",
		`A value holds U+0000 at offset ${offset}; it would end the document there.`,
		{ details: { offset } },
	);
}

// What a document is taken for, its fields, and how some of their values are replaced. Bytes that are not text of the recording's encoding
// are compared and sent as they are.

import type { TextCodec } from "../../wire/index.ts";
import { type Field, FieldList, MOST_PATHS, type ParsedDocument } from "./field.ts";
import { jsonFields } from "./json-fields.ts";
import { xmlFields } from "./xml-fields.ts";

/** Longer documents have no fields: they are compared byte by byte. */
const MOST_FIELD_BYTES = 4 * 1024 * 1024;
const MOST_PIECES = MOST_PATHS + 1;

/** Reads a document. */
export function parseDocument(bytes: Uint8Array, codec: TextCodec): ParsedDocument {
	const text = codec.decode(bytes, 0, bytes.length);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells bytes from text
	if (/[\x00-\x08\x0e-\x1f\ufffd]/.test(text)) {
		return { kind: "binary", bytes, text: latin1(bytes), fields: [], paths: NO_PATHS };
	}
	if (bytes.length <= MOST_FIELD_BYTES) {
		const xml = /^[\s\ufeff]*</.test(text) ? xmlFields(text) : undefined;
		if (xml) return { kind: "xml", bytes, text, fields: xml.fields, paths: xml.paths };
		const json = jsonFields(text);
		if (json) return { kind: "json", bytes, text, fields: json.fields, paths: json.paths };
		const isXt = text.length > 2 && text.startsWith("%") && text.endsWith("%");
		const pieces = isXt ? xtFields(text) : text.includes("|") ? barFields(text) : undefined;
		if (pieces) return { kind: isXt ? "xt" : "text", bytes, text, fields: pieces.fields, paths: pieces.paths };
	}
	return { kind: "text", bytes, text, fields: [], paths: NO_PATHS };
}

/** The text of a document with other values in some of its fields. */
export function withValues(document: ParsedDocument, values: ReadonlyMap<Field, string>): string {
	let out = "";
	let from = 0;
	for (const field of document.fields) {
		const value = values.get(field);
		if (value === undefined) continue;
		out += document.text.slice(from, field.start) + written(field, value, document.text);
		from = field.end;
	}
	return out + document.text.slice(from);
}

const NO_PATHS: ReadonlyMap<string, Field | null> = new Map();

// `%xt%s%m#sm%3%hello%`: the pieces between percent signs; a piece with bars is a list.
function xtFields(text: string): FieldList | undefined {
	const list = new FieldList();
	let start = 1;
	for (let number = 1; start < text.length; number++) {
		const end = text.indexOf("%", start);
		if (!addPieces(list, text, start, end, `xt[${number}]`, `%${number}`)) return undefined;
		start = end + 1;
	}
	return list;
}

function barFields(text: string): FieldList | undefined {
	const list = new FieldList();
	return addPieces(list, text, 0, text.length, "text", "") ? list : undefined;
}

function addPieces(list: FieldList, text: string, from: number, to: number, path: string, name: string): boolean {
	const written = text.slice(from, to);
	if (!written.includes("|")) return list.add({ path, name, value: written, start: from, end: to, form: "plain" });
	let start = from;
	// One more than a list of fields can have, so that a longer one is refused.
	return written.split("|", MOST_PIECES).every((value, index) => {
		const end = start + value.length;
		const place = index + 1;
		const added = list.add({
			path: `${path}[${place}]`,
			name: `${name}|${place}`,
			value,
			start,
			end,
			form: "plain",
		});
		start = end + 1;
		return added;
	});
}

function written(field: Field, value: string, text: string): string {
	switch (field.form) {
		case "attribute":
			// A value keeps its kind of quotes.
			return value.replace(/[&<>"']/g, (unit) => REFERENCES[unit]!);
		case "text":
			return value.replace(/[&<>]/g, (unit) => REFERENCES[unit]!);
		case "cdata":
			return value.replaceAll("]]>", "]]]]><![CDATA[>");
		case "json-string":
			return JSON.stringify(value);
		case "json-literal":
			return /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/.test(value)
				? value
				: JSON.stringify(value);
		case "plain":
			// A value with the sign that ends it would become two.
			return text.startsWith("%") ? value.replaceAll("%", "") : value;
	}
}

const REFERENCES: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&apos;",
};

function latin1(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

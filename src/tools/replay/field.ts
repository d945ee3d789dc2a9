// The parts of a document that replay compares and replaces: attribute values, texts, JSON values, pieces between percent signs or bars.
// Each part keeps its place in the text, so that one value can change and every other byte stays as it was.

/** How a value is written at its place. */
export type FieldForm = "attribute" | "text" | "cdata" | "json-string" | "json-literal" | "plain";

/** One value of a document. */
export interface Field {
	/** Where it is: `msg/body/@action`, `msg/body/nick/text()`, `$.user.id`, `xt[3]`, `text[2]`. The same in every document of one form. */
	readonly path: string;
	/** What it is called: the attribute, the element, the JSON key, `%3` for the third piece between percent signs, `|2` between bars. */
	readonly name: string;
	/** The value, decoded. */
	readonly value: string;
	/** Its place in the text: from `start` up to `end`, without quotes. A JSON string's place has its quotes. */
	readonly start: number;
	readonly end: number;
	readonly form: FieldForm;
}

/** What a document is taken for. `binary` has no fields; neither has a `text` without bars. */
export type DocumentKind = "xml" | "json" | "xt" | "text" | "binary";

/** A document with its fields. */
export interface ParsedDocument {
	readonly kind: DocumentKind;
	/** The bytes as they were sent, without the terminator. */
	readonly bytes: Uint8Array;
	/** The text; of a binary document, each byte as one character. */
	readonly text: string;
	/** In the order of the text. */
	readonly fields: readonly Field[];
	/** Every path of the document: its fields, and null for an element. */
	readonly paths: ReadonlyMap<string, Field | null>;
}

/**
 * Collects the fields of one document. With more than 20,000 of them, or with paths of more than four million characters together (long names,
 * deep down), the document counts as plain text.
 */
export class FieldList {
	#pathUnits = 0;
	readonly fields: Field[] = [];
	readonly paths: Map<string, Field | null> = new Map();

	/** @returns false if there are too many, or the path is there already. */
	add(field: Field): boolean {
		if (!this.#hasRoom(field.path) || this.paths.has(field.path)) return false;
		this.fields.push(field);
		this.paths.set(field.path, field);
		return true;
	}

	/** @returns false if there are too many. */
	addElement(path: string): boolean {
		if (!this.#hasRoom(path)) return false;
		this.paths.set(path, null);
		return true;
	}

	#hasRoom(path: string): boolean {
		this.#pathUnits += path.length;
		return this.paths.size < MOST_PATHS && this.#pathUnits <= MOST_PATH_UNITS;
	}
}

/** A document has this many fields and elements at most. */
export const MOST_PATHS = 20_000;
const MOST_PATH_UNITS = 4_000_000;
/** Deeper documents count as plain text. */
export const MOST_LEVELS = 100;

// The fields of a JSON document: its strings, numbers and literals with their places. Only objects and arrays at the top count as JSON.

import { FieldList, MOST_LEVELS } from "./field.ts";

/** Reads the fields of `text`. Undefined if it is not a JSON object or array. */
export function jsonFields(text: string): FieldList | undefined {
	if (!/^[\s\ufeff]*[[{]/.test(text)) return undefined;
	try {
		JSON.parse(text.replace(/^\ufeff/, ""));
	} catch {
		return undefined;
	}
	const list = new FieldList();
	return new Reader(text, list).value("$", "$", 0) ? list : undefined;
}

const STRING = /"(?:[^"\\]|\\.)*"/y;
const LITERAL = /[^\s,\]}]+/y;

// The text is known to be valid, so the reader looks for places only.
class Reader {
	readonly #text: string;
	readonly #list: FieldList;
	#at = 0;

	constructor(text: string, list: FieldList) {
		this.#text = text;
		this.#list = list;
		if (text.startsWith("\ufeff")) this.#at = 1;
	}

	value(path: string, name: string, level: number): boolean {
		if (level > MOST_LEVELS) return false;
		this.#space();
		const first = this.#text[this.#at];
		if (first === "{") return this.#object(path, level);
		if (first === "[") return this.#array(path, name, level);
		const start = this.#at;
		if (first === '"') {
			const value = this.#string();
			return this.#list.add({ path, name, value, start, end: this.#at, form: "json-string" });
		}
		LITERAL.lastIndex = start;
		const value = LITERAL.exec(this.#text)![0];
		this.#at = LITERAL.lastIndex;
		return this.#list.add({ path, name, value, start, end: this.#at, form: "json-literal" });
	}

	#object(path: string, level: number): boolean {
		if (!this.#list.addElement(path)) return false;
		this.#at++;
		for (;;) {
			this.#space();
			if (this.#text[this.#at] === "}") break;
			if (this.#text[this.#at] === ",") {
				this.#at++;
				continue;
			}
			const key = this.#string();
			this.#space();
			this.#at++;
			if (!this.value(`${path}.${key}`, key, level + 1)) return false;
		}
		this.#at++;
		return true;
	}

	#array(path: string, name: string, level: number): boolean {
		if (!this.#list.addElement(path)) return false;
		this.#at++;
		for (let index = 0; ; ) {
			this.#space();
			if (this.#text[this.#at] === "]") break;
			if (this.#text[this.#at] === ",") this.#at++;
			else if (!this.value(`${path}[${index++}]`, name, level + 1)) return false;
		}
		this.#at++;
		return true;
	}

	#string(): string {
		STRING.lastIndex = this.#at;
		const written = STRING.exec(this.#text)![0];
		this.#at = STRING.lastIndex;
		return JSON.parse(written) as string;
	}

	#space(): void {
		while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
	}
}

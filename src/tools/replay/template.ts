// Texts with values in them, for rule files: `<ok name="{{name}}"/>`, `{{md5(k, "secret")}}`. Values are escaped for the document that they are
// put into. docs/guide/replay.md, "Rules".

import { createHash, randomBytes } from "node:crypto";
import { XMLSocketError } from "../../errors/index.ts";

/** Finds the value of a name; an empty text if there is none. */
export type Lookup = (name: string) => string;
type Value = (lookup: Lookup) => string;

/** A text with values. */
export interface Template {
	/** The names that it looks up. */
	readonly names: ReadonlySet<string>;
	/** The text, its values escaped for XML, JSON or `%xt%`, by how the text begins. */
	asDocument(lookup: Lookup): string;
	/** The text, its values as they are. */
	asValue(lookup: Lookup): string;
}

const FUNCTIONS: ReadonlyMap<string, (args: readonly string[]) => string> = new Map([
	["md5", (args: readonly string[]) => digest("md5", args)],
	["sha1", (args: readonly string[]) => digest("sha1", args)],
	["sha256", (args: readonly string[]) => digest("sha256", args)],
	["upper", (args: readonly string[]) => args.join("").toUpperCase()],
	["lower", (args: readonly string[]) => args.join("").toLowerCase()],
	["random", ([length = "16"]: readonly string[]) => randomText(Number(length))],
	["time", () => String(Date.now())],
]);

/**
 * Reads a template.
 *
 * @throws XMLSOCKET_REPLAY_RULES_INVALID
 */
export function parseTemplate(text: string): Template {
	const parts: (string | Value)[] = [];
	const names = new Set<string>();
	let from = 0;
	for (let at = text.indexOf("{{"); at >= 0; at = text.indexOf("{{", from)) {
		parts.push(text.slice(from, at));
		const reader = new Reader(text, at + 2, names);
		parts.push(reader.expression());
		from = reader.end();
	}
	parts.push(text.slice(from));
	return {
		names,
		asValue: (lookup) => parts.map((part) => (typeof part === "string" ? part : part(lookup))).join(""),
		asDocument(lookup) {
			let out = "";
			for (const part of parts) out += typeof part === "string" ? part : escaped(part(lookup), text, out);
			return out;
		},
	};
}

const NAME = /[@%|]?[\w.-]+/y;
const LITERAL = /"([^"]*)"|'([^']*)'|(\d+)(?![\w.-])/y;

class Reader {
	readonly #text: string;
	readonly #names: Set<string>;
	#at: number;

	constructor(text: string, at: number, names: Set<string>) {
		this.#text = text;
		this.#at = at;
		this.#names = names;
	}

	expression(): Value {
		this.#space();
		LITERAL.lastIndex = this.#at;
		const literal = LITERAL.exec(this.#text);
		if (literal) {
			this.#at = LITERAL.lastIndex;
			const value = literal[1] ?? literal[2] ?? literal[3]!;
			return () => value;
		}
		NAME.lastIndex = this.#at;
		const name = NAME.exec(this.#text)?.[0];
		if (name === undefined) throw this.#invalid("a name, a text in quotes or a function");
		this.#at = NAME.lastIndex;
		this.#space();
		if (this.#text[this.#at] === "(") return this.#call(name);
		const looked = name.replace(/^@/, "");
		this.#names.add(looked);
		return (lookup) => lookup(looked);
	}

	/** Where the text goes on behind the closing braces. */
	end(): number {
		this.#space();
		if (!this.#text.startsWith("}}", this.#at)) throw this.#invalid('"}}"');
		return this.#at + 2;
	}

	#call(name: string): Value {
		const run = FUNCTIONS.get(name);
		if (!run && name !== "field") throw this.#invalid(`one of ${[...FUNCTIONS.keys(), "field"].join(", ")}`);
		this.#at++;
		const args: Value[] = [];
		for (;;) {
			this.#space();
			if (this.#text[this.#at] === ")") break;
			args.push(this.expression());
			this.#space();
			if (this.#text[this.#at] === ",") this.#at++;
			else if (this.#text[this.#at] !== ")") throw this.#invalid('"," or ")"');
		}
		this.#at++;
		// The argument of field() is a text.
		if (!run) this.#names.add(args.map((arg) => arg(() => "")).join(""));
		return (lookup) => {
			const values = args.map((arg) => arg(lookup));
			return run ? run(values) : lookup(values.join(""));
		};
	}

	#space(): void {
		while (this.#text[this.#at] === " ") this.#at++;
	}

	#invalid(expected: string): XMLSocketError {
		return new XMLSocketError(
			"XMLSOCKET_REPLAY_RULES_INVALID",
			`The template ${JSON.stringify(this.#text.slice(0, 200))} needs ${expected} at column ${this.#at + 1}.`,
			{ details: { column: this.#at + 1 } },
		);
	}
}

const MARKUP: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&apos;",
};

function escaped(value: string, template: string, before: string): string {
	if (/^[\s\ufeff]*</.test(template)) {
		if (before.lastIndexOf("<![CDATA[") > before.lastIndexOf("]]>")) return value.replaceAll("]]>", "]]]]><![CDATA[>");
		return value.replace(/[&<>"']/g, (unit) => MARKUP[unit]!);
	}
	if (/^[\s\ufeff]*[[{]/.test(template)) return JSON.stringify(value).slice(1, -1);
	return template.startsWith("%") ? value.replaceAll("%", "") : value;
}

function digest(algorithm: string, args: readonly string[]): string {
	return createHash(algorithm).update(args.join("")).digest("hex");
}

function randomText(length: number): string {
	const units = Number.isInteger(length) && length >= 1 && length <= 1024 ? length : 16;
	return randomBytes(units).toString("base64url").slice(0, units);
}

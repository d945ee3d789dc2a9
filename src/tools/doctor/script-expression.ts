// Values of expressions in a page's script, as far as they follow from literals, the page's address and variables that the scripts assign.
// Nothing is run. What cannot be known is `UNKNOWN`, and never a guess.

import { call, method } from "./script-methods.ts";
import type { Token } from "./script-tokens.ts";
import { changedUrl, isUrl, URL_PARTS } from "./script-url.ts";
import { bounded, isPlain, MAX_ITEMS, UNKNOWN, type Value, type ValueMap } from "./script-value.ts";

const MAX_DEPTH = 40;
const ROOTS = /^(?:window|self|globalThis|top|parent|document)$/;
const PRECEDENCE: ReadonlyMap<string, number> = new Map([
	["??", 1],
	["||", 1],
	["&&", 2],
	["==", 3],
	["===", 3],
	["!=", 3],
	["!==", 3],
	["+", 4],
	["-", 4],
]);

/** The variables and properties that a page's scripts assign, evaluated when they are read. */
export class Variables {
	readonly #assigned = new Map<string, { readonly tokens: readonly Token[]; readonly at: number }>();
	/** The calls that add items to a list, by its path. */
	readonly #added = new Map<
		string,
		{ readonly tokens: readonly Token[]; readonly at: number; readonly isRepeated: boolean }[]
	>();
	/** Addresses whose query a script changes. */
	readonly #searched = new Set<string>();
	readonly #known: ReadonlyMap<string, Value>;
	/** Each is evaluated once, so that variables made of variables cost no more than the script's length. */
	readonly #values = new Map<string, Value>();
	#depth = 0;

	/** @param page its address, for `location` */
	constructor(page: URL) {
		const { protocol, host, hostname, origin, port, pathname, search, hash, href } = page;
		this.#known = new Map(
			Object.entries({ protocol, host, hostname, origin, port, pathname, search, hash, href }).flatMap(
				([name, value]) => [[`location.${name}`, value] as const],
			),
		);
	}

	/** Remembers the assignments of a script: `name = …` and `path.to.name = …`. The first one wins. */
	collect(tokens: readonly Token[]): void {
		let hasLoop = false;
		for (const [at, token] of tokens.entries()) {
			if (token.kind === "name") {
				hasLoop ||= /^(?:for|while|forEach)$/.test(token.text);
				this.#collectCall(tokens, at, token.text, hasLoop);
			}
			if (token.kind !== "punctuation" || token.text !== "=") continue;
			const path = pathBefore(tokens, at);
			if (path !== undefined && !this.#assigned.has(path)) this.#assigned.set(path, { tokens, at: at + 1 });
		}
	}

	// `list.push(…)`, and `address.searchParams.set(…)`.
	#collectCall(tokens: readonly Token[], at: number, name: string, isRepeated: boolean): void {
		if (!/^(?:push|unshift|searchParams)$/.test(name)) return;
		const dot = tokens[at - 1];
		const path = dot?.kind === "punctuation" && dot.text === "." ? pathBefore(tokens, at - 1) : undefined;
		if (path === undefined) return;
		const open = tokens[at + 1];
		if (name === "searchParams") this.#searched.add(path);
		else if (open?.kind === "punctuation" && open.text === "(") {
			const calls = this.#added.get(path) ?? [];
			calls.push({ tokens, at: at + 2, isRepeated });
			this.#added.set(path, calls);
		}
	}

	/** The value at a path such as `location.host`. */
	read(path: string): Value {
		const known = this.#known.get(path);
		if (known !== undefined) return known;
		if (this.#values.has(path)) return this.#values.get(path);
		const assigned = this.#assigned.get(path);
		if (!assigned || this.#depth >= MAX_DEPTH) return UNKNOWN;
		// For a variable that is made of itself.
		this.#values.set(path, UNKNOWN);
		this.#depth++;
		const value = this.#changed(path, new Expression(assigned.tokens, assigned.at, this).value());
		this.#depth--;
		this.#values.set(path, value);
		return value;
	}

	// What the scripts do to the value after it was assigned.
	#changed(path: string, value: Value): Value {
		if (Array.isArray(value)) {
			const calls = this.#added.get(path) ?? [];
			if (calls.length === 0) return value;
			const items = calls.flatMap(({ tokens, at }) => new Expression(tokens, at, this).list(")"));
			// How often a loop runs is not known.
			const others: readonly Value[] = calls.some(({ isRepeated }) => isRepeated) ? [UNKNOWN] : [];
			return bounded([...(value as readonly Value[]), ...items, ...others]);
		}
		if (!isUrl(value)) return value;
		if (this.#searched.has(path)) return UNKNOWN;
		// The parts may be made of the address itself.
		this.#values.set(path, value);
		let url: Value = value;
		for (const part of URL_PARTS) {
			const assigned = this.#assigned.get(`${path}.${part}`);
			if (assigned) url = changedUrl(url, part, new Expression(assigned.tokens, assigned.at, this).value());
		}
		return url;
	}
}

/** `a.b` before the position; undefined if there is something else. `window.` is left out. */
function pathBefore(tokens: readonly Token[], end: number): string | undefined {
	const names: string[] = [];
	let at = end - 1;
	for (;;) {
		const token = tokens[at];
		if (token?.kind !== "name") return undefined;
		names.unshift(token.text);
		const before = tokens[at - 1];
		if (before?.kind !== "punctuation" || before.text !== ".") break;
		at -= 2;
	}
	while (names.length > 1 && ROOTS.test(names[0]!)) names.shift();
	return names.join(".");
}

/** Reads one expression. */
export class Expression {
	readonly #tokens: readonly Token[];
	readonly #variables: Variables;
	/** Where it is; after `value`, behind the expression. */
	at: number;
	#depth = 0;

	constructor(tokens: readonly Token[], at: number, variables: Variables) {
		this.#tokens = tokens;
		this.at = at;
		this.#variables = variables;
	}

	/** The value of the expression at the position. */
	value(): Value {
		if (this.#depth >= MAX_DEPTH) {
			this.at = this.#tokens.length;
			return UNKNOWN;
		}
		this.#depth++;
		const test = this.#binary(0);
		let result = test;
		if (this.#skip("?")) {
			const yes = this.value();
			this.#skip(":");
			const no = this.value();
			result = test === UNKNOWN ? UNKNOWN : truthy(test) ? yes : no;
		} else if (this.#skip("=") || this.#skip("||=") || this.#skip("??=")) result = this.value();
		else if (this.#skip("=>")) {
			this.#peek() === "{" ? this.#skipGroup() : this.value();
			result = UNKNOWN;
		}
		this.#depth--;
		return result;
	}

	/** The arguments of a call, where the position is behind its opening parenthesis. */
	list(close: string): Value[] {
		const values: Value[] = [];
		while (this.at < this.#tokens.length && !this.#skip(close)) {
			const before = this.at;
			if (this.#skip("...")) {
				const spread = this.value();
				if (Array.isArray(spread) && values.length < MAX_ITEMS) values.push(...(spread as readonly Value[]));
				else values.push(UNKNOWN);
			} else if (!this.#skip(",")) {
				values.push(this.value());
				this.#skip(",");
			}
			if (this.at === before) this.at++;
		}
		return values;
	}

	#binary(lowest: number): Value {
		let left = this.#unary();
		for (;;) {
			const operator = this.#peek();
			const precedence = operator === undefined ? undefined : PRECEDENCE.get(operator);
			if (operator === undefined || precedence === undefined || precedence <= lowest) return left;
			this.at++;
			left = combine(operator, left, this.#binary(precedence));
		}
	}

	#unary(): Value {
		if (this.#depth >= MAX_DEPTH) {
			this.at = this.#tokens.length;
			return UNKNOWN;
		}
		this.#depth++;
		const value = this.#signed();
		this.#depth--;
		return value;
	}

	#signed(): Value {
		if (this.#skip("!")) {
			const value = this.#unary();
			return value === UNKNOWN ? UNKNOWN : !truthy(value);
		}
		if (this.#skip("-") || this.#skip("+")) {
			const value = this.#unary();
			return typeof value === "number" ? value : UNKNOWN;
		}
		return this.#postfix();
	}

	#postfix(): Value {
		const start = this.#tokens[this.at];
		let path = start?.kind === "name" ? start.text : undefined;
		let value = this.#primary();
		for (;;) {
			if (this.#skip(".") || this.#skip("?.")) {
				const name = this.#tokens[this.at];
				if (name?.kind !== "name") return value;
				this.at++;
				if (this.#peek() === "(") {
					this.at++;
					value = bounded(method(value, path, name.text, this.list(")")));
					path = undefined;
				} else {
					path = path === undefined ? undefined : ROOTS.test(path) ? name.text : `${path}.${name.text}`;
					value =
						value instanceof Map ? value.get(name.text) : path === undefined ? UNKNOWN : this.#variables.read(path);
				}
			} else if (this.#skip("[")) {
				const key = this.list("]")[0];
				if (path !== undefined && ROOTS.test(path) && typeof key === "string") {
					path = key;
					value = this.#variables.read(key);
				} else {
					value = item(value, key);
					path = undefined;
				}
			} else if (this.#skip("(")) {
				value = call(path, this.list(")"));
				path = undefined;
			} else return value;
		}
	}

	#primary(): Value {
		const token = this.#tokens[this.at++];
		if (!token) return UNKNOWN;
		switch (token.kind) {
			case "string":
				return token.text;
			case "number":
				return token.value;
			case "regex":
				return new Map<string, Value>([
					["source", token.source],
					["flags", token.flags],
				]);
			case "template":
				return this.#template(token);
			case "name":
				return this.#named(token.text);
			case "punctuation":
				return this.#group(token.text);
		}
	}

	#template({ texts, parts }: Extract<Token, { kind: "template" }>): Value {
		let text = texts[0] ?? "";
		for (const [at, tokens] of parts.entries()) {
			const given = new Expression(tokens, 0, this.#variables).value();
			const value = isUrl(given) ? given.get("href") : given;
			if (typeof value !== "string" && typeof value !== "number") return UNKNOWN;
			text += String(value) + (texts[at + 1] ?? "");
		}
		return bounded(text);
	}

	#named(name: string): Value {
		if (name === "true" || name === "false") return name === "true";
		if (name === "null") return null;
		if (name === "undefined") return undefined;
		if (name === "new") return this.#unary();
		if (name === "function" || name === "async" || name === "class") {
			while (this.at < this.#tokens.length && this.#peek() !== "{") this.at++;
			this.#skipGroup();
			return UNKNOWN;
		}
		return ROOTS.test(name) ? UNKNOWN : this.#variables.read(name);
	}

	#group(open: string): Value {
		if (open === "[") return this.list("]");
		if (open === "{") return this.#object();
		if (open !== "(") return UNKNOWN;
		const values = this.list(")");
		return values.at(-1);
	}

	#object(): Value {
		const entries = new Map<string, Value>();
		while (this.at < this.#tokens.length && !this.#skip("}")) {
			if (this.#skip(",")) continue;
			if (this.#skip("...")) {
				const spread = this.value();
				if (spread instanceof Map) for (const [key, value] of spread as ValueMap) entries.set(key, value);
				continue;
			}
			const token = this.#tokens[this.at++]!;
			let key: Value =
				token.kind === "name" || token.kind === "string"
					? token.text
					: token.kind === "number"
						? String(token.value)
						: undefined;
			if (token.kind === "punctuation" && token.text === "[") key = this.list("]")[0];
			if (this.#skip(":")) {
				const value = this.value();
				if (typeof key === "string") entries.set(key, value);
			} else if (this.#peek() === "(") {
				this.#skipGroup();
				if (this.#peek() === "{") this.#skipGroup();
			} else if (token.kind === "name") entries.set(token.text, this.#variables.read(token.text));
		}
		return entries;
	}

	#peek(): string | undefined {
		const token = this.#tokens[this.at];
		return token?.kind === "punctuation" ? token.text : undefined;
	}

	#skip(text: string): boolean {
		if (this.#peek() !== text) return false;
		this.at++;
		return true;
	}

	#skipGroup(): void {
		let depth = 0;
		do {
			const text = this.#peek();
			if (text !== undefined && "({[".includes(text)) depth++;
			if (text !== undefined && ")}]".includes(text)) depth--;
			this.at++;
		} while (depth > 0 && this.at < this.#tokens.length);
	}
}

function truthy(value: Value): boolean {
	return Boolean(value);
}

function combine(operator: string, left: Value, right: Value): Value {
	if (operator === "||" || operator === "&&") {
		// `window.RufflePlayer || {}`: what is not known is usually not there yet.
		if (left === UNKNOWN) return operator === "||" ? right : UNKNOWN;
		return truthy(left) === (operator === "||") ? left : right;
	}
	if (operator === "??") return left === UNKNOWN || left === null || left === undefined ? right : left;
	if (left === UNKNOWN || right === UNKNOWN) return UNKNOWN;
	if (operator === "===" || operator === "==") return left === right;
	if (operator === "!==" || operator === "!=") return left !== right;
	if (operator === "-") return typeof left === "number" && typeof right === "number" ? left - right : UNKNOWN;
	if (typeof left === "number" && typeof right === "number") return left + right;
	return isPlain(left) && isPlain(right) ? bounded(String(left) + String(right)) : UNKNOWN;
}

function item(value: Value, key: Value): Value {
	if (value instanceof Map && isPlain(key)) return (value as ValueMap).get(String(key));
	if (Array.isArray(value) && typeof key === "number") return (value as readonly Value[])[key];
	return UNKNOWN;
}

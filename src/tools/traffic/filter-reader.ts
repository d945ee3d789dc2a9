// Reads the text of a filter into a function. The grammar, from the loosest: or, and, not, test. `filter.ts` describes it for users.

import type { Decoded, DocumentForm } from "./decoded.ts";
import { type ElementTest, type PathStep, pathMatcher } from "./element-path.ts";
import type { TrafficEvent } from "./event.ts";
import { compilePattern, type Pattern, PatternMistake } from "./pattern.ts";

/** Tests one event. */
export type Matcher = (event: TrafficEvent, decoded: Decoded | undefined) => boolean;

/** What is missing in a filter, and where. */
export class FilterMistake extends Error {
	readonly expected: string;
	/** From 0. */
	readonly offset: number;

	constructor(expected: string, offset: number) {
		super(expected);
		this.expected = expected;
		this.offset = offset;
	}
}

const KINDS: ReadonlySet<string> = new Set(["document", "policy", "open", "close", "error"]);
const FORMS: ReadonlySet<string> = new Set<DocumentForm>(["xml", "xt", "json", "text", "binary", "empty"]);
const WORD = /[^\s()/[\]=!<>~@'"]+/y;
const MOST_STEPS = 30;
const DEEPEST = 100;
const A_TEST = "a test such as a path, /text/, client, xml or bytes>1000";

/** A reader of one text. */
export class FilterReader {
	readonly #text: string;
	#at = 0;
	#depth = 0;

	constructor(text: string) {
		this.#text = text;
	}

	/** @throws FilterMistake */
	read(): Matcher {
		const matcher = this.#or();
		if (this.#at < this.#text.length)
			throw new FilterMistake(this.#text[this.#at] === ")" ? "a ( before this )" : "and, or, or the end", this.#at);
		return matcher;
	}

	#or(): Matcher {
		let left = this.#and();
		while (this.#word("or")) {
			const [one, other] = [left, this.#and()];
			left = (event, decoded) => one(event, decoded) || other(event, decoded);
		}
		return left;
	}

	#and(): Matcher {
		let left = this.#not();
		while (this.#word("and")) {
			const [one, other] = [left, this.#not()];
			left = (event, decoded) => one(event, decoded) && other(event, decoded);
		}
		return left;
	}

	#not(): Matcher {
		let negative = false;
		while (this.#word("not")) negative = !negative;
		const matcher = this.#test();
		this.#space();
		return negative ? (event, decoded) => !matcher(event, decoded) : matcher;
	}

	#test(): Matcher {
		this.#space();
		const start = this.#at;
		const next = this.#text[start];
		if (next === "(") {
			if (++this.#depth > DEEPEST)
				throw new FilterMistake(`fewer than ${DEEPEST} parentheses inside each other`, start);
			this.#at++;
			const inner = this.#or();
			if (this.#text[this.#at] !== ")")
				throw new FilterMistake(this.#at < this.#text.length ? "and, or, or )" : "a ) for an open (", this.#at);
			this.#at++;
			this.#depth--;
			return inner;
		}
		if (next === "/" && this.#text[start + 1] !== "/") {
			const pattern = this.#pattern();
			return (_, decoded) => decoded?.text !== undefined && pattern(decoded.text);
		}
		if (next === "/" || next === "'" || next === '"' || next === "[") return this.#path();
		WORD.lastIndex = start;
		const word = WORD.exec(this.#text)?.[0];
		if (word === undefined || word === "and" || word === "or") throw new FilterMistake(A_TEST, start);
		const after = this.#text[start + word.length];
		return (after === "/" || after === "[" ? undefined : this.#keyword(word)) ?? this.#path();
	}

	// A word with a meaning of its own; undefined, and nothing read, for the name of an element.
	#keyword(word: string): Matcher | undefined {
		if (word === "connection" || word === "bytes") {
			const found = /\s*(<=|>=|!=|=|<|>)\s*(\d{1,15}(?![\w.]))?/y;
			found.lastIndex = this.#at + word.length;
			const comparison = found.exec(this.#text);
			if (comparison === null) return undefined;
			this.#at = found.lastIndex;
			if (comparison[2] === undefined) throw new FilterMistake("a whole number", this.#at);
			const compare = comparing(comparison[1] as string, Number(comparison[2]));
			if (word === "connection") return (event) => compare(event.connection);
			return (event) => "bytes" in event && compare(event.bytes.length);
		}
		const xt = /^xt:(.+)$/.exec(word)?.[1];
		if (word === "xt:") throw new FilterMistake("the name of a command", this.#at + 3);
		const matcher: Matcher | undefined =
			xt !== undefined
				? (_, decoded) => isCommand(decoded, xt)
				: word === "client" || word === "server"
					? (event) => "direction" in event && event.direction === word
					: KINDS.has(word)
						? (event) => event.kind === word
						: FORMS.has(word)
							? (_, decoded) => decoded?.form === word
							: undefined;
		if (matcher !== undefined) this.#at += word.length;
		return matcher;
	}

	#path(): Matcher {
		const steps: PathStep[] = [];
		let deep = this.#eat("//");
		for (;;) {
			if (steps.length >= MOST_STEPS) throw new FilterMistake(`at most ${MOST_STEPS} steps`, this.#at);
			const name =
				this.#text[this.#at] === "[" && steps.length === 0 ? "*" : this.#name("the name of an element, or *");
			const tests: ElementTest[] = [];
			while (this.#eat("[")) tests.push(this.#elementTest());
			steps.push({ deep, name: name === "*" ? undefined : name, tests });
			deep = this.#eat("//");
			if (!deep && !this.#eat("/")) break;
		}
		const matches = pathMatcher(steps);
		return (_, decoded) => decoded !== undefined && matches(decoded);
	}

	// What is between brackets, up to the "]".
	#elementTest(): ElementTest {
		this.#space();
		const attribute = this.#eat("@") ? this.#name("the name of an attribute") : undefined;
		if (attribute === undefined && !this.#eat("text()")) throw new FilterMistake("@ and a name, or text()", this.#at);
		this.#space();
		const test = this.#eat("!=")
			? negated(this.#value())
			: this.#eat("~=")
				? this.#patternValue()
				: this.#eat("=")
					? this.#value()
					: undefined;
		this.#space();
		if (!this.#eat("]")) throw new FilterMistake(test === undefined ? "=, !=, ~= or ]" : "a ]", this.#at);
		return { attribute, test };
	}

	#value(): Pattern {
		this.#space();
		const value = this.#quoted() ?? this.#bare();
		return (text) => text === value;
	}

	#bare(): string {
		const found = /[^\s\]'"[/]+/y;
		found.lastIndex = this.#at;
		const value = found.exec(this.#text)?.[0];
		if (value === undefined) throw new FilterMistake("a value in quotes", this.#at);
		this.#at = found.lastIndex;
		return value;
	}

	#patternValue(): Pattern {
		this.#space();
		if (this.#text[this.#at] !== "/") throw new FilterMistake("an expression such as /text/", this.#at);
		return this.#pattern();
	}

	#name(expected: string): string {
		const quoted = this.#quoted();
		if (quoted !== undefined) return quoted;
		WORD.lastIndex = this.#at;
		const name = WORD.exec(this.#text)?.[0];
		if (name === undefined) throw new FilterMistake(expected, this.#at);
		this.#at += name.length;
		return name;
	}

	#quoted(): string | undefined {
		const quote = this.#text[this.#at];
		if (quote !== "'" && quote !== '"') return undefined;
		const end = this.#text.indexOf(quote, this.#at + 1);
		if (end < 0) throw new FilterMistake(`a ${quote} that closes this one`, this.#at);
		const text = this.#text.slice(this.#at + 1, end);
		this.#at = end + 1;
		return text;
	}

	// From a "/" to the one behind the expression, with its flags. A slash in a class or behind a backslash does not end it.
	#pattern(): Pattern {
		const start = this.#at;
		let inClass = false;
		let end = start + 1;
		for (; end < this.#text.length; end++) {
			const character = this.#text[end];
			if (character === "\\") end++;
			else if (character === "[") inClass = true;
			else if (character === "]") inClass = false;
			else if (character === "/" && !inClass) break;
		}
		if (end >= this.#text.length) throw new FilterMistake("a / that ends this expression", start);
		const flags = /^[a-z]*/i.exec(this.#text.slice(end + 1))?.[0] ?? "";
		const wrong = flags.search(/[^ismu]/);
		if (wrong >= 0) throw new FilterMistake("no flags but i, s and m", end + 1 + wrong);
		this.#at = end + 1 + flags.length;
		try {
			return compilePattern(this.#text.slice(start + 1, end), flags);
		} catch (error) {
			if (error instanceof PatternMistake) throw new FilterMistake(error.message, start + 1 + error.offset);
			throw error;
		}
	}

	// Reads a word that joins tests. An element of this name is written in quotes.
	#word(word: string): boolean {
		this.#space();
		if (!this.#text.startsWith(word, this.#at)) return false;
		const after = this.#text[this.#at + word.length];
		if (after !== undefined && !/[\s('"/[]/.test(after)) return false;
		this.#at += word.length;
		return true;
	}

	#space(): void {
		while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
	}

	#eat(text: string): boolean {
		if (!this.#text.startsWith(text, this.#at)) return false;
		this.#at += text.length;
		return true;
	}
}

function negated(pattern: Pattern): Pattern {
	return (text) => !pattern(text);
}

function comparing(sign: string, right: number): (left: number) => boolean {
	switch (sign) {
		case "=":
			return (left) => left === right;
		case "!=":
			return (left) => left !== right;
		case "<":
			return (left) => left < right;
		case "<=":
			return (left) => left <= right;
		case ">":
			return (left) => left > right;
		default:
			return (left) => left >= right;
	}
}

function isCommand(decoded: Decoded | undefined, wanted: string): boolean {
	if (decoded?.form !== "xt") return false;
	const { name } = decoded;
	return name !== undefined && (wanted === "*" || name === wanted || name.slice(name.indexOf("#") + 1) === wanted);
}

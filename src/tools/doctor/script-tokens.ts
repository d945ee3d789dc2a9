// The tokens of a page's script, for a reader that never runs it. It tolerates everything: what it does not understand it skips. Comments
// are no tokens, so configuration that is commented out is not found.

/** A piece of a script. */
export type Token =
	| { readonly kind: "name" | "punctuation"; readonly text: string }
	/** A text without its quotes; `text` has its escapes resolved. */
	| { readonly kind: "string"; readonly text: string }
	| { readonly kind: "number"; readonly value: number }
	| { readonly kind: "regex"; readonly source: string; readonly flags: string }
	/** A template: texts, and between each two of them the tokens of an expression. */
	| { readonly kind: "template"; readonly texts: readonly string[]; readonly parts: readonly (readonly Token[])[] };

/** The most tokens of a script that are read. */
export const MAX_TOKENS = 500_000;
/** Templates in templates. */
const MAX_DEPTH = 20;
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const PUNCTUATION = /=>|\?\?=?|\?\.(?!\d)|\|\|=?|&&=?|===|!==|==|!=|\.\.\.|[{}()[\];,<>+\-*/%&|^!~?:=.@#]/y;
const REGEX = /\/((?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.){0,500}\]){1,2000})\/([a-z]*)/y;
const SPACE = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|<!--[^\n]*)+/y;

/** Reads the tokens of a script. */
export function tokensOf(script: string): readonly Token[] {
	return readTokens(script, 0, 0).tokens;
}

/** @param depth how many templates it is in */
function readTokens(script: string, from: number, depth: number): { tokens: Token[]; end: number } {
	const tokens: Token[] = [];
	let braces = 0;
	let at = from;
	const match = (pattern: RegExp): RegExpExecArray | null => {
		pattern.lastIndex = at;
		return pattern.exec(script);
	};
	while (at < script.length && tokens.length < MAX_TOKENS) {
		const space = match(SPACE);
		if (space) {
			at += space[0].length;
			continue;
		}
		const character = script[at]!;
		if (depth > 0 && character === "}" && braces === 0) return { tokens, end: at + 1 };
		if (character === '"' || character === "'") {
			const { text, end } = readString(script, at);
			tokens.push({ kind: "string", text });
			at = end;
			continue;
		}
		if (character === "`") {
			const { token, end } = readTemplate(script, at, depth);
			tokens.push(token);
			at = end;
			continue;
		}
		const name = match(NAME);
		if (name) {
			tokens.push({ kind: "name", text: name[0] });
			at += name[0].length;
			continue;
		}
		const number = match(NUMBER);
		if (number) {
			tokens.push({ kind: "number", value: Number(number[0]) });
			at += number[0].length;
			continue;
		}
		const regex = character === "/" && expectsValue(tokens.at(-1)) ? match(REGEX) : null;
		if (regex) {
			tokens.push({ kind: "regex", source: regex[1]!, flags: regex[2]! });
			at += regex[0].length;
			continue;
		}
		const punctuation = match(PUNCTUATION);
		if (punctuation) {
			if (character === "{") braces++;
			if (character === "}") braces--;
			tokens.push({ kind: "punctuation", text: punctuation[0] });
			at += punctuation[0].length;
		} else at++;
	}
	return { tokens, end: script.length };
}

/** Whether a slash after this token begins a regular expression instead of a division. */
function expectsValue(before: Token | undefined): boolean {
	if (!before) return true;
	if (before.kind === "name") return /^(?:return|typeof|case|in|of|delete|void|throw|new)$/.test(before.text);
	return before.kind === "punctuation" && !/^[)\]}]$/.test(before.text);
}

const ESCAPES: Readonly<Record<string, string>> = {
	n: "\n",
	t: "\t",
	r: "\r",
	b: "\b",
	f: "\f",
	v: "\v",
	"0": "\0",
	"\n": "",
};

function readEscape(script: string, at: number): { text: string; end: number } {
	const found = /\\(?:u\{([\da-fA-F]{1,6})\}|u([\da-fA-F]{4})|x([\da-fA-F]{2})|([\s\S]))/y;
	found.lastIndex = at;
	const match = found.exec(script);
	if (!match) return { text: "", end: at + 1 };
	const code = match[1] ?? match[2] ?? match[3];
	const end = at + match[0].length;
	if (code === undefined) return { text: ESCAPES[match[4]!] ?? match[4]!, end };
	const point = Number.parseInt(code, 16);
	return { text: point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd", end };
}

function readString(script: string, from: number): { text: string; end: number } {
	const quote = script[from];
	let text = "";
	let at = from + 1;
	while (at < script.length && script[at] !== quote && script[at] !== "\n") {
		if (script[at] === "\\") {
			const escaped = readEscape(script, at);
			text += escaped.text;
			at = escaped.end;
		} else text += script[at++];
	}
	return { text, end: at + 1 };
}

function readTemplate(script: string, from: number, depth: number): { token: Token; end: number } {
	const texts: string[] = [];
	const parts: Token[][] = [];
	let text = "";
	let at = from + 1;
	while (at < script.length && script[at] !== "`") {
		if (script[at] === "\\") {
			const escaped = readEscape(script, at);
			text += escaped.text;
			at = escaped.end;
		} else if (script.startsWith("${", at) && depth < MAX_DEPTH) {
			texts.push(text);
			text = "";
			const { tokens, end } = readTokens(script, at + 2, depth + 1);
			parts.push(tokens);
			at = end;
		} else text += script[at++];
	}
	return { token: { kind: "template", texts: [...texts, text], parts }, end: at + 1 };
}

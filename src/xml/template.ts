// The xml`…` template tag: XML with values put in, escaped by construction. What surrounds the values is read once for each
// place in the program and judged strictly; after that a call is one walk over its values.

import { XMLSocketError } from "../errors/index.ts";
import { toText } from "./coerce.ts";
import { contentOf, escapeValue, isNothing, Markup, type MarkupValue } from "./markup.ts";
import { judgeContent, NO_LIMITS } from "./well-formed.ts";

/** Where a value stands. */
type Hole =
	| { readonly kind: "content" }
	/** The whole value of an attribute; `prefix` is ` name="`. The attribute is left out where the value is nothing. */
	| { readonly kind: "attribute"; readonly prefix: string }
	/** A part of an attribute's value. */
	| { readonly kind: "part" };

interface Template {
	/** What stands between the values: one more than there are holes. */
	readonly literals: readonly string[];
	readonly holes: readonly Hole[];
}

const templates = new WeakMap<TemplateStringsArray, Template>();

/**
 * Makes XML from a template. Values in attributes and in content are escaped; an attribute without quotes gets them.
 *
 * - In content: `undefined`, `null` and `false` give nothing; nodes, documents (their children), other templates and arrays
 *   of all these nest as markup; anything else is text.
 * - As an attribute's value: `undefined`, `null` and `false` leave the whole attribute out.
 *
 * The template itself must be well-formed XML and a value cannot be a name, or be in a comment or a CDATA section.
 *
 * @throws XMLSocketError `XMLSOCKET_TEMPLATE_INVALID` for a template that is malformed, at its first use.
 * @throws XMLSocketError `XMLSOCKET_NUL_IN_DOCUMENT` for a value that holds U+0000.
 *
 * @example
 * ```ts
 * const room = "lobby";
 * const text = 'a < b & "c"';
 * String(xml`<say room=${room} id=${undefined}>${text}</say>`);
 * // <say room="lobby">a &lt; b &amp; &quot;c&quot;</say>
 * ```
 */
export function xml(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
	let template = templates.get(strings);
	if (template === undefined) {
		template = readTemplate(strings);
		templates.set(strings, template);
	}
	const { literals, holes } = template;
	let out = literals[0] as string;
	for (let at = 0; at < holes.length; at++) {
		const hole = holes[at] as Hole;
		const value = values[at];
		if (hole.kind === "content") out += contentOf(value);
		else if (!isNothing(value)) {
			const text = escapeValue(typeof value === "string" ? value : toText(value));
			out += hole.kind === "part" ? text : `${hole.prefix}${text}"`;
		}
		out += literals[at + 1];
	}
	return new Markup(out);
}

type Context = "content" | "tag" | '"' | "'" | "end tag" | "comment" | "CDATA section";

const ENDS: Readonly<Record<Exclude<Context, "content">, string>> = {
	tag: ">",
	'"': '"',
	"'": "'",
	"end tag": ">",
	comment: "-->",
	"CDATA section": "]]>",
};

function readTemplate(strings: TemplateStringsArray): Template {
	const literals: string[] = [];
	const holes: Hole[] = [];
	let context: Context = "content";
	// A quote that the literal before has taken over into its hole's prefix.
	let skip = 0;
	for (let at = 0; at < strings.length; at++) {
		const cooked = strings[at];
		if (cooked === undefined) throw invalid(strings, at, 0, "An escape sequence is malformed");
		context = contextAfter(cooked, skip, context);
		let literal = cooked.slice(skip);
		skip = 0;
		if (at < strings.length - 1) {
			const hole = readHole(strings, at, literal, context);
			holes.push(hole.hole);
			literal = literal.slice(0, hole.literalEnd);
			if (hole.closing) {
				skip = 1;
				context = "tag";
			}
		}
		literals.push(literal);
	}
	judge(strings, literals, holes);
	return { literals, holes };
}

// Only where a value stands has to be found out here: the judge looks at everything else.
function contextAfter(literal: string, start: number, context: Context): Context {
	let at = start;
	while (at < literal.length) {
		if (context === "content") {
			at = literal.indexOf("<", at);
			if (at === -1) break;
			if (literal.startsWith("<!--", at)) context = "comment";
			else if (literal.startsWith("<![CDATA[", at)) context = "CDATA section";
			else context = literal.startsWith("</", at) ? "end tag" : "tag";
			at += context === "comment" ? 4 : context === "CDATA section" ? 9 : 1;
		} else if (context === "tag") {
			const unit = literal.charAt(at++);
			if (unit === ">") context = "content";
			else if (unit === '"' || unit === "'") context = unit;
		} else {
			const end = ENDS[context];
			at = literal.indexOf(end, at);
			if (at === -1) break;
			at += end.length;
			context = context === '"' || context === "'" ? "tag" : "content";
		}
	}
	return context;
}

interface ReadHole {
	readonly hole: Hole;
	/** Where the literal before it ends. */
	readonly literalEnd: number;
	/** Whether the literal behind it begins with the closing quote. */
	readonly closing: boolean;
}

function readHole(strings: TemplateStringsArray, at: number, literal: string, context: Context): ReadHole {
	const whole = { literalEnd: literal.length, closing: false };
	if (context === "content") return { hole: { kind: "content" }, ...whole };
	const next = strings[at + 1] ?? "";
	if (context === '"' || context === "'") {
		const found = /\s+([^\s"'<>/=]+)\s*=\s*["']$/.exec(literal);
		if (found === null || !next.startsWith(context)) return { hole: { kind: "part" }, ...whole };
		return { hole: { kind: "attribute", prefix: ` ${found[1]}="` }, literalEnd: found.index, closing: true };
	}
	if (context === "tag") {
		const found = /\s+([^\s"'<>/=]+)\s*=\s*$/.exec(literal);
		if (found === null) throw invalid(strings, at, literal.length, "A value stands where a name belongs");
		if (!/^(\s|\/?>)/.test(next))
			throw invalid(strings, at, literal.length, "Something follows a value without quotes");
		return { hole: { kind: "attribute", prefix: ` ${found[1]}="` }, literalEnd: found.index, closing: false };
	}
	throw invalid(strings, at, literal.length, `A value is in ${context === "end tag" ? "an" : "a"} ${context}`);
}

// A sample of what the template makes, with each value one letter long, goes before the strict judge.
function judge(strings: TemplateStringsArray, literals: readonly string[], holes: readonly Hole[]): void {
	let sample = literals[0] as string;
	for (let at = 0; at < holes.length; at++) {
		const hole = holes[at] as Hole;
		sample += `${hole.kind === "attribute" ? `${hole.prefix}x"` : "x"}${literals[at + 1]}`;
	}
	const refusal = judgeContent(sample, 0, sample.length, NO_LIMITS);
	if (refusal === undefined) return;
	const near = sample.slice(Math.max(0, refusal.offset - 20), refusal.offset + 20);
	throw new XMLSocketError(
		"XMLSOCKET_TEMPLATE_INVALID",
		`${refusal.reason}, near "${near}" in the template ${shown(strings)}.`,
	);
}

function invalid(strings: TemplateStringsArray, at: number, offset: number, what: string): XMLSocketError {
	const before = (strings[at] ?? "").slice(0, offset).slice(-20);
	return new XMLSocketError(
		"XMLSOCKET_TEMPLATE_INVALID",
		`${what}, behind "${before}" in the template ${shown(strings)} (value ${at + 1}).`,
		{ details: { value: at + 1 } },
	);
}

function shown(strings: TemplateStringsArray): string {
	const text = strings.raw.join("{…}");
	return text.length <= 120 ? text : `${text.slice(0, 120)}…`;
}

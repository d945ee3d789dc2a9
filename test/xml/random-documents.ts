// Inputs for comparing parsers: a seeded generator that writes XML-like texts out of the pieces that matter (tags, quotes,
// references, sections, declarations, white space, odd names), takes the inputs of the page's own tables, and spoils many
// of both by cutting, doubling, splicing and changing letter case.

/** A small seeded random generator (mulberry32); the same seed gives the same inputs. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** An integer from 0 to `count` - 1. */
	below(count: number): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = this.#state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * count);
	}

	/** True once in `count` times. */
	once(count: number): boolean {
		return this.below(count) === 0;
	}

	pick<T>(choices: readonly T[]): T {
		return choices[this.below(choices.length)] as T;
	}
}

const PLAIN_NAMES = ["a", "b", "c", "say", "room", "p:a", "q:b", "n"];
const NAMES = [
	...PLAIN_NAMES,
	"A",
	"SAY",
	"Say",
	"id",
	"ID",
	"a/",
	"/",
	"a//",
	"x:y",
	":",
	"::",
	"x:",
	":y",
	"p:q:r",
	"5",
	"05",
	"__proto__",
	"constructor",
	"toString",
	"length",
	"é",
	"É",
	"a=b",
	"a<b",
	"xmlns",
	"xmlns:p",
	"xmlns:",
	"xmlnsa",
	"Xmlns",
	"&lt;",
	"&#105;d",
	"i&#100;",
	"&amp",
	"&#120;mlns",
	"?foo?",
	"!ELEMENT",
	"?xm",
	"a-very-long-name-of-an-element",
	"an-attribute-name-beyond-24-units",
	"thirteen-long",
	"twelve--long",
	"\u{1f600}",
	"\u017fay",
	"\u212a",
	"-",
	"--",
	"'",
	'a"b',
	"\u00a0",
	"\0",
	"a\0",
];
const ATTRIBUTES = ["id", "id", "x", "y", "n", "room", "xmlns", "xmlns:p", "xmlns:q", "xmlns:", "xmlnsa", "i&#100;"];
const VALUES = ["1", "2", "ann", "urn:p", "urn:q", "", "x y", "&amp;", "&#97;nn"];
const TEXTS = [
	"hello",
	"a",
	" ",
	"\n",
	"\t \r",
	"\u00a0",
	"\u000b",
	"é",
	"&",
	"&&",
	"&amp;",
	"&lt;",
	"&gt;",
	"&quot;",
	"&apos;",
	"&nbsp;",
	"&LT;",
	"&Amp;",
	"&amp",
	"&am;",
	"&ampl;",
	"&thing;",
	";",
	"&#65;",
	"&#0065;",
	"&#229e2;",
	"&#ee229;",
	"&#;",
	"&#",
	"&#x41;",
	"&#x41g;",
	"&#x;",
	"&#X41;",
	"&#0;",
	"&#x0;",
	"&#55296;",
	"&#57343;",
	"&#57344;",
	"&#xdfff;",
	"&#1114111;",
	"&#1114112;",
	"&#x10FFFF;",
	"&#x110000;",
	"&#99999999999999999999;",
	"&#128512;",
	"&#x1F600;",
	"&#65 and ",
	"&#65&lt;",
	"&amp;lt;",
	"&amp;#65;",
	">",
	'"',
	"'",
	"]]>",
	"]",
	"--",
	"-->",
	"/>",
	"=",
	"?>",
	"\0",
	"\ufeff",
	"\u{1f600}",
	"\ud800",
	"\\",
	'\\"',
	"x".repeat(40),
	"a fairly long text of more than twenty-four units",
	"a long one with <!---->a comment & an ampersand in it",
	"&#1 &amp;",
];
const PIECES = [
	"<",
	">",
	"</",
	"/>",
	"<a",
	"<a>",
	"</a>",
	"<a/>",
	"</a/>",
	"<a />",
	"<a/ >",
	"<>",
	"</>",
	"<//>",
	"< a>",
	"</ a>",
	"<a b",
	"<a b=",
	"<a b='",
	"<a b='c'",
	"<a b=c>",
	"<a\0b>",
	"<!--",
	"-->",
	"<!-->",
	"<!--->",
	"<!---->",
	"<!- -->",
	"<!",
	"<![CDATA[",
	"<![cdata[",
	"<![CData[x]]>",
	"<![CDATA",
	"<![CDATA[]]>",
	"<![CDATA[ ]]>",
	"]]>",
	"]]]>",
	"<?xml",
	"<?xml?>",
	"<?xml?",
	"<?xMl x?>",
	"<?xml-stylesheet a?>",
	"<?foo?>",
	"<?xm ?>",
	"<?",
	"?>",
	"<!DOCTYPE",
	"<!DOCTYPE>",
	"<!doctype d>",
	"<!DOCTYPE d [<!ENTITY e 'x'>]>",
	"<!DOCTYPE d [",
	"<!ELEMENT x>",
	"\ufeff",
];
/** The inputs that the page's tables give, and what players have been seen to read. */
const KNOWN = [
	"<a><b/></a>",
	"<a><![CDATA[bl</a>.. ]></a>",
	"<a/><?xml A",
	"<a/><?xml A ?><b/><?xml B",
	"<a/><!DOCTYPE A",
	"<a/><!DOCTYPE A><b/><!DOCTYPE B",
	"<a/><!-- <b/>",
	"<>a",
	"</>a",
	"<a",
	"<a/",
	"</a",
	"</a b='c'",
	"<a b='c'",
	"<a ='b'/>",
	"<a A/><b/>",
	"<a A=x></a><b/>",
	"<a A='x></a><b/>",
	"<a>",
	"<a><b><c/></a>",
	"<a><b></a><c/>",
	"<b><c/></a>",
	"<a><b></c><d/></b></a>",
	"</a>",
	"<a></b><c/></a>",
	"<a></b></a><c/>",
	"<a/ ></a/>",
	"<a>&</a>",
	"<a A='&'/>",
	"<open att='",
	"<open att      r='kk'",
	"<open>& ' \"<",
	'</open><open>node with "</open>',
	"<open/><open><!-- ..",
	"<X1> t </X1>",
	"comment <!-- x -->text",
	"<?xMl decl?><?XMl new?>",
	"<a/>",
	"</a/>",
	"A & &thing; B &&thing; &&amp;",
	"1: &#229; 2: &#228; 3: &#1025; 4: &#02312; 5: &#0228;",
	"1: &#229e2; 2: &#76e9; 3: &#ee229; 4: &#fee; 5: &#97;",
	"<t xmlns:='b' xmlns='a'/>",
	"<t xmlnsaaa='b' xmlns='a'/>",
	"<tag xmlns:t='nst'><tag2 xmlns='nss'><tag3 xmlns:r='nsr'/></tag2></tag>",
	"<a id='x'><b id='5'/><c i&#100;='&lt;'/></a>",
	"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
	"<x>]]]></x><y><![CDATA[x]]]></y>",
	'<say room="lobby" id=\'c&amp;1\' room="other">a &lt; <![CDATA[<b>]]><!-- x --> c</say>',
];

/** One input. */
export function randomDocument(random: Random): string {
	if (random.once(250)) return big(random);
	const text = written(random);
	return random.once(3) ? spoiled(random, text) : text;
}

function written(random: Random): string {
	switch (random.below(8)) {
		case 0:
			return pieces(random);
		case 1:
			return random.pick(KNOWN);
		case 2:
		case 3:
			return tidy(random);
		default:
			return tree(random, 3);
	}
}

function pieces(random: Random): string {
	let text = "";
	for (let count = 1 + random.below(9); count > 0; count--) {
		const kind = random.below(3);
		text += kind === 0 ? random.pick(TEXTS) : kind === 1 ? random.pick(PIECES) : random.pick(NAMES);
	}
	return text;
}

// A text that people would write: one root, plain names, no wild pieces.
function tidy(random: Random): string {
	const before = random.pick([
		"",
		"",
		"",
		"",
		"<?xml version='1.0'?>",
		"<?xml x?>\n",
		"<!-- c -->",
		" ",
		"<!DOCTYPE a>",
	]);
	return before + element(random, random.below(3), true) + random.pick(["", "", "", "\n", " <!-- d -->"]);
}

function tree(random: Random, depth: number): string {
	let text = "";
	for (let count = random.below(4); count > 0; count--) text += node(random, depth, false);
	return text;
}

function node(random: Random, depth: number, plain: boolean): string {
	switch (random.below(9)) {
		case 0:
		case 1:
			return plain ? random.pick(VALUES) : random.pick(TEXTS) + random.pick(TEXTS);
		case 2:
			return `<![CDATA[${plain ? "<&" : random.pick(TEXTS)}]]>`;
		case 3:
			return `<!--${plain ? " c " : random.pick(TEXTS)}-->`;
		case 4:
			return plain ? " " : random.pick(PIECES);
		default:
			return element(random, depth, plain);
	}
}

function element(random: Random, depth: number, plain: boolean): string {
	const name = plain || random.once(2) ? random.pick(PLAIN_NAMES) : random.pick(NAMES);
	const start = `<${name}${attributes(random, plain)}`;
	if (depth === 0 || random.once(3)) return `${start}${random.pick(["/>", " />", `></${name}>`])}`;
	const end = !plain && random.once(10) ? name.toUpperCase() : name;
	let content = "";
	for (let count = random.below(4); count > 0; count--) content += node(random, depth - 1, plain);
	return `${start}>${content}</${end}${plain ? "" : random.pick(["", "", "", " ", " x", "/"])}>`;
}

function attributes(random: Random, plain: boolean): string {
	let text = "";
	const used = new Set<string>();
	let count = random.pick([0, 0, 0, 1, 1, 2, 3, 5]);
	if (random.once(40)) count = 10 + random.below(20);
	for (; count > 0; count--) {
		let name = plain || random.once(2) ? random.pick(ATTRIBUTES) : random.pick(NAMES);
		if (count > 5 && random.once(2)) name = `k${random.below(20)}`;
		// Half of all elements have no attribute twice.
		if (plain && used.has(name)) continue;
		used.add(name);
		const quote = random.pick(['"', "'"]);
		const value = plain || random.once(2) ? random.pick(VALUES) : random.pick(TEXTS);
		const space = plain || random.once(2) ? " " : random.pick([" ", "\n", "\t ", ""]);
		const equals = plain || random.once(2) ? "=" : random.pick(["=", " = ", "\n=\t", "= "]);
		text += `${text === "" ? " " : space}${name}${equals}${quote}${value}${quote}`;
	}
	return text;
}

// Long, deep or wide: rare, because one costs as much as hundreds of others.
function big(random: Random): string {
	const name = random.pick(NAMES);
	switch (random.below(4)) {
		case 0: {
			const depth = 1 + random.below(300);
			return (
				`<${name} id='${depth}'>`.repeat(depth) + random.pick(TEXTS) + `</${name}>`.repeat(depth - random.below(2))
			);
		}
		case 1:
			return `<${name}>${(random.pick(TEXTS) + random.pick(TEXTS)).repeat(1 + random.below(60))}</${name}>`;
		case 2: {
			let text = `<${name}`;
			for (let count = random.below(80); count > 0; count--) {
				text += ` ${random.once(5) ? random.pick(NAMES) : `k${random.below(60)}`}="${random.pick(VALUES)}"`;
			}
			return `${text}/>`;
		}
		default:
			return written(random).repeat(1 + random.below(12));
	}
}

function spoiled(random: Random, text: string): string {
	let result = text;
	for (let count = random.pick([1, 1, 1, 2, 4]); count > 0; count--) {
		const at = random.below(result.length + 1);
		const end = at + random.below(Math.min(8, result.length - at + 1));
		const before = result.slice(0, at);
		switch (random.below(8)) {
			case 0:
				result = before;
				break;
			case 1:
				result = result.slice(at);
				break;
			case 2:
				result = before + result.slice(at + 1);
				break;
			case 3:
				result = before + random.pick(random.once(2) ? PIECES : TEXTS) + result.slice(at);
				break;
			case 4:
				result = before + random.pick([..."<>/='\"& ;#!?-[]\t\0aA"]) + result.slice(at + 1);
				break;
			case 5:
				result = result.slice(0, end) + result.slice(at);
				break;
			case 6: {
				const part = result.slice(at, end);
				result = before + (part === part.toLowerCase() ? part.toUpperCase() : part.toLowerCase()) + result.slice(end);
				break;
			}
			default: {
				const other = random.pick(KNOWN);
				result = before + other.slice(random.below(other.length));
			}
		}
	}
	return result;
}

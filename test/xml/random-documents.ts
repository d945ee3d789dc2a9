// Inputs for comparing parsers: a seeded generator that writes XML-like texts out of the pieces that matter (tags, quotes,
// references, sections, declarations, white space, odd names) and then spoils some of them.

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

	pick<T>(choices: readonly T[]): T {
		return choices[this.below(choices.length)] as T;
	}
}

const NAMES = [
	"a",
	"b",
	"A",
	"say",
	"SAY",
	"Say",
	"id",
	"room",
	"a/",
	"/",
	"x:y",
	":",
	"5",
	"__proto__",
	"constructor",
	"toString",
	"é",
	"a=b",
	"a<b",
	"xmlns",
	"xmlns:p",
	"xmlns:",
	"xmlnsa",
	"&lt;",
	"&#105;d",
	"i&#100;",
	"&amp",
	"?foo?",
	"!ELEMENT",
	"a-very-long-name-of-an-element",
	"an-attribute-name-beyond-24-units",
	"\u{1f600}",
	"-",
	"'",
	'a"b',
];
const TEXTS = [
	"hello",
	" ",
	"\n",
	"\t \r",
	"\u00a0",
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
	"&#55296;",
	"&#1114111;",
	"&#1114112;",
	"&#99999999999999999999;",
	"&#128512;",
	"&#x1F600;",
	"&amp;lt;",
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
	"\u{1f600}",
	"\ud800",
	"\\",
	'\\"',
	"x".repeat(40),
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
	"< a>",
	"<a b",
	"<a b=",
	"<a b='",
	"<a b='c'",
	"<a b=c>",
	"<!--",
	"-->",
	"<!-->",
	"<!--->",
	"<!---->",
	"<!",
	"<![CDATA[",
	"<![cdata[",
	"<![CDATA",
	"]]>",
	"]]]>",
	"<?xml",
	"<?xMl x?>",
	"<?xml-stylesheet a?>",
	"<?foo?>",
	"<?",
	"?>",
	"<!DOCTYPE",
	"<!doctype d>",
	"<!DOCTYPE d [<!ENTITY e 'x'>]>",
	"<!DOCTYPE d [",
	"<!ELEMENT x>",
	"\ufeff",
];

/** One input. */
export function randomDocument(random: Random): string {
	switch (random.below(4)) {
		case 0:
			return pieces(random);
		case 1:
			return spoiled(random, tree(random, 4));
		default:
			return tree(random, 5);
	}
}

function pieces(random: Random): string {
	let text = "";
	for (let count = 1 + random.below(12); count > 0; count--) {
		const kind = random.below(3);
		text += kind === 0 ? random.pick(TEXTS) : kind === 1 ? random.pick(PIECES) : random.pick(NAMES);
	}
	return text;
}

function tree(random: Random, depth: number): string {
	let text = "";
	for (let count = random.below(4); count > 0; count--) text += node(random, depth);
	return text;
}

function node(random: Random, depth: number): string {
	switch (random.below(9)) {
		case 0:
		case 1:
			return random.pick(TEXTS) + random.pick(TEXTS);
		case 2:
			return `<![CDATA[${random.pick(TEXTS)}]]>`;
		case 3:
			return `<!--${random.pick(TEXTS)}-->`;
		case 4:
			return random.pick(PIECES);
		default: {
			const name = random.pick(NAMES);
			const start = `<${name}${attributes(random)}`;
			if (depth === 0 || random.below(3) === 0) return `${start}${random.pick(["/>", " />", `></${name}>`])}`;
			const end = random.below(10) === 0 ? name.toUpperCase() : name;
			return `${start}>${tree(random, depth - 1)}</${end}${random.pick(["", "", "", " ", " x", "/"])}>`;
		}
	}
}

function attributes(random: Random): string {
	let text = "";
	for (let count = random.pick([0, 0, 1, 2, 3, 20]); count > 0; count--) {
		const quote = random.pick(['"', "'"]);
		const space = random.pick([" ", " ", " ", "\n", "\t ", ""]);
		text += `${text === "" ? " " : space}${random.pick(NAMES)}${random.pick(["=", "=", "=", " = ", "\n=\t"])}${quote}${random.pick(TEXTS)}${quote}`;
	}
	return text;
}

function spoiled(random: Random, text: string): string {
	const at = random.below(text.length + 1);
	switch (random.below(4)) {
		case 0:
			return text.slice(0, at);
		case 1:
			return text.slice(0, at) + text.slice(at + 1);
		case 2:
			return text.slice(0, at) + random.pick(PIECES) + text.slice(at);
		default:
			return text.slice(at);
	}
}

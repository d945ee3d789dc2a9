// A second parser and printer, written from the page on ActionScript's XML alone, to compare the real ones with. It is slow
// and plain on purpose: it looks at one character at a time, keeps its own stack and builds ordinary objects.

/** A node as this parser builds it. */
export type PlainNode = PlainElement | PlainText;

export interface PlainText {
	kind: "text";
	text: string;
}

export interface PlainElement {
	kind: "element";
	name: string;
	/** In the order of the source, each name once. */
	attributes: [name: string, value: string][];
	children: PlainNode[];
}

export interface PlainDocument {
	status: number;
	xmlDecl: string | undefined;
	docTypeDecl: string | undefined;
	children: PlainNode[];
	/** The elements by id, as the id map ends up. */
	ids: Map<string, PlainElement>;
}

const WHITE = " \t\r\n";

/** Thrown to stop the parse with a status; no Error, because a trace of the stack costs more than the whole parse. */
class Stop {
	readonly status: number;
	constructor(status: number) {
		this.status = status;
	}
}

export function plainParse(input: string, ignoreWhite: boolean): PlainDocument {
	const document: PlainDocument = {
		status: 0,
		xmlDecl: undefined,
		docTypeDecl: undefined,
		children: [],
		ids: new Map(),
	};
	const stack: PlainElement[] = [];
	let rest = 0;

	const siblings = (): PlainNode[] =>
		stack.length === 0 ? document.children : (stack[stack.length - 1] as PlainElement).children;
	const upTo = (mark: string, from: number, status: number): number => {
		for (let at = from; at + mark.length <= input.length; at++)
			if (input.substring(at, at + mark.length) === mark) return at;
		throw new Stop(status);
	};
	const beginsWith = (mark: string): boolean => input.substring(rest, rest + mark.length).toUpperCase() === mark;
	const white = (): void => {
		while (rest < input.length && WHITE.includes(input.charAt(rest))) rest++;
	};
	const need = (): string => {
		if (rest >= input.length) throw new Stop(-6);
		return input.charAt(rest);
	};

	const text = (): void => {
		let raw = "";
		while (rest < input.length && input.charAt(rest) !== "<") raw += input.charAt(rest++);
		const blank = [...raw].every((character) => WHITE.includes(character));
		if (!(ignoreWhite && blank)) siblings().push({ kind: "text", text: plainDecode(raw) });
	};

	// Leaves the cursor at the character that ended the name: ">" or white space.
	const tagName = (): { name: string; selfClosing: boolean } => {
		let name = "";
		while (need() !== ">" && !WHITE.includes(input.charAt(rest))) name += input.charAt(rest++);
		let selfClosing = false;
		if (input.charAt(rest) === ">" && name.endsWith("/")) {
			name = name.slice(0, -1);
			selfClosing = true;
		}
		if (name === "") throw new Stop(-6);
		return { name, selfClosing };
	};

	const closingTag = (): void => {
		const { name } = tagName();
		while (need() !== ">") rest++;
		rest++;
		const same = (element: PlainElement): boolean => asciiLower(element.name) === asciiLower(name);
		const open = stack[stack.length - 1];
		if (open !== undefined && same(open)) stack.pop();
		else throw new Stop(stack.some(same) ? -9 : -10);
	};

	const openingTag = (): void => {
		const { name, selfClosing } = tagName();
		const element: PlainElement = { kind: "element", name, attributes: [], children: [] };
		let empty = selfClosing;
		if (!selfClosing) {
			for (;;) {
				white();
				if (need() === ">") break;
				if (input.charAt(rest) === "/" && input.charAt(rest + 1) === ">") {
					empty = true;
					rest++;
					break;
				}
				attribute(element);
			}
		}
		rest++;
		siblings().push(element);
		for (const [key, value] of element.attributes) if (key === "id") document.ids.set(value, element);
		if (!empty) stack.push(element);
	};

	const attribute = (element: PlainElement): void => {
		let name = "";
		while (!"=>".includes(need()) && !WHITE.includes(input.charAt(rest))) name += input.charAt(rest++);
		if (name === "") throw new Stop(-6);
		white();
		if (need() !== "=") throw new Stop(-6);
		rest++;
		white();
		const quote = need();
		if (quote !== '"' && quote !== "'") throw new Stop(-6);
		rest++;
		let value = "";
		for (;;) {
			if (rest >= input.length) throw new Stop(-8);
			const character = input.charAt(rest++);
			if (character === quote) break;
			value += character;
		}
		const decoded = plainDecode(name);
		if (!element.attributes.some(([known]) => known === decoded))
			element.attributes.push([decoded, plainDecode(value)]);
	};

	const docType = (): void => {
		const start = rest;
		let depth = 0;
		do {
			if (rest >= input.length) throw new Stop(-4);
			const character = input.charAt(rest++);
			if (character === "<") depth++;
			if (character === ">") depth--;
		} while (depth !== 0);
		document.docTypeDecl = input.slice(start, rest);
	};

	try {
		while (rest < input.length) {
			if (input.charAt(rest) !== "<") {
				text();
			} else if (beginsWith("<?XML")) {
				const end = upTo("?>", rest + 5, -3) + 2;
				document.xmlDecl = (document.xmlDecl === undefined ? "" : document.xmlDecl) + input.slice(rest, end);
				rest = end;
			} else if (beginsWith("<!DOCTYPE")) {
				docType();
			} else if (beginsWith("<!--")) {
				rest = upTo("-->", rest + 4, -5) + 3;
			} else if (beginsWith("<![CDATA[")) {
				const end = upTo("]]>", rest + 9, -2);
				siblings().push({ kind: "text", text: input.slice(rest + 9, end) });
				rest = end + 3;
			} else {
				rest++;
				if (input.charAt(rest) === "/") {
					rest++;
					closingTag();
				} else {
					openingTag();
				}
			}
		}
		if (stack.length > 0) document.status = -9;
	} catch (error) {
		if (!(error instanceof Stop)) throw error;
		document.status = error.status;
	}
	return document;
}

function asciiLower(text: string): string {
	return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

const NAMED: Record<string, string> = {
	"&amp;": "&",
	"&lt;": "<",
	"&gt;": ">",
	"&quot;": '"',
	"&apos;": "'",
	"&nbsp;": "\u00a0",
};

/** Decodes references one at a time, looking afresh at each "&". */
export function plainDecode(raw: string): string {
	let decoded = "";
	let at = 0;
	while (at < raw.length) {
		const found = raw.charAt(at) === "&" ? plainReference(raw.slice(at)) : undefined;
		decoded += found === undefined ? raw.charAt(at) : found.character;
		at += found === undefined ? 1 : found.length;
	}
	return decoded;
}

function plainReference(from: string): { character: string; length: number } | undefined {
	for (const [written, character] of Object.entries(NAMED)) {
		if (from.startsWith(written)) return { character, length: written.length };
	}
	const decimal = /^&#([0-9]+)[^;]*;/.exec(from);
	const hexadecimal = /^&#x([0-9a-fA-F]+);/.exec(from);
	const found = decimal ?? hexadecimal;
	if (found === null) return undefined;
	const code = Number.parseInt(found[1] as string, decimal === null ? 16 : 10);
	if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
	return { character: String.fromCodePoint(code), length: found[0].length };
}

export function plainPrint(document: PlainDocument): string {
	return (document.xmlDecl ?? "") + (document.docTypeDecl ?? "") + document.children.map(plainPrintNode).join("");
}

function plainPrintNode(node: PlainNode): string {
	if (node.kind === "text") return plainEscape(node.text);
	const attributes = node.attributes.map(([name, value]) => ` ${name}="${plainEscape(value)}"`).join("");
	const start = `<${node.name}${attributes}`;
	if (node.children.length === 0) return `${start} />`;
	return `${start}>${node.children.map(plainPrintNode).join("")}</${node.name}>`;
}

const ESCAPED: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

function plainEscape(text: string): string {
	let escaped = "";
	for (const character of text) escaped += ESCAPED[character] ?? character;
	return escaped;
}

// The namespaces that a stream header declares for everything below it. A stanza's own text does not repeat them; to stand
// alone it must. Texts in, texts out: what the network brought is never changed by this. RFC 6120, 4.8.

import { attributes, element, XML } from "../xml/index.ts";

/** The local name of a start tag. Longer names are of no interest here. */
const LOCAL_NAME = /^<(?:[^\s:"'/>]+:)?([^\s:"'/>]+)/;
const NAME_CHARACTERS = 256;

/** One declaration, ready to be put into a start tag. */
export interface Declaration {
	readonly name: string;
	/** With a space before it: ` xmlns="jabber:client"`. */
	readonly text: string;
}

/** Every element gets the declarations of its stream, so that a server could make each of many short elements a long one. */
const MAX_DECLARATIONS = 64;
const MAX_DECLARATION_CHARACTERS = 8192;

/** Whether a fragment is a stream header: a lone start tag whose local name is `stream`. */
export function isStreamHeader(fragment: string): boolean {
	const name = LOCAL_NAME.exec(fragment.slice(0, NAME_CHARACTERS))?.[1];
	return name === "stream" && startTagLength(fragment) === fragment.length && !fragment.endsWith("/>");
}

// The length of the start tag at the beginning of a text, the values of its attributes included; 0 where there is none. A server can send
// a tag of many megabytes, so no regular expression that can go back reads it.
function startTagLength(text: string): number {
	if (!LOCAL_NAME.test(text.slice(0, NAME_CHARACTERS))) return 0;
	const mark = /["'>]/g;
	for (;;) {
		const found = mark.exec(text);
		if (!found) return 0;
		if (found[0] === ">") return mark.lastIndex;
		const end = text.indexOf(found[0], mark.lastIndex);
		if (end === -1) return 0;
		mark.lastIndex = end + 1;
	}
}

/** Whether a fragment is an end tag. */
export function isStreamEnd(fragment: string): boolean {
	return fragment.startsWith("</");
}

/** What a stream header declares: the first 64 declarations, as far as they have 8192 characters together. */
export function declarationsOf(header: string): Declaration[] {
	const root = new XML(header).firstChild;
	const declarations: Declaration[] = [];
	let characters = 0;
	for (const [name, value] of root ? attributes(root) : []) {
		if (name !== "xmlns" && !name.startsWith("xmlns:")) continue;
		const text = String(element("x", { [name]: value })).slice("<x".length, -" />".length);
		characters += text.length;
		if (declarations.length >= MAX_DECLARATIONS || characters > MAX_DECLARATION_CHARACTERS) break;
		declarations.push({ name, text });
	}
	return declarations;
}

/** The text of an element with those declarations that it does not make itself. */
export function withDeclarations(text: string, declarations: readonly Declaration[]): string {
	if (declarations.length === 0) return text;
	const tag = text.slice(0, startTagLength(text));
	if (tag === "") return text;
	const nameEnd = /[\s/>]/.exec(tag)!.index;
	let missing = declarations;
	if (tag.includes("xmlns")) {
		const root = new XML(tag).firstChild;
		const own = new Set(root ? [...attributes(root)].map(([name]) => name) : []);
		missing = declarations.filter(({ name }) => !own.has(name));
	}
	return `${text.slice(0, nameEnd)}${missing.map((one) => one.text).join("")}${text.slice(nameEnd)}`;
}

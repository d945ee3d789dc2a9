// The namespaces that a stream header declares for everything below it. A stanza's own text does not repeat them; to stand
// alone it must. Texts in, texts out: what the network brought is never changed by this. RFC 6120, 4.8.

import { attributes, element, XML } from "../xml/index.ts";

/** A start tag, the values of its attributes included. */
const START_TAG = /^<(?:[^\s:"'/>]+:)?([^\s:"'/>]+)(?:"[^"]*"|'[^']*'|[^"'>])*>/;

/** One declaration, ready to be put into a start tag. */
export interface Declaration {
	readonly name: string;
	/** With a space before it: ` xmlns="jabber:client"`. */
	readonly text: string;
}

/** Whether a fragment is a stream header: a lone start tag whose local name is `stream`. */
export function isStreamHeader(fragment: string): boolean {
	const tag = START_TAG.exec(fragment);
	return tag !== null && tag[1] === "stream" && tag[0].length === fragment.length && !fragment.endsWith("/>");
}

/** Whether a fragment is an end tag. */
export function isStreamEnd(fragment: string): boolean {
	return fragment.startsWith("</");
}

/** What a stream header declares. */
export function declarationsOf(header: string): Declaration[] {
	const root = new XML(header).firstChild;
	if (!root) return [];
	return [...attributes(root)]
		.filter(([name]) => name === "xmlns" || name.startsWith("xmlns:"))
		.map(([name, value]) => ({
			name,
			text: String(element("x", { [name]: value })).slice("<x".length, -" />".length),
		}));
}

/** The text of an element with those declarations that it does not make itself. */
export function withDeclarations(text: string, declarations: readonly Declaration[]): string {
	const tag = START_TAG.exec(text)?.[0];
	if (tag === undefined || declarations.length === 0) return text;
	const nameEnd = /[\s/>]/.exec(tag)!.index;
	let missing = declarations;
	if (tag.includes("xmlns")) {
		const root = new XML(tag).firstChild;
		const own = new Set(root ? [...attributes(root)].map(([name]) => name) : []);
		missing = declarations.filter(({ name }) => !own.has(name));
	}
	return `${text.slice(0, nameEnd)}${missing.map((one) => one.text).join("")}${text.slice(nameEnd)}`;
}

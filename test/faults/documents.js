// Reads the chat's documents with two regular expressions, for clients that must share no code with the daemon. Enough for what
// the daemon writes (docs/chat.md): attributes in double quotes, the five entities, character references.

const ROOT = /^<([a-z]+)((?: [a-z-]+="[^"]*")*) ?(\/?)>/;
const ATTRIBUTE = / ([a-z-]+)="([^"]*)"/g;
const ENTITIES = new Map([
	["amp", "&"],
	["lt", "<"],
	["gt", ">"],
	["quot", '"'],
	["apos", "'"],
]);

/**
 * The root's name and attributes, and its content as text; undefined where it is no such document.
 *
 * @param {string} document
 * @returns {{ name: string, attributes: Map<string, string>, text: string } | undefined}
 */
export function readDocument(document) {
	const root = ROOT.exec(document);
	if (!root) return undefined;
	const [begin, name, written, empty] = root;
	const tail = empty === "/" ? "" : `</${name}>`;
	if (!document.endsWith(tail) || (empty === "/" && document.length !== begin.length)) return undefined;
	const attributes = new Map();
	for (const [, key, value] of written.matchAll(ATTRIBUTE)) attributes.set(key, plain(value));
	return { name, attributes, text: plain(document.slice(begin.length, document.length - tail.length)) };
}

/**
 * One document. What is undefined is left out.
 *
 * @param {string} name
 * @param {Record<string, string | number | undefined>} attributes
 * @param {string} [text]
 */
export function writeDocument(name, attributes, text) {
	let document = `<${name}`;
	for (const [key, value] of Object.entries(attributes)) {
		if (value !== undefined) document += ` ${key}="${escaped(String(value))}"`;
	}
	return text === undefined ? `${document}/>` : `${document}>${escaped(text)}</${name}>`;
}

/** @param {string} text */
function escaped(text) {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** @param {string} text */
function plain(text) {
	if (!text.includes("&")) return text;
	return text.replace(/&(#x?)?(\w+);/g, (whole, number, word) => {
		if (number === undefined) return ENTITIES.get(word) ?? whole;
		return String.fromCodePoint(Number.parseInt(word, number === "#" ? 10 : 16));
	});
}

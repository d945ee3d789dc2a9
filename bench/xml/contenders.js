// The parsers that are compared, each behind the same few functions: parse a text, look at everything of the tree (names,
// attributes, text), give the tree as plain data, and print it where the library can.

import { DOMParser, onErrorStopParsing, XMLSerializer } from "@xmldom/xmldom";
import { render } from "dom-serializer";
import { XMLBuilder, XMLParser } from "fast-xml-parser";
import { parseDocument } from "htmlparser2";
import * as ltx from "ltx";
import { SaxesParser } from "saxes";
import * as txml from "txml";
import { attributes, XML } from "../../dist/xml/index.js";

/** Looks at a text, so that one which a parser has only promised so far is really made. */
const look = (text) => text.length + text.charCodeAt(text.length >> 1);

/** Looks at all names, attributes and texts of a tree of plain objects. */
function readTree(children, name, attributesOf, childrenOf) {
	let sum = 0;
	for (const child of children) {
		if (typeof child === "string") {
			sum += look(child);
			continue;
		}
		sum += look(child[name]);
		const values = attributesOf(child);
		for (const key in values) sum += look(key) + look(values[key]);
		const below = childrenOf(child);
		if (below !== undefined) sum += readTree(below, name, attributesOf, childrenOf);
	}
	return sum;
}

/** Calls `see` for every node below `document`. */
function walkOurs(document, see) {
	let node = document.firstChild;
	while (node !== null) {
		see(node);
		const child = node.firstChild;
		if (child !== null) {
			node = child;
			continue;
		}
		while (node !== document && node.nextSibling === null) node = node.parentNode;
		if (node === document) break;
		node = node.nextSibling;
	}
}

function readOurs(document) {
	let sum = 0;
	walkOurs(document, (node) => {
		if (node.nodeType !== 1) {
			sum += look(node.nodeValue);
			return;
		}
		sum += look(node.nodeName);
		for (const [key, value] of attributes(node)) sum += look(key) + look(value);
	});
	return sum;
}

/** Has the attributes of every element made, as scripts read them. */
function makeAttributes(document) {
	let made = 0;
	walkOurs(document, (node) => {
		if (node.nodeType === 1 && node.attributes !== null) made++;
	});
	return made;
}

function plainOurs(node) {
	if (node.nodeType !== 1) return node.nodeValue;
	return [node.nodeName, Object.fromEntries(attributes(node)), node.childNodes.map(plainOurs)];
}

export const ours = {
	name: "xmlsocket",
	parse: (source) => new XML(source),
	parseEagerly: (source) => {
		const document = new XML(source);
		return makeAttributes(document);
	},
	read: readOurs,
	// As `read`, and leaves nothing unread.
	touch: (document) => readOurs(document) + makeAttributes(document),
	count: (document) => {
		let nodes = 0;
		walkOurs(document, () => nodes++);
		return nodes;
	},
	plain: (document) => document.childNodes.map(plainOurs),
	print: (document) => document.toString(),
};

const txmlContender = {
	name: "txml",
	parse: (source) => txml.parse(source, { keepWhitespace: true }),
	read: (tree) =>
		readTree(
			tree,
			"tagName",
			(node) => node.attributes,
			(node) => node.children,
		),
	plain: (tree) =>
		tree.map(function plain(node) {
			return typeof node === "string" ? node : [node.tagName, { ...node.attributes }, node.children.map(plain)];
		}),
	escapes: false,
	print: (tree) => txml.stringify(tree),
};

const saxesContender = {
	name: "saxes + tree",
	parse: (source) => {
		const parser = new SaxesParser();
		const root = { name: "", attributes: {}, children: [] };
		const open = [root];
		parser.on("opentag", (tag) => {
			const node = { name: tag.name, attributes: tag.attributes, children: [] };
			open[open.length - 1].children.push(node);
			open.push(node);
		});
		const text = (piece) => {
			open[open.length - 1].children.push(piece);
		};
		parser.on("text", text);
		parser.on("cdata", text);
		parser.on("closetag", () => {
			open.pop();
		});
		parser.write(source).close();
		return root;
	},
	read: (root) =>
		readTree(
			root.children,
			"name",
			(node) => node.attributes,
			(node) => node.children,
		),
	plain: (root) =>
		root.children.map(function plain(node) {
			return typeof node === "string" ? node : [node.name, { ...node.attributes }, node.children.map(plain)];
		}),
};

const ltxContender = {
	name: "ltx",
	parse: (source) => ltx.parse(source),
	read: (root) =>
		readTree(
			[root],
			"name",
			(node) => node.attrs,
			(node) => node.children,
		),
	plain: (root) => [
		(function plain(node) {
			return typeof node === "string" ? node : [node.name, { ...node.attrs }, node.children.map(plain)];
		})(root),
	],
	print: (root) => root.toString(),
};

const fxpParser = new XMLParser({
	preserveOrder: true,
	ignoreAttributes: false,
	attributeNamePrefix: "",
	trimValues: false,
	parseTagValue: false,
	htmlEntities: true,
});
const fxpBuilder = new XMLBuilder({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: "" });
const nameOfFxp = (node) => {
	for (const key in node) if (key !== ":@") return key;
	return "";
};
const fxpContender = {
	name: "fast-xml-parser",
	parse: (source) => fxpParser.parse(source),
	read: function read(nodes) {
		let sum = 0;
		for (const node of nodes) {
			const name = nameOfFxp(node);
			if (name === "#text") {
				sum += look(String(node[name]));
				continue;
			}
			sum += look(name);
			const values = node[":@"];
			if (values !== undefined) for (const key in values) sum += look(key) + look(String(values[key]));
			sum += read(node[name]);
		}
		return sum;
	},
	plain: (nodes) =>
		nodes.map(function plain(node) {
			const name = nameOfFxp(node);
			return name === "#text" ? String(node[name]) : [name, { ...node[":@"] }, node[name].map(plain)];
		}),
	print: (nodes) => fxpBuilder.build(nodes),
};

const domParser = new DOMParser({ onError: onErrorStopParsing });
const domSerializer = new XMLSerializer();
const xmldomContender = {
	name: "@xmldom/xmldom",
	parse: (source) => domParser.parseFromString(source, "text/xml"),
	read: function read(node) {
		let sum = 0;
		for (let child = node.firstChild; child !== null; child = child.nextSibling) {
			if (child.nodeType !== 1) {
				sum += look(child.nodeValue);
				continue;
			}
			sum += look(child.nodeName);
			for (let at = 0; at < child.attributes.length; at++) {
				const attribute = child.attributes.item(at);
				sum += look(attribute.name) + look(attribute.value);
			}
			sum += read(child);
		}
		return sum;
	},
	plain: (document) =>
		[...document.childNodes].map(function plain(node) {
			if (node.nodeType !== 1) return node.nodeValue;
			return [
				node.nodeName,
				Object.fromEntries([...node.attributes].map((one) => [one.name, one.value])),
				[...node.childNodes].map(plain),
			];
		}),
	print: (document) => domSerializer.serializeToString(document),
};

const htmlparser2Contender = {
	name: "htmlparser2",
	parse: (source) => parseDocument(source, { xmlMode: true }),
	read: function read(node) {
		let sum = 0;
		for (const child of node.children) {
			if (child.type === "text") sum += look(child.data);
			else if (child.type === "cdata") sum += read(child);
			else {
				sum += look(child.name);
				for (const key in child.attribs) sum += look(key) + look(child.attribs[key]);
				sum += read(child);
			}
		}
		return sum;
	},
	plain: (document) =>
		document.children.map(function plain(node) {
			if (node.type === "text") return node.data;
			if (node.type === "cdata") return node.children.map(plain).join("");
			return [node.name, { ...node.attribs }, node.children.map(plain)];
		}),
	print: (document) => render(document, { xmlMode: true }),
};

export const peers = [txmlContender, saxesContender, ltxContender, fxpContender, xmldomContender, htmlparser2Contender];

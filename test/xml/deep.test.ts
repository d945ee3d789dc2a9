// Depth and size: nothing recurses and nothing costs more than its size (docs/xml.md, "Memory and cost"). No times are
// measured here; what would cost the square of these sizes would not come to its end.

import { describe, expect, test } from "vitest";
import {
	attribute,
	checkFragment,
	checkWellFormed,
	children,
	element,
	parseBounded,
	pretty,
	readRoot,
	textContent,
	toObject,
	XML,
	XMLNode,
	xml,
} from "../../src/xml/index.ts";

const DEPTH = 100_000;
const COUNT = 100_000;

describe(`${DEPTH} elements inside each other`, () => {
	const source = `${"<a>".repeat(DEPTH)}x${"</a>".repeat(DEPTH)}`;

	test("parse, print, copy, are searched and freed", () => {
		const document = new XML(source);
		expect(document.status).toBe(0);
		expect(document.toString()).toBe(source);
		const copy = document.cloneNode(true);
		expect(copy.toString()).toBe(source);
		expect(textContent(document)).toBe("x");
		expect(pretty(document).startsWith("<a>\n  <a>\n")).toBe(true);
		expect(checkWellFormed(source)).toBeUndefined();
		let depth = 0;
		for (let node = copy.firstChild; node !== null; node = node.firstChild) depth++;
		expect(depth).toBe(DEPTH + 1);
		document.parseXML("");
		expect(document.toString()).toBe("");
		let plain = toObject(copy);
		for (let at = 0; at <= DEPTH && typeof plain !== "string"; at++) plain = plain.children[0] ?? "";
		expect(plain).toBe("x");
	});

	test("give the right status when one of them is closed wrongly", () => {
		expect(new XML(`${"<a>".repeat(DEPTH)}</b>`).status).toBe(-10);
		expect(new XML(`<b>${"<a>".repeat(DEPTH)}</b>`).status).toBe(-9);
		expect(new XML("<a>".repeat(DEPTH)).status).toBe(-9);
	});

	test("are refused where there are limits, without being built", () => {
		expect(parseBounded(source).refusal?.code).toBe("XMLSOCKET_TOO_DEEP");
		expect(checkFragment(source)?.code).toBe("XMLSOCKET_TOO_DEEP");
		expect(readRoot(source)?.text()).toBeUndefined();
		expect(readRoot(source)?.checkContent()?.code).toBe("XMLSOCKET_TOO_DEEP");
	});

	test("can be built from the top and from the bottom", () => {
		const top = new XMLNode(1, "a");
		let lowest = top;
		for (let at = 1; at < DEPTH; at++) {
			const next = new XMLNode(1, "a");
			lowest.appendChild(next);
			lowest = next;
		}
		let highest = new XMLNode(1, "a");
		for (let at = 1; at < DEPTH; at++) {
			const next = new XMLNode(1, "a");
			next.appendChild(highest);
			highest = next;
		}
		lowest.appendChild(top);
		expect(highest.toString()).toBe(top.toString());
		expect(lowest.firstChild).toBe(null);
	});

	test("nest in templates and arrays", () => {
		const document = new XML(source);
		let nested: unknown[] = [document];
		for (let at = 0; at < DEPTH; at++) nested = [nested];
		expect(String(xml`<r>${nested as never}</r>`)).toBe(`<r>${source}</r>`);
		expect(element("r", null, nested as never).toString()).toBe(`<r>${source}</r>`);
	});
});

test("a million elements inside each other parse, print and copy", () => {
	const source = "<a>".repeat(1_000_000) + "</a>".repeat(1_000_000);
	const document = new XML(source);
	expect(document.status).toBe(0);
	expect(document.toString().length).toBe(source.length - "<a></a>".length + "<a />".length);
	expect(document.cloneNode(true).toString().length).toBe(document.toString().length);
});

describe(`${COUNT} of a kind`, () => {
	test("siblings, appended beside an array that someone holds", () => {
		const parent = new XMLNode(1, "p");
		const held = parent.childNodes;
		for (let at = 0; at < COUNT; at++) parent.appendChild(new XMLNode(1, "c"));
		expect(held.length).toBe(COUNT);
		while (parent.firstChild !== null) parent.firstChild.removeNode();
		expect(held.length).toBe(0);
	});

	test("siblings, with a look at the array after each that comes or goes", () => {
		const parent = new XMLNode(1, "p");
		let seen = 0;
		for (let at = 0; at < COUNT; at++) {
			parent.appendChild(new XMLNode(1, "c"));
			seen += parent.childNodes.length;
		}
		expect(seen).toBe((COUNT * (COUNT + 1)) / 2);
		while (parent.childNodes.length > COUNT / 2) parent.childNodes[parent.childNodes.length - 1]?.removeNode();
		while (parent.childNodes.length > 0) parent.childNodes[0]?.removeNode();
		expect(parent.firstChild).toBe(null);
	});

	test("subtrees, each put below the one before", () => {
		const top = new XMLNode(1, "p");
		let lowest = top;
		for (let at = 0; at < COUNT; at++) {
			const next = new XMLNode(1, "c");
			next.appendChild(new XMLNode(3, "t"));
			lowest.appendChild(next);
			lowest = next;
		}
		expect(textContent(top).length).toBe(COUNT);
	});

	test("siblings, inserted before the first", () => {
		const parent = new XMLNode(1, "p");
		parent.appendChild(new XMLNode(1, "last"));
		for (let at = 0; at < COUNT; at++) parent.insertBefore(new XMLNode(1, "c"), parent.firstChild as XMLNode);
		expect(parent.lastChild?.nodeName).toBe("last");
		expect(children(parent).length).toBe(COUNT + 1);
	});

	test("attributes of one element: parsed, read, set, deleted, printed, copied", () => {
		const source = `<a ${Array.from({ length: COUNT }, (_, at) => `k${at}="${at}"`).join(" ")} />`;
		const document = new XML(source);
		const a = document.firstChild as XMLNode;
		expect(document.toString()).toBe(source);
		expect(attribute(a, `k${COUNT - 1}`)).toBe(String(COUNT - 1));
		expect(document.toString()).toBe(source);
		for (let at = 0; at < COUNT; at++) a.attributes[`n${at}`] = at;
		expect(Object.keys(a.attributes).length).toBe(2 * COUNT);
		for (let at = 0; at < COUNT; at++) delete a.attributes[`k${at}`];
		expect(Object.keys(a.cloneNode().attributes).length).toBe(COUNT);
	});

	test("repeated attributes", () => {
		const document = new XML(`<a ${'k="1" '.repeat(COUNT)}/>`);
		expect(document.toString()).toBe('<a k="1" />');
		expect(document.firstChild?.attributes.k).toBe("1");
		expect(document.toString()).toBe('<a k="1" />');
	});

	const rows: [what: string, piece: string, status: number, refused: string | undefined][] = [
		["unfinished tags", "<a b='", -6, "XMLSOCKET_NOT_WELL_FORMED"],
		["opening brackets", "<", -6, "XMLSOCKET_NOT_WELL_FORMED"],
		["unfinished references", "&#1 ", 0, undefined],
		["ampersands", "&", 0, undefined],
		["unfinished CDATA sections", "<![CDATA[", -2, "XMLSOCKET_NOT_WELL_FORMED"],
		["unfinished comments", "<!--", -5, "XMLSOCKET_NOT_WELL_FORMED"],
		["unfinished declarations", "<?xml ", -3, "XMLSOCKET_NOT_WELL_FORMED"],
		["unfinished doctypes", "<!DOCTYPE ", -4, "XMLSOCKET_DOCTYPE_REFUSED"],
		["comments", "<!---->", 0, undefined],
		["declarations", "<?xml?>", 0, undefined],
		["doctypes", "<!DOCTYPE>", 0, "XMLSOCKET_DOCTYPE_REFUSED"],
		["end tags", "</a>", -10, "XMLSOCKET_NOT_WELL_FORMED"],
		["equals signs", "<=", -6, "XMLSOCKET_NOT_WELL_FORMED"],
		["empty elements", "<a/>", 0, "XMLSOCKET_TOO_MANY_NODES"],
		["elements with ids", "<a id='x'/>", 0, "XMLSOCKET_TOO_MANY_NODES"],
		["elements in namespaces", "<a:b xmlns:a='c'/>", 0, "XMLSOCKET_TOO_MANY_NODES"],
	];
	test.each(rows)("%s", (_what, piece, status, refused) => {
		const source = piece.repeat(COUNT);
		const document = new XML(source);
		expect(document.status).toBe(status);
		expect(document.toString().length).toBeLessThan(source.length * 6);
		expect(parseBounded(source).refusal?.code).toBe(refused);
		expect(readRoot(source)?.text()).toBeUndefined();
	});
});

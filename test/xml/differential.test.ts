// Compares the parser and the printer with a second, plain implementation over seeded random inputs. More of them:
//   XML_FUZZ_COUNT=1000000 XML_FUZZ_SEED=7 npx vitest run test/xml/differential.test.ts
// A failure names the seed of the single input that shows it.

import { expect, test } from "vitest";
import { toObject, XML, type XMLNode } from "../../src/xml/index.ts";
import { type PlainElement, type PlainNode, plainParse, plainPrint } from "./plain-parser.ts";
import { Random, randomDocument } from "./random-documents.ts";

const COUNT = Number(process.env.XML_FUZZ_COUNT ?? 20_000);
const SEED = Number(process.env.XML_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

function shape(node: PlainNode): unknown {
	if (node.kind === "text") return node.text;
	return { name: node.name, attributes: node.attributes, children: node.children.map(shape) };
}

// The public tree in the same shape, read through the members that scripts use.
function realShape(node: XMLNode): unknown {
	if (node.nodeType !== 1) return node.nodeValue;
	const attributes = Object.keys(node.attributes).map((name) => [name, node.attributes[name]]);
	return { name: node.nodeName, attributes, children: node.childNodes.map(realShape) };
}

function idsOf(elements: Iterable<[string, PlainElement]>): unknown {
	return [...elements].map(([id, element]): [string, unknown] => [id, shape(element)]).sort(byId);
}

function byId(one: [string, unknown], other: [string, unknown]): number {
	return one[0] < other[0] ? -1 : 1;
}

function compare(input: string, ignoreWhite: boolean, seed: number): void {
	const plain = plainParse(input, ignoreWhite);
	const real = new XML();
	real.ignoreWhite = ignoreWhite;
	real.parseXML(input);
	const note = `seed ${seed}, ignoreWhite ${ignoreWhite}, input ${JSON.stringify(input)}`;
	// Printed before anything else has been read, and again after everything has.
	expect(real.toString(), note).toBe(plainPrint(plain));
	expect([real.status, real.xmlDecl, real.docTypeDecl], note).toEqual([plain.status, plain.xmlDecl, plain.docTypeDecl]);
	expect(real.childNodes.map(realShape), note).toEqual(plain.children.map(shape));
	expect(real.toString(), note).toBe(plainPrint(plain));
	expect(real.cloneNode(true).childNodes.map(realShape), note).toEqual(plain.children.map(shape));
	expect(Object.hasOwn(real, "idMap"), note).toBe(plain.ids.size > 0);
	const ids = Object.entries(real.idMap ?? {}).map(([id, element]): [string, unknown] => [id, realShape(element)]);
	expect(ids.sort(byId), note).toEqual(idsOf(plain.ids));
	expect(toObject(real), note).toMatchObject({ name: null });
}

test(`${COUNT} random inputs give the tree, text and status of the plain parser (seed ${SEED})`, { timeout: 0 }, () => {
	console.log(`XML_FUZZ_SEED=${SEED} XML_FUZZ_COUNT=${COUNT}`);
	for (let index = 0; index < COUNT; index++) {
		const seed = (SEED + index) | 0;
		const random = new Random(seed);
		compare(randomDocument(random), random.below(2) === 1, seed);
	}
});

// Random scripts of tree operations, held against a model of plain arrays after every step. More of them:
//   XML_SCRIPT_COUNT=100000 XML_FUZZ_SEED=7 npx vitest run test/xml/tree-model.test.ts
// A failure names the seed of the script that shows it.

import { expect, test } from "vitest";
import { XML, XMLNode } from "../../src/xml/index.ts";
import { Random } from "./random-documents.ts";

const COUNT = Number(process.env.XML_SCRIPT_COUNT ?? 2000);
const SEED = Number(process.env.XML_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** What the page says a node is, and what a script has done to its array since the last change. */
interface Model {
	readonly real: XMLNode;
	readonly children: Model[];
	parent: Model | null;
	array: unknown[];
}

function model(real: XMLNode): Model {
	return { real, children: [], parent: null, array: [] };
}

function refill(node: Model): void {
	node.array = node.children.map((child) => child.real);
}

function detach(node: Model): void {
	const parent = node.parent;
	if (parent === null) return;
	parent.children.splice(parent.children.indexOf(node), 1);
	node.parent = null;
	refill(parent);
}

function isInside(node: Model, other: Model): boolean {
	for (let at: Model | null = node; at !== null; at = at.parent) if (at === other) return true;
	return false;
}

function place(parent: Model, child: Model, before: Model | undefined): void {
	detach(child);
	parent.children.splice(before === undefined ? parent.children.length : parent.children.indexOf(before), 0, child);
	child.parent = parent;
	refill(parent);
}

function step(random: Random, pool: Model[]): string {
	const one = random.pick(pool);
	const two = random.pick(pool);
	const three = random.once(2) && one.children.length > 0 ? random.pick(one.children) : random.pick(pool);
	switch (random.below(11)) {
		case 0:
		case 1:
		case 2:
			one.real.appendChild(two.real);
			if (two.parent !== one && !isInside(one, two)) place(one, two, undefined);
			return "appendChild";
		case 3:
		case 4:
			one.real.insertBefore(two.real, three.real);
			if (two.parent !== one && three.parent === one && !isInside(one, two)) place(one, two, three);
			return "insertBefore";
		case 5:
			one.real.removeNode();
			detach(one);
			return "removeNode";
		case 6: {
			// The first or the last children go, as many as chance has it, with nobody looking in between.
			for (let count = random.below(3); count > 0 && one.children.length > 0; count--) {
				const gone = (random.once(2) ? one.children[0] : one.children.at(-1)) as Model;
				gone.real.removeNode();
				detach(gone);
			}
			return "remove at the ends";
		}
		case 7: {
			// A child moves to the end, which is two changes to the parent.
			const moving = one.children[random.below(one.children.length + 1)];
			if (moving === undefined) return "nothing";
			moving.real.removeNode();
			one.real.appendChild(moving.real);
			place(one, moving, undefined);
			return "move to the end";
		}
		case 8:
			if (!(one.real instanceof XML)) return "nothing";
			one.real.parseXML("");
			if (one.children.length > 0) one.array = [];
			for (const child of one.children.splice(0)) child.parent = null;
			return "parseXML";
		default: {
			const array = one.real.childNodes as unknown[];
			const way = random.below(5);
			for (const list of [array, one.array]) {
				if (way === 0) list.push("foreign");
				else if (way === 1) list.reverse();
				else if (way === 2) list.shift();
				else if (way === 3) list.splice(0, 1, "spliced", two.real);
				else list.length = Math.min(list.length, 1);
			}
			return "writing to childNodes";
		}
	}
}

function same(real: unknown, expected: unknown): void {
	if (real !== expected) expect(real).toBe(expected);
}

function check(pool: readonly Model[], look: (node: Model) => boolean): void {
	for (const node of pool) {
		const { real, children, parent } = node;
		same(real.parentNode, parent?.real ?? null);
		same(real.firstChild, children[0]?.real ?? null);
		same(real.lastChild, children.at(-1)?.real ?? null);
		const at = parent?.children.indexOf(node) ?? 0;
		same(real.nextSibling, parent?.children[at + 1]?.real ?? null);
		same(real.previousSibling, parent?.children[at - 1]?.real ?? null);
		if (!look(node)) continue;
		same(real.childNodes.length, node.array.length);
		for (const [index, entry] of node.array.entries()) same(real.childNodes[index], entry);
	}
}

test(`${COUNT} random scripts leave the tree and every childNodes as the model has them (seed ${SEED})`, {
	timeout: 0,
}, () => {
	for (let index = 0; index < COUNT; index++) {
		const random = new Random((SEED + index) | 0);
		const pool = [model(new XML()), model(new XML()), model(new XMLNode(3, "text"))];
		while (pool.length < 10) pool.push(model(new XMLNode(1, "a")));
		const steps: string[] = [];
		try {
			for (let count = 0; count < 40; count++) {
				steps.push(step(random, pool));
				// Not every array is looked at after every step: what it has missed adds up.
				check(pool, () => random.once(3));
			}
		} catch (error) {
			console.log(`XML_FUZZ_SEED=${(SEED + index) | 0} XML_SCRIPT_COUNT=1: ${steps.join(", ")}`);
			throw error;
		}
	}
});

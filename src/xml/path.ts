// A small path language for finding elements: enough for `members/member[@name='ann']`, and no more. One pass over the
// candidates for each step; nothing is compiled or kept.

import { XMLSocketError } from "../errors/index.ts";
import type { XMLNode } from "./node.ts";
import { attribute, descendants, elements } from "./query.ts";

type Test =
	| { readonly kind: "position"; readonly position: number }
	| { readonly kind: "attribute"; readonly name: string; readonly value: string | undefined };

interface Step {
	/** Whether it goes to elements at any depth, and not only to children. */
	readonly deep: boolean;
	/** The element's name, or undefined for any. */
	readonly name: string | undefined;
	readonly tests: readonly Test[];
}

/**
 * The first element below `node` that `path` leads to, see {@link findAll}.
 *
 * @throws XMLSocketError `XMLSOCKET_PATH_INVALID`
 */
export function find(node: XMLNode, path: string): XMLNode | undefined {
	return findAll(node, path)[0];
}

/**
 * The elements below `node` that `path` leads to, in document order and each once. A path is a list of steps with `/` between,
 * which leads to children, or `//`, which leads to elements at any depth below; it may begin with `//`. A step is:
 *
 * - `name` or `*`: the children with this name, or all that are elements;
 * - behind it any number of `[@attr]` (has the attribute), `[@attr='value']` or `[@attr="value"]` (has it with this value),
 *   and `[3]` (the third of those that are left, counted for each element that the step starts from).
 *
 * @throws XMLSocketError `XMLSOCKET_PATH_INVALID`
 *
 * @example
 * ```ts
 * const doc = new XML('<joined room="lobby"><member name="ann" /><member name="bob" /></joined>');
 * findAll(doc, "joined/member").length; // 2
 * find(doc, "joined/member[@name='bob']")?.attributes.name; // "bob"
 * findAll(doc, "//member").length; // 2
 * ```
 */
export function findAll(node: XMLNode, path: string): XMLNode[] {
	let found: XMLNode[] = [node];
	const steps = readPath(path);
	for (const step of steps) {
		const next: XMLNode[] = [];
		for (const parent of found) {
			let candidates = step.deep ? descendants(parent, step.name) : elements(parent, step.name);
			for (const test of step.tests) candidates = candidates.filter((candidate, at) => passes(candidate, at, test));
			for (const candidate of candidates) next.push(candidate);
		}
		found = next;
	}
	if (!steps.some(({ deep }) => deep)) return found;
	// Elements at any depth may contain each other, and then they find the same ones.
	const all = new Set(found);
	return descendants(node).filter((element) => all.has(element));
}

function passes(candidate: XMLNode, at: number, test: Test): boolean {
	if (test.kind === "position") return at === test.position - 1;
	const value = attribute(candidate, test.name);
	return value !== undefined && (test.value === undefined || value === test.value);
}

const NAME = /[^\s/[\]@='"*]+|\*/y;
const TEST = /\[(?:(\d{1,9})|@([^\s/[\]@='"*]+)(?:=(?:'([^']*)'|"([^"]*)"))?)\]/y;

function readPath(path: string): Step[] {
	const steps: Step[] = [];
	let deep = path.startsWith("//");
	let at = deep ? 2 : 0;
	for (;;) {
		NAME.lastIndex = at;
		const name = NAME.exec(path)?.[0];
		if (name === undefined) throw invalid(path, at, "a name or *");
		at += name.length;
		const tests: Test[] = [];
		for (;;) {
			TEST.lastIndex = at;
			const found = TEST.exec(path);
			if (found === null) break;
			at += found[0].length;
			if (found[1] !== undefined) tests.push({ kind: "position", position: Number(found[1]) });
			else tests.push({ kind: "attribute", name: found[2] as string, value: found[3] ?? found[4] });
		}
		steps.push({ deep, name: name === "*" ? undefined : name, tests });
		if (at === path.length) return steps;
		if (path[at] !== "/") throw invalid(path, at, 'a "/" or a test in brackets');
		deep = path.startsWith("//", at);
		at += deep ? 2 : 1;
	}
}

function invalid(path: string, offset: number, expected: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_PATH_INVALID", `The path "${path}" needs ${expected} at offset ${offset}.`, {
		details: { path, offset },
	});
}

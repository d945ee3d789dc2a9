// Reads the tables in ARCHITECTURE.md and checks every import of the source against them, types included.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { circles, files, imports, root } from "./import-graph.ts";

/** Rows of the first table after a heading: the first cell, then the second. */
function tableAfter(heading: string): [string, string][] {
	const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
	const section = text.slice(text.indexOf(heading));
	return [...section.slice(0, section.indexOf("\n## ", 4)).matchAll(/^\| `.+ \|$/gm)].map(([row]) => {
		const [first = "", second = ""] = row.slice(2, -2).split(" | ");
		return [first, second];
	});
}

const names = (cell: string): string[] => [...cell.matchAll(/`([^`]+?)\/?`/g)].map((match) => match[1]!);

const allowed = new Map<string, Set<string>>();
for (const [folders, may] of tableAfter("## Who may import whom")) {
	for (const folder of names(folders)) allowed.set(folder, new Set(names(may)));
}
const owners = new Map<string, string[]>();
for (const [packageCell, places] of tableAfter("## One file for each dependency")) {
	for (const name of names(packageCell)) owners.set(name, names(places));
}
const bypasses = tableAfter("## Imports that bypass an index").map(([from, to]) => ({
	from: names(from),
	to: names(to),
}));

const folderNames = [...allowed.keys()].sort((a, b) => b.length - a.length);

/** A path as the tables write it: below src/, or `console/…`. */
const shown = (file: string): string => file.replace(/^src\//, "");

/** The row of a file: the longest folder name that its path begins with; `index.ts` for the root file. */
function folderOf(file: string): string {
	const path = shown(file);
	return folderNames.find((folder) => path === folder || path.startsWith(`${folder}/`)) ?? path.split("/")[0]!;
}

const isIn = (path: string, places: readonly string[]): boolean =>
	places.some((place) => path === place || path.startsWith(`${place}/`));

describe("ARCHITECTURE.md", () => {
	it("has a row for every folder under src/, and no row for a folder that does not exist", () => {
		const folders = new Set(files.map(folderOf));
		expect([...allowed.keys()].sort()).toEqual([...folders].sort());
	});

	it.each(files.map((file) => [file]))("allows every import of %s", (file) => {
		const folder = folderOf(file);
		const path = shown(file);
		for (const { specifier, target } of imports.get(file)!) {
			if (target !== undefined) {
				const targetFolder = folderOf(target);
				if (targetFolder === folder) continue;
				expect(allowed.get(folder), `${folder} imports ${targetFolder} (${specifier})`).toContain(targetFolder);
				if (shown(target) === `${targetFolder}/index.ts` || shown(target) === targetFolder) continue;
				expect(
					bypasses.some(({ from, to }) => isIn(path, from) && to.includes(shown(target))),
					`${path} bypasses the index of ${targetFolder}/ (${specifier})`,
				).toBe(true);
			} else {
				const name = specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : specifier.split("/")[0]!;
				const owner = owners.get(name) ?? owners.get(specifier);
				if (owner) expect(isIn(path, owner), `${specifier} belongs in ${owner.join(", ")}`).toBe(true);
				else expect(specifier, `${specifier} has no row in "One file for each dependency"`).toMatch(/^node:/);
			}
		}
	});

	it("allows no bypass that no file uses", () => {
		const used = new Set(
			[...imports.values()].flatMap((list) => list.flatMap(({ target }) => (target ? [shown(target)] : []))),
		);
		for (const { to } of bypasses) for (const target of to) expect(used, target).toContain(target);
	});
});

// A circle of two files can be one concept; the tree of xml/ is one concept in four files.
const KNOWN_CIRCLE = ["attributes", "child-list", "node-extras", "tree-node"].map((name) => `src/xml/${name}.ts`);

describe("the import graph", () => {
	it("has no circle of more than two files, type imports counted", () => {
		const found = circles().filter((circle) => circle.length > 2 && circle.join() !== KNOWN_CIRCLE.join());
		expect(found).toEqual([]);
	});
});

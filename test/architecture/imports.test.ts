// Reads the table in ARCHITECTURE.md and holds every import of the source against it.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** One source file's imports, as written. */
function importsOf(file: string): string[] {
	const text = readFileSync(file, "utf8")
		.replace(/\/\*[\s\S]*?\*\//g, "")
		.replace(/^\s*\/\/.*$/gm, "");
	const found = text.matchAll(
		/(?:^|[\s;}])(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|(?<!["'])\bimport\s*\(?\s*["']([^"']+)["']/g,
	);
	return [...found].map((match) => match[1] ?? match[2]!);
}

function sourcesBelow(folder: string): string[] {
	return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
		.map((entry) => join(entry.parentPath, entry.name));
}

/** The room of a file: its folder under src/, `index.ts` for the root file, `console`. */
function roomOf(file: string): string {
	const path = relative(root, file).split("\\").join("/");
	if (path.startsWith("console/")) return "console";
	const [, room] = path.split("/");
	return room!.endsWith(".ts") ? "index.ts" : room!;
}

/** Rows of the first table after a heading: the first cell, then the second. */
function tableAfter(heading: string): [string, string][] {
	const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
	const section = text.slice(text.indexOf(heading));
	return [...section.slice(0, section.indexOf("\n## ", 4)).matchAll(/^\| (`.+?) \| (.+?) \|$/gm)].map((match) => [
		match[1]!,
		match[2]!,
	]);
}

const names = (cell: string): string[] => [...cell.matchAll(/`([^`]+?)\/?`/g)].map((match) => match[1]!);

const allowed = new Map<string, Set<string>>();
for (const [rooms, may] of tableAfter("## Who may import whom")) {
	for (const room of names(rooms)) allowed.set(room, new Set(names(may)));
}
const owners = new Map<string, string[]>();
for (const [packageCell, files] of tableAfter("## One file for each dependency")) {
	for (const name of names(packageCell)) owners.set(name, names(files));
}

const files = [...sourcesBelow("src"), ...sourcesBelow("console")].filter(
	(file) => !file.endsWith(".d.ts") && !file.endsWith(".config.ts"),
);

describe("ARCHITECTURE.md", () => {
	it("has a row for every folder under src/, and no row for a folder that is not there", () => {
		const rooms = new Set(files.map(roomOf));
		expect([...allowed.keys()].sort()).toEqual([...rooms].sort());
	});

	it.each(files.map((file) => [relative(root, file)]))("allows every import of %s", (path) => {
		const file = join(root, path);
		const room = roomOf(file);
		for (const specifier of importsOf(file)) {
			if (specifier.startsWith(".")) {
				const target = roomOf(resolve(dirname(file), specifier));
				if (target !== room) expect(allowed.get(room), `${room} imports ${target} (${specifier})`).toContain(target);
			} else {
				const name = specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : specifier.split("/")[0]!;
				const owner = owners.get(name) ?? owners.get(specifier);
				if (owner) {
					const here = path.replaceAll("\\", "/").replace(/^src\//, "");
					expect(
						owner.some((place) => here === place || here.startsWith(`${place}/`)),
						`${specifier} belongs in ${owner.join(", ")}`,
					).toBe(true);
				} else expect(specifier, `${specifier} has no row in "One file for each dependency"`).toMatch(/^node:/);
			}
		}
	});
});

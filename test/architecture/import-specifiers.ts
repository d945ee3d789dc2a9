// Reads the import specifiers of a source file from its text. It resolves nothing.

import { readFileSync } from "node:fs";

/** The import specifiers of a source file, as written; imports of types count, comments do not. */
export function importSpecifiers(file: string): string[] {
	const text = readFileSync(file, "utf8")
		.replace(/\/\*[\s\S]*?\*\//g, "")
		.replace(/^\s*\/\/.*$/gm, "");
	const found = text.matchAll(
		/(?:^|[\s;}])(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|(?<!["'])\bimport\s*\(?\s*["']([^"']+)["']/g,
	);
	return [...found].map((match) => match[1] ?? match[2]!);
}

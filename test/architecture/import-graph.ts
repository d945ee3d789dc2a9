// Reads the import graph of src/ and console/ from the sources: files, folders, specifiers, circles. Type imports count.

import { readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { importSpecifiers } from "./import-specifiers.ts";

export const root: string = resolve(import.meta.dirname, "../..");

function sourcesBelow(folder: string): string[] {
	return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
		.map((entry) => relative(root, join(entry.parentPath, entry.name)).split("\\").join("/"));
}

/** Source files as paths below the project's root, with forward slashes. */
export const files: readonly string[] = [...sourcesBelow("src"), ...sourcesBelow("console")].filter(
	(file) => !file.endsWith(".d.ts") && !file.endsWith(".config.ts"),
);

export interface Import {
	readonly specifier: string;
	/** The imported file; undefined for a package. */
	readonly target: string | undefined;
}

/** What each file imports. */
export const imports: ReadonlyMap<string, readonly Import[]> = new Map(
	files.map((file) => [
		file,
		importSpecifiers(join(root, file)).map((specifier) => ({
			specifier,
			target: specifier.startsWith(".")
				? relative(root, resolve(root, dirname(file), specifier))
						.split("\\")
						.join("/")
				: undefined,
		})),
	]),
);

/** The circles: each a list of files of which every one reaches every other (strongly connected components, Tarjan 1972). */
export function circles(): string[][] {
	const index = new Map<string, number>();
	const low = new Map<string, number>();
	const onStack = new Set<string>();
	const stack: string[] = [];
	const found: string[][] = [];
	const visit = (file: string): void => {
		index.set(file, index.size);
		low.set(file, index.get(file)!);
		stack.push(file);
		onStack.add(file);
		for (const { target } of imports.get(file) ?? []) {
			if (target === undefined || !imports.has(target)) continue;
			if (!index.has(target)) {
				visit(target);
				low.set(file, Math.min(low.get(file)!, low.get(target)!));
			} else if (onStack.has(target)) low.set(file, Math.min(low.get(file)!, index.get(target)!));
		}
		if (low.get(file) !== index.get(file)) return;
		const circle: string[] = [];
		let member: string;
		do {
			member = stack.pop()!;
			onStack.delete(member);
			circle.push(member);
		} while (member !== file);
		if (circle.length > 1) found.push(circle.sort());
	};
	for (const file of files) if (!index.has(file)) visit(file);
	return found;
}

// Sorts the test files into two groups by what they import. A test that can start another program (a daemon, a browser, nats-server)
// belongs to "programs", every other test to "unit". vitest.config.ts applies the rule.

import { readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { importSpecifiers } from "./architecture/import-specifiers.ts";

const root = resolve(import.meta.dirname, "..");

/** A file that imports one of these can start a program. */
const STARTERS: ReadonlySet<string> = new Set(["node:child_process", "playwright-core"]);

/** The first import that can start a program, of a file or of what it imports outside src/; undefined where there is none. */
function starterOf(file: string, seen: Set<string>): string | undefined {
	seen.add(file);
	for (const specifier of importSpecifiers(file)) {
		if (STARTERS.has(specifier)) return specifier;
		const target = resolve(dirname(file), specifier);
		if (!specifier.startsWith(".") || target.startsWith(join(root, "src")) || seen.has(target)) continue;
		if (!/\.[jt]s$/.test(target) || target.includes("/dist/")) continue;
		const starter = starterOf(target, seen);
		if (starter !== undefined) return starter;
	}
	return undefined;
}

/** Test files that can start a program, as paths below the project's root with forward slashes. */
export function programTests(): string[] {
	return readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".test.ts"))
		.map((file) => `test/${file.split("\\").join("/")}`)
		.filter((file) => starterOf(join(root, file), new Set()) !== undefined)
		.sort();
}

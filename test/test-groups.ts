// Sorts the test files into three groups. A test that counts what its process has open belongs to "alone", because other tests in that process would
// count too; one that can start another program (a daemon, a browser, nats-server) to "programs", every other test to "unit". vitest.config.ts
// applies the rule.

import { readdirSync, readFileSync } from "node:fs";
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

/** Test files, as paths below the project's root with forward slashes. */
function testFiles(): string[] {
	return readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".test.ts"))
		.map((file) => `test/${file.split("\\").join("/")}`)
		.sort();
}

/** Test files that count the sockets, timers or descriptors of their own process. */
export function countingTests(): string[] {
	return testFiles().filter((file) =>
		/getActiveResourcesInfo|\/proc\/self\/fd/.test(readFileSync(join(root, file), "utf8")),
	);
}

/** Test files that can start a program. */
export function programTests(): string[] {
	return testFiles().filter((file) => starterOf(join(root, file), new Set()) !== undefined);
}

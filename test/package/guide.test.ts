// The programs of the pages for users (docs/guide, docs/start, docs/howto, docs/migration) are compiled strictly and run as they stand. What follows a `console.log(…)` as a comment, on its
// line or on the lines below it, is what it must print.

import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const guides = ["guide", "start", "howto", "migration"].flatMap((folder) =>
	readdirSync(join(root, "docs", folder))
		.filter((name) => name.endsWith(".md"))
		.map((name) => `${folder}/${name}`),
);
const programs = guides.flatMap((guide) => {
	const text = readFileSync(join(root, "docs", guide), "utf8");
	return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, program = ""], at) => ({
		name: `${guide.slice(0, -3).replace("/", "-")}-${at + 1}`,
		line: text.slice(0, text.indexOf(program)).split("\n").length,
		program,
	}));
});

const OPTIONS = {
	target: "es2023",
	module: "nodenext",
	lib: ["es2023", "dom", "esnext.disposable"],
	types: ["node"],
	strict: true,
	noUncheckedIndexedAccess: true,
	exactOptionalPropertyTypes: true,
	verbatimModuleSyntax: true,
};

let folder: string;
let compiled: { status: number | null; stdout: string };
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket guide "));
	mkdirSync(join(folder, "node_modules"));
	symlinkSync(root, join(folder, "node_modules", "xmlsocket"), "dir");
	// The server's declarations name Node's types, as in any project that uses it.
	symlinkSync(join(root, "node_modules/@types"), join(folder, "node_modules", "@types"), "dir");
	writeFileSync(join(folder, "package.json"), '{"type":"module"}');
	writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: OPTIONS }));
	for (const { name, program } of programs) writeFileSync(join(folder, `${name}.ts`), program);
	const tsc = join(root, "node_modules/typescript/bin/tsc");
	compiled = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the comments of a program say that it prints. */
function promised(program: string): string {
	const lines: string[] = [];
	let listening = false;
	for (const line of program.split("\n")) {
		const comment = /^\s*\/\/ (.*)$/.exec(line);
		if (comment !== null && listening) lines.push(comment[1] as string);
		// One statement may span lines; a comment belongs to the last `console.log` before it.
		if (comment === null) listening = line.includes("console.log(");
		const behind = /console\.log\(.*\); \/\/ (.*)$/.exec(line);
		if (behind !== null) lines.push(behind[1] as string);
	}
	return lines.map((line) => `${line}\n`).join("");
}

test("there are guides, and their programs compile", () => {
	expect(programs.length).toBeGreaterThan(5);
	expect(compiled.stdout).toBe("");
	expect(compiled.status).toBe(0);
});

test.each(programs)("$name (line $line) prints what it says", async ({ name, program }) => {
	expect(promised(program)).not.toBe("");
	const { stdout } = await promisify(execFile)(process.execPath, [join(folder, `${name}.js`)], { timeout: 100_000 });
	expect(stdout).toBe(promised(program));
});

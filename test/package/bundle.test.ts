// What a bundler makes of the package: a page that uses one class does not carry the rest, and importing changes nothing that
// other code can see.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
let folder: string;

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket bundle "));
	mkdirSync(join(folder, "node_modules"));
	symlinkSync(root, join(folder, "node_modules", "xmlsocket"), "dir");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The text of a bundle of `program`, names and sentences kept. */
async function bundled(program: string): Promise<string> {
	writeFileSync(join(folder, "main.js"), program);
	const result = await build({
		root: folder,
		configFile: false,
		logLevel: "error",
		build: { write: false, minify: false, lib: { entry: join(folder, "main.js"), formats: ["es"], fileName: "main" } },
	});
	const [output] = Array.isArray(result) ? result : [result];
	if (output === undefined || !("output" in output)) throw new Error("Vite made no bundle");
	return output.output.map((part) => (part.type === "chunk" ? part.code : "")).join("");
}

// A sentence or name of each part that must stay out, and which import brings it in.
const PARTS: [part: string, mark: string, from: string][] = [
	["the path language", "XMLSOCKET_PATH_INVALID", "find"],
	["the template", "XMLSOCKET_TEMPLATE_INVALID", "xml"],
	["the builder", "XMLSOCKET_XML_NAME_INVALID", "element"],
	["the judge", "There is no root element", "checkWellFormed"],
	["the bounded parser's refusals", "An end tag closes no open element", "parseBounded"],
	["the pretty printer", "DEEPEST_INDENT", "pretty"],
	["the plain view", "plainElement", "toObject"],
];

test("a program that imports XML alone gets nothing of what stands beside it", async () => {
	const alone = await bundled('import { XML } from "xmlsocket/xml";\nconsole.log(String(new XML("<a/>")));');
	expect(alone).toContain("class TreeNode");
	for (const [part, mark] of PARTS) expect(alone.includes(mark), part).toBe(false);
});

test.each(PARTS)("%s is there for a program that imports it", async (_part, mark, from) => {
	expect(await bundled(`import { ${from} } from "xmlsocket/xml";\nconsole.log(${from});`)).toContain(mark);
});

test("importing adds nothing to any built-in prototype", async () => {
	const builtIns = [Object, Function, Array, String, Number, Map, Set, Promise, RegExp, Error, Symbol, globalThis];
	const keys = (): unknown[] =>
		builtIns.map((owner) => [Reflect.ownKeys(owner), Reflect.ownKeys("prototype" in owner ? owner.prototype : {})]);
	const before = keys();
	const entry: string = join(root, "dist/xml/index.js");
	expect(Object.keys((await import(entry)) as object)).toContain("descendants");
	expect(keys()).toEqual(before);
});

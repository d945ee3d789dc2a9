// The package as a stranger gets it: packed, installed into an empty folder, imported from JavaScript and TypeScript.

import { execFileSync } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
let folder: string;

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket tarball "));
	execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
		cwd: root,
		stdio: ["ignore", "pipe", "ignore"],
	});
	const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
	const installed = join(folder, "node_modules", "xmlsocket");
	mkdirSync(installed, { recursive: true });
	execFileSync("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"], { cwd: folder });
	// Its dependencies, without asking a registry for what is here already.
	for (const name of readdirSync(join(root, "node_modules"))) {
		if (!name.startsWith(".") && name !== "xmlsocket")
			symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name), "dir");
	}
	writeFileSync(join(folder, "package.json"), '{"type":"module"}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ENTRIES = [
	"xmlsocket",
	"xmlsocket/xml",
	"xmlsocket/wire",
	"xmlsocket/client",
	"xmlsocket/browser",
	"xmlsocket/policy",
	"xmlsocket/rooms",
	"xmlsocket/application",
	"xmlsocket/message-log",
	"xmlsocket/gateway",
	"xmlsocket/server",
	"xmlsocket/tools",
	"xmlsocket/asc",
	"xmlsocket/identity",
];

describe("the packed package", () => {
	it("holds the command, which runs", () => {
		const main = join(folder, "node_modules", "xmlsocket", "dist", "cli", "main.js");
		expect(execFileSync(process.execPath, [main, "--version"], { encoding: "utf8" })).toMatch(/^\d+\.\d+\.\d+\n$/);
	});

	it("asks for a release of Node in which names that are numbers cannot be made to collide: 20.20.2 or newer", () => {
		const { engines } = JSON.parse(readFileSync(join(folder, "node_modules", "xmlsocket", "package.json"), "utf8"));
		const [major, minor, patch] = /^>=(\d+)\.(\d+)\.(\d+)$/.exec(engines.node)!.slice(1).map(Number) as [
			number,
			number,
			number,
		];
		expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(20_020_002);
	});

	it("holds the chat page, and the Flash client with its page", () => {
		const console = join(folder, "node_modules", "xmlsocket", "dist", "console");
		expect(readdirSync(console)).toEqual(expect.arrayContaining(["index.html", "flash.html"]));
		expect(readdirSync(join(console, "flash"))).toEqual(["chat.swf"]);
	});

	it("has each file that README.md, its pages and the examples lead to", () => {
		const home = join(folder, "node_modules", "xmlsocket");
		const linksOf = (page: string): string[] =>
			[...readFileSync(join(home, page), "utf8").matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link]) =>
				join(dirname(page), link!),
			);
		const fromReadme = linksOf("README.md");
		expect(fromReadme.length).toBeGreaterThan(30);
		const pages = [...fromReadme, ...linksOf("examples/README.md")].filter((file) => file.endsWith(".md"));
		const missing = new Set([
			...fromReadme,
			...pages.flatMap((page) => (existsSync(join(home, page)) ? linksOf(page) : [])),
		]);
		for (const file of missing) if (existsSync(join(home, file))) missing.delete(file);
		// Raw results of measurements are in the repository alone.
		expect([...missing]).toEqual(["bench/results/compare.json"]);
	});

	it.each(ENTRIES)("lets JavaScript import %s", (entry) => {
		writeFileSync(
			join(folder, "use.js"),
			`import * as all from ${JSON.stringify(entry)};\nconsole.log(Object.keys(all).length > 0);\n`,
		);
		expect(execFileSync(process.execPath, ["use.js"], { cwd: folder, encoding: "utf8" })).toBe("true\n");
	});

	it("gives TypeScript its types, with every library checked", () => {
		const lines = ENTRIES.map((entry, at) => `import * as m${at} from ${JSON.stringify(entry)};`);
		const uses = ENTRIES.map((_, at) => `export const u${at}: object = m${at};`);
		const example = `import { connect, XML, XMLSocket, xml } from "xmlsocket";
export async function talk(): Promise<string> {
	const chat = await connect("xmlsocket://localhost:9000", { reconnect: true });
	chat.send(xml\`<say room="lobby">\${"text"}</say>\`);
	for await (const document of chat) return document.xml.firstChild?.nodeName ?? "";
	const socket = new XMLSocket();
	socket.onXML = (document: XML) => void document.status;
	return String(socket.connect("localhost", 9000));
}`;
		writeFileSync(join(folder, "use.ts"), [...lines, ...uses, example].join("\n"));
		writeFileSync(
			join(folder, "tsconfig.json"),
			JSON.stringify({
				compilerOptions: {
					module: "nodenext",
					target: "es2023",
					lib: ["es2023", "dom"],
					types: ["node"],
					strict: true,
					skipLibCheck: false,
					noEmit: true,
				},
				files: ["use.ts"],
			}),
		);
		const tsc = join(root, "node_modules", ".bin", "tsc");
		expect(() =>
			execFileSync(tsc, ["-p", "."], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }),
		).not.toThrow();
	});
});

// The code of the pages is code: JavaScript, JSON, YAML and XML can be parsed, each line of a shell that calls xmlsocket has a command and
// flags that exist, and names of options, variables and error codes are those of the program. guide.test.ts runs the TypeScript programs.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAst } from "vite";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { serveSchema } from "../../src/cli/serve-schema.ts";
import { optionsOf } from "../../src/cli/settings.ts";
import { ERROR_CODES } from "../../src/errors/codes.ts";
import { XML } from "../../src/xml/index.ts";
import { checkCommandLine, commandLines } from "./doc-commands.ts";
import { type CodeBlock, codeBlocks, docPages, root } from "./doc-pages.ts";

const pages = docPages().filter(({ path }) => path !== "CHANGELOG.md");
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
const keys = new Set(optionsOf(serveSchema).map(({ key }) => key));
const variables = new Set(optionsOf(serveSchema).map(({ variable }) => variable));

/** Names that look like variables or error codes, and are neither. */
const OTHER_NAMES: ReadonlySet<string> = new Set([
	// A variable of the commands that administer, and a stream of JetStream.
	"XMLSOCKET_ADMIN_TOKEN",
	"XMLSOCKET_STATE",
	// How long some tests run.
	"XMLSOCKET_CHAT_RUNS",
	"XMLSOCKET_CRASH_ROUNDS",
	"XMLSOCKET_FAULT_ROUNDS",
]);

/** Why a block cannot be parsed; undefined where it can, or where its language is not checked. */
async function problemOf({ language, code, before }: CodeBlock): Promise<string | undefined> {
	try {
		if (language === "js" || language === "javascript") parseAst(code);
		else if (language === "json") {
			const lines = code.trim().split("\n");
			// A recording and a log have one value in each line.
			const value: unknown =
				lines.length > 1 && lines.every((line) => /^\{.*\}$/.test(line))
					? lines.map((line) => JSON.parse(line))
					: JSON.parse(code);
			// A configuration, where the sentence before it names the file.
			if (/xmlsocket\.config\.json/.test(before.trim().split("\n\n").at(-1) ?? "")) {
				const unknown = Object.keys(value as object).filter((key) => key !== "$schema" && !keys.has(key));
				if (unknown.length > 0) return `no options: ${unknown.join(", ")}`;
			}
		} else if (language === "yaml") parseYaml(code);
		else if (language === "xml") {
			const { status } = new XML(code);
			if (status !== 0) return `the XML has status ${status}`;
		} else if (language === "sh") {
			for (const line of commandLines(code)) {
				const problem = await checkCommandLine(line, scripts);
				if (problem !== undefined) return `${line}: ${problem}`;
			}
		}
		return undefined;
	} catch (error) {
		return String(error);
	}
}

describe("the code of", () => {
	it.each(pages.map((page) => [page.path, page] as const))("%s", async (_, page) => {
		const problems: string[] = [];
		for (const block of codeBlocks(page)) {
			const problem = await problemOf(block);
			if (problem !== undefined) problems.push(`line ${block.line}: ${problem}`);
		}
		for (const [, command = ""] of page.text.matchAll(/`((?:npx )?xmlsocket [a-z][^`\n]*)`/g)) {
			for (const line of commandLines(command)) {
				const problem = await checkCommandLine(line, scripts, { isExcerpt: true });
				if (problem !== undefined) problems.push(`\`${command}\`: ${problem}`);
			}
		}
		for (const [, script = ""] of page.text.matchAll(/`npm run ([\w:-]+)/g))
			if (!(script in scripts)) problems.push(`npm run ${script}: there is no such script`);
		for (const [name] of page.text.matchAll(/\bXMLSOCKET_[A-Z_]*[A-Z]\b/g))
			if (!(name in ERROR_CODES) && !variables.has(name) && !OTHER_NAMES.has(name))
				problems.push(`${name}: neither an error code nor a variable`);
		expect(problems).toEqual([]);
	});
});

it("finds what is wrong", async () => {
	const block = (language: string, code: string, before = ""): CodeBlock => ({ language, code, line: 1, before });
	expect(await problemOf(block("js", "const = 1;"))).toMatch(/error/i);
	expect(await problemOf(block("json", "{a: 1}"))).toMatch(/JSON/);
	expect(await problemOf(block("json", '{"prot": 1}', "in `xmlsocket.config.json`:\n\n"))).toBe("no options: prot");
	expect(await problemOf(block("xml", "<a><b></a>"))).toMatch(/status/);
	expect(await problemOf(block("sh", "xmlsocket serve --prot 9000"))).toMatch(/unknown option '--prot'/);
	expect(await problemOf(block("sh", "npx xmlsocket srve | cat"))).toMatch(/unknown command 'srve'/);
	expect(await problemOf(block("sh", "xmlsocket inspect 9001"))).toMatch(/missing required argument/);
	expect(await problemOf(block("sh", "npm run biuld"))).toMatch(/no such script/);
	expect(await problemOf(block("sh", "xmlsockt serve"))).toMatch(/not a command/);
	expect(await problemOf(block("sh", "xmlsocket serve -p 9000 && curl localhost:9000   # a comment"))).toBeUndefined();
});

// The Markdown pages of the package, for the tests that check their links and their code.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";

export const root: string = resolve(import.meta.dirname, "../..");

/** One page. */
export interface DocPage {
	/** Below the repository, with forward slashes. */
	readonly path: string;
	readonly text: string;
}

/** A block of code. */
export interface CodeBlock {
	readonly language: string;
	readonly code: string;
	/** The line in the page at which the code begins. */
	readonly line: number;
	/** The text before the block, from the end of the block before. */
	readonly before: string;
}

/** All pages: those at the root, of docs/, of the site and of the examples. */
export function docPages(): DocPage[] {
	const below = (folder: string): string[] =>
		existsSync(join(root, folder))
			? readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
					.map((file) => posix.join(folder, file.split("\\").join("/")))
					.filter((file) => !/\/(?:node_modules|\.vitepress)\//.test(file))
			: [];
	return [...readdirSync(root), ...below("docs"), ...below("site"), ...below("examples")]
		.filter((file) => file.endsWith(".md"))
		.sort()
		.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** The blocks of code of a page. A block in a list is without the indentation of the list. */
export function codeBlocks({ text }: DocPage): CodeBlock[] {
	const blocks: CodeBlock[] = [];
	let end = 0;
	for (const match of text.matchAll(/^([ \t]*)```(\w*)[^\n]*\n([\s\S]*?)^\1```[ \t]*$/gm)) {
		const [whole, indent = "", language = "", code = ""] = match;
		blocks.push({
			language,
			code: indent === "" ? code : code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
			line: text.slice(0, match.index).split("\n").length + 1,
			before: text.slice(end, match.index),
		});
		end = match.index + whole.length;
	}
	return blocks;
}

/** The page without its blocks of code; the lines keep their numbers. */
export function prose({ text }: DocPage): string {
	return text.replace(/^([ \t]*)```[\s\S]*?^\1```[ \t]*$/gm, (block) => block.replace(/[^\n]/g, ""));
}

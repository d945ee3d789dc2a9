// Links in the pages are those of the repository, so that they work in an editor and on the web page of a repository too. Here they become
// addresses of the site: a page, or a copy of the file, as text. Anchors are made as GitHub makes them.

import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { MarkdownEnv, MarkdownRenderer } from "vitepress";
import { pageOf } from "./pages.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Files and folders of the repository that a page links to. */
const linked = new Set<string>();

/** The anchor of a heading: lower case, without punctuation, a hyphen for each space. */
export function githubSlug(heading: string): string {
	return heading
		.trim()
		.toLowerCase()
		.replace(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, "")
		.replaceAll(" ", "-");
}

/** Changes the links of every page. Braces in code are code, not expressions of Vue. @param base the path of the site */
export const repositoryLinks =
	(base: string) =>
	(md: MarkdownRenderer): void => {
		const inlineCode = md.renderer.rules.code_inline!;
		md.renderer.rules.code_inline = (tokens, at, ...rest) => {
			tokens[at]?.attrSet("v-pre", "");
			return inlineCode(tokens, at, ...rest);
		};
		md.core.ruler.push("repository-links", ({ tokens, env }) => {
			const { realPath, path } = env as Partial<MarkdownEnv> & { realPath?: string };
			const file = realPath ?? path;
			// A title alone has no page.
			if (file === undefined) return;
			const page = relative(root, file).replaceAll("\\", "/");
			for (const token of tokens) {
				for (const child of token.children ?? []) {
					const href = child.type === "link_open" ? child.attrGet("href") : null;
					// An anchor, or an address with a scheme.
					if (href === null || /^(?:#|\/|[a-z][a-z+.-]*:)/i.test(href)) continue;
					const [path = "", anchor] = href.split("#");
					const target = posix.join(posix.dirname(page), decodeURI(path));
					const isPage = target.endsWith(".md") && pageOf(target) !== target;
					if (isPage) child.attrSet("href", `/${pageOf(target)}${anchor === undefined ? "" : `#${anchor}`}`);
					else if (existsSync(join(root, target))) {
						linked.add(target.replace(/\/$/, ""));
						child.attrSet("href", `${base}${sourceOf(target)}`);
						child.attrSet("target", "_blank");
					}
				}
			}
		});
	};

/** Copies the files that pages link to. A folder becomes a list of its files. */
export function copySources(outDir: string): void {
	for (const target of linked) {
		const from = join(root, target);
		if (statSync(from).isFile()) {
			copy(target, outDir);
			continue;
		}
		const files = readdirSync(from, { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile())
			.map((entry) => relative(from, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
			.sort();
		for (const file of files) copy(posix.join(target, file), outDir);
		const list = files
			.map((file) => `<li><a href="${encodeURI(basenameOf(target, file))}">${file}</a></li>`)
			.join("\n");
		const page = `<!doctype html><meta charset="utf-8"><title>${target}</title><h1>${target}</h1><ul>\n${list}\n</ul>\n`;
		writeFileSync(join(outDir, sourceOf(target)), page);
	}
}

function copy(file: string, outDir: string): void {
	const to = join(outDir, "source", asText(file));
	mkdirSync(dirname(to), { recursive: true });
	cpSync(join(root, file), to);
}

/** The address of a copy, without the first slash. */
function sourceOf(target: string): string {
	const isFolder = statSync(join(root, target)).isDirectory();
	return `source/${isFolder ? `${target.replace(/\/$/, "")}.html` : asText(target)}`;
}

// Browsers show text, and save what they do not know.
function asText(file: string): string {
	return file.endsWith(".swf") ? file : `${file}.txt`;
}

function basenameOf(folder: string, file: string): string {
	return `${posix.basename(folder)}/${asText(file)}`;
}

// Every link of the pages leads to a file that exists, and to a heading that this file has. The sidebar of the site is docs/README.md, so
// every page of docs/ is in it.

import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { githubSlug } from "../../site/.vitepress/source-links.ts";
import { docPages, prose, root } from "./doc-pages.ts";

const pages = docPages();

/** The anchors of a page: its headings, and `-1` and so on where a heading repeats. */
function anchorsOf(path: string): Set<string> {
	const anchors = new Set<string>();
	const seen = new Map<string, number>();
	const text = prose({ path, text: readFileSync(join(root, path), "utf8") });
	for (const [, heading = ""] of text.matchAll(/^#{1,6} (.+)$/gm)) {
		// The text of a link, and code without its marks.
		const slug = githubSlug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, ""));
		const times = seen.get(slug) ?? 0;
		seen.set(slug, times + 1);
		anchors.add(times === 0 ? slug : `${slug}-${times}`);
	}
	return anchors;
}

/** What is wrong with the links of a text. */
function brokenLinks(path: string, text: string): string[] {
	const problems: string[] = [];
	for (const match of prose({ path, text })
		.replace(/(`+)[^`].*?\1/g, (code) => " ".repeat(code.length))
		.matchAll(/\]\(([^()\s]*(?:\([^()]*\))?[^()\s]*)\)/g)) {
		const href = match[1]!;
		if (/^(?:[a-z][a-z+.-]*:|\/)/i.test(href)) continue;
		const [file = "", anchor] = href.split("#");
		const target = file === "" ? path : posix.join(posix.dirname(path), decodeURI(file));
		if (!existsSync(join(root, target))) problems.push(`${href}: there is no ${target}`);
		else if (anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).has(anchor))
			problems.push(`${href}: ${target} has no heading for it`);
		else if (target.startsWith("..")) problems.push(`${href}: outside of the repository`);
		else if (file.endsWith("/") !== statSync(join(root, target)).isDirectory() && file.endsWith("/"))
			problems.push(`${href}: not a folder`);
	}
	return problems;
}

describe("links", () => {
	it.each(pages.map((page) => [page.path, page.text]))("%s", (path, text) => {
		expect(brokenLinks(path, text)).toEqual([]);
	});

	it("are found wrong where the file or the heading does not exist", () => {
		const text = "[a](nowhere.md) [b](faq.md#no-such-question) [c](faq.md#protocol) `[d](in-code.md)`";
		expect(brokenLinks("docs/README.md", text)).toEqual([
			"nowhere.md: there is no docs/nowhere.md",
			"faq.md#no-such-question: docs/faq.md has no heading for it",
		]);
	});
});

it("all pages of docs/ are in its table of contents", () => {
	const contents = readFileSync(join(root, "docs/README.md"), "utf8");
	const listed = [...contents.matchAll(/^- \[[^\]]+\]\(([^)#]+)\)/gm)].map(([, href]) => posix.join("docs", href!));
	const expected = pages
		.map(({ path }) => path)
		.filter((path) => path.startsWith("docs/") && path !== "docs/README.md");
	expect(listed.filter((path) => path.startsWith("docs/")).sort()).toEqual(expected);
});

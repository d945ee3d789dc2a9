// The sidebar is the table of contents in docs/README.md: its headings are the groups, its links the entries.

import { readFileSync } from "node:fs";
import { posix } from "node:path";
import type { DefaultTheme } from "vitepress";
import { pageOf } from "./pages.ts";

const contents = new URL("../../docs/README.md", import.meta.url);

/** The groups, in the order of the page. */
export function sidebar(): DefaultTheme.SidebarItem[] {
	const groups: (DefaultTheme.SidebarItem & { items: DefaultTheme.SidebarItem[] })[] = [];
	for (const line of readFileSync(contents, "utf8").split("\n")) {
		const heading = /^## (.+)$/.exec(line)?.[1];
		if (heading !== undefined) groups.push({ text: heading, collapsed: groups.length > 2, items: [] });
		const [, text = "", href = "", anchor = ""] = /^- \[([^\]]+)\]\(([^)#]+)(#[^)]*)?\)/.exec(line) ?? [];
		if (href.endsWith(".md"))
			groups.at(-1)?.items.push({
				text,
				link: `/${pageOf(posix.join("docs", href)).replace(/(?:\/index)?\.md$/, (end) => (end === ".md" ? "" : "/"))}${anchor}`,
			});
	}
	return groups;
}

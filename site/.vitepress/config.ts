// The documentation site: the pages of docs/ as they are, and the front page of site/. `npm run site` builds it into site/.vitepress/dist.
// It asks no other host for anything: fonts are the system's, and the search index is a file of the site.

import { defineConfig } from "vitepress";
import { copyOtherFiles, serveOtherFiles } from "./other-files.ts";
import { pageOf } from "./pages.ts";
import { sidebar } from "./sidebar.ts";
import { copySources, githubSlug, repositoryLinks } from "./source-links.ts";

// A site below a path: SITE_BASE=/xmlsocket/ npm run site
const base = process.env.SITE_BASE ?? "/";

export default defineConfig({
	title: "xmlsocket",
	description: "Chats, games and Flash content over XMLSocket and WebSocket: one daemon, a client, and tools",
	lang: "en",
	base,
	srcDir: "..",
	srcExclude: ["{src,test,console,flash,bench,deploy,dist,scripts,coverage}/**", "**/xmlsocket-data/**"],
	rewrites: pageOf,
	cleanUrls: false,
	head: [["link", { rel: "icon", href: `${base}logo.svg`, type: "image/svg+xml" }]],
	markdown: {
		anchor: { slugify: githubSlug },
		// Braces in these pages are the program's own syntax.
		attrs: { disable: true },
		theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
		languageAlias: { actionscript: "actionscript-3", caddy: "nginx" },
		config: repositoryLinks(base),
	},
	vue: { template: { compilerOptions: { isCustomElement: (name) => name === "live-demo" } } },
	vite: {
		plugins: [serveOtherFiles()],
		build: { chunkSizeWarningLimit: 2000 },
	},
	buildEnd({ outDir }) {
		copyOtherFiles(outDir);
		copySources(outDir);
	},
	themeConfig: {
		logo: "/logo.svg",
		nav: [
			{ text: "Start", link: "/start/flash-game", activeMatch: "^/start/" },
			{ text: "How to", link: "/howto/connected-then-closed", activeMatch: "^/howto/" },
			{ text: "Reference", link: "/options", activeMatch: "^/(options|cli|api|errors|chat)" },
			{ text: "All pages", link: "/contents" },
		],
		sidebar: sidebar(),
		outline: [2, 3],
		search: {
			provider: "local",
			options: {
				miniSearch: {
					// Options and error codes are found by their parts: maxDocumentBytes by "document".
					options: { tokenize: (text: string) => text.split(/[\s\p{P}]+|(?<=[a-z])(?=[A-Z])/u) },
					searchOptions: { prefix: true, fuzzy: 0.1, boost: { title: 4, titles: 2 } },
				},
			},
		},
		docFooter: { prev: false, next: false },
		externalLinkIcon: true,
	},
});

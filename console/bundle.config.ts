// How pages are bundled: files of their own for script and style, named by their content, and nothing inline, because the daemon serves the
// pages under a content security policy that allows nothing inline. head.html begins the head of each page.

import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin, type UserConfig } from "vite";

const pagesFolder = import.meta.dirname;

const sharedHead: Plugin = {
	name: "shared-head",
	transformIndexHtml: {
		order: "pre",
		handler(html, { filename }) {
			const up = relative(dirname(filename), pagesFolder) || ".";
			const head = readFileSync(`${pagesFolder}/head.html`, "utf8").trimEnd();
			return html.replace("<head>", `<head>\n${head.replaceAll('href="', `href="${up}/`)}`);
		},
	},
};

/** The bundle of the pages in a folder. @param folder the address of the folder; @param outDir relative to it */
export function bundleOf(folder: URL, pages: readonly string[], outDir: string): UserConfig {
	return defineConfig({
		root: fileURLToPath(folder),
		base: "./",
		publicDir: false,
		plugins: [sharedHead],
		build: {
			outDir,
			emptyOutDir: true,
			assetsDir: "assets",
			assetsInlineLimit: 0,
			modulePreload: false,
			target: "es2022",
			reportCompressedSize: false,
			rolldownOptions: {
				input: pages.map((page) => fileURLToPath(new URL(page, folder))),
				output: {
					// The SWF keeps its name: players outside of a page are given its address by hand.
					assetFileNames: ({ names }) =>
						names[0]?.endsWith(".swf") ? "flash/[name][extname]" : "assets/[name]-[hash][extname]",
				},
			},
		},
	});
}

// How pages are bundled: files of their own for script and style, named by their content, and nothing inline, because the daemon serves the
// pages under a content security policy that allows nothing inline.

import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "vite";

/** The bundle of the pages in a folder. @param folder the address of the folder; @param outDir relative to it */
export function bundleOf(folder: URL, pages: readonly string[], outDir: string): UserConfig {
	return defineConfig({
		root: fileURLToPath(folder),
		base: "./",
		publicDir: false,
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

// How the pages are bundled into dist/console: files of its own for script and style, named by their content, and nothing
// inline, because the daemon serves the pages under a content security policy that allows nothing inline.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
	root: fileURLToPath(new URL(".", import.meta.url)),
	base: "./",
	publicDir: false,
	build: {
		outDir: "../dist/console",
		emptyOutDir: true,
		assetsDir: "assets",
		assetsInlineLimit: 0,
		modulePreload: false,
		target: "es2022",
		reportCompressedSize: false,
		rolldownOptions: {
			input: ["index.html", "flash.html", "play.html"].map((page) => fileURLToPath(new URL(page, import.meta.url))),
			output: {
				// The SWF keeps its name: players outside of a page are given its address by hand.
				assetFileNames: ({ names }) =>
					names[0]?.endsWith(".swf") ? "flash/[name][extname]" : "assets/[name]-[hash][extname]",
			},
		},
	},
});

// How the chat page is bundled into dist/console: files of its own for script and style, named by their content, and nothing
// inline, because the daemon serves the page under a content security policy that allows nothing inline.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
	root: fileURLToPath(new URL(".", import.meta.url)),
	base: "/",
	publicDir: false,
	build: {
		outDir: "../dist/console",
		emptyOutDir: true,
		assetsDir: "assets",
		assetsInlineLimit: 0,
		modulePreload: false,
		target: "es2022",
		reportCompressedSize: false,
	},
});

// How the runtime is bundled into dist/asc/runtime.js: one script that gives one object, readable as it stands, because its
// lines are what a stack shows.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
	root: fileURLToPath(new URL(".", import.meta.url)),
	publicDir: false,
	build: {
		outDir: "../../../dist/asc",
		emptyOutDir: false,
		target: "es2022",
		minify: false,
		reportCompressedSize: false,
		lib: { entry: "index.ts", formats: ["iife"], name: "runtime", fileName: () => "runtime.js" },
	},
});

// Bundles the runtime into dist/asc/runtime.js: one script that evaluates to one object. It is not minified, because stacks show its lines.

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

// Bundles as a page's own build makes them: Vite, from an entry that imports "xmlsocket/browser" by its name.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "vite";

const entry = resolve(import.meta.dirname, "../../src/browser/index.ts");

/** The program as one script. */
export async function bundle(program: string, minify: boolean): Promise<string> {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket bundle "));
	try {
		writeFileSync(join(folder, "main.js"), program);
		const result = await build({
			configFile: false,
			logLevel: "error",
			root: folder,
			resolve: { alias: { "xmlsocket/browser": entry } },
			build: {
				write: false,
				minify,
				lib: { entry: join(folder, "main.js"), formats: ["es"], fileName: "main" },
			},
		});
		const output = (Array.isArray(result) ? result[0] : result) as unknown as { output: { code: string }[] };
		return output.output[0]!.code;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

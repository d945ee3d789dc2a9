// Ruffle for the live demo: the files of the installed package, beside the site's own. The page loads them only when the user asks for it.

import { cpSync, createReadStream, existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vitepress";

const folder = dirname(fileURLToPath(import.meta.resolve("@ruffle-rs/ruffle")));

/** Copies what a page loads. */
export function copyRuffle(outDir: string): void {
	cpSync(folder, join(outDir, "ruffle"), {
		recursive: true,
		filter: (file) => file === folder || /\.(?:js|wasm)$|^LICENSE/.test(basename(file)),
	});
}

/** Serves the same files while you preview. */
export function serveRuffle(): Plugin {
	return {
		name: "xmlsocket:ruffle",
		configureServer(server) {
			server.middlewares.use("/ruffle", (request, response, next) => {
				const file = join(folder, basename(new URL(request.url ?? "/", "http://localhost").pathname));
				if (!/\.(?:js|wasm)$/.test(file) || !existsSync(file)) return next();
				response.setHeader("content-type", file.endsWith(".wasm") ? "application/wasm" : "text/javascript");
				createReadStream(file).pipe(response);
			});
		},
	};
}

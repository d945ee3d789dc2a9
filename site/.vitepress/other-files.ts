// Files of the site that no page imports: the logo of the console's pages, and Ruffle for the live demo, from the installed package. A page loads
// Ruffle only when the user asks for it.

import { copyFileSync, cpSync, createReadStream, existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vitepress";

const ruffle = dirname(fileURLToPath(import.meta.resolve("@ruffle-rs/ruffle")));
const logo = fileURLToPath(new URL("../../console/logo.svg", import.meta.url));

/** Copies them beside the pages. */
export function copyOtherFiles(outDir: string): void {
	copyFileSync(logo, join(outDir, "logo.svg"));
	cpSync(ruffle, join(outDir, "ruffle"), {
		recursive: true,
		filter: (file) => file === ruffle || /\.(?:js|wasm)$|^LICENSE/.test(basename(file)),
	});
}

/** Serves them while you preview. */
export function serveOtherFiles(): Plugin {
	return {
		name: "xmlsocket:other-files",
		configureServer({ middlewares, config: { base } }) {
			const send = (file: string, type: string) => (_: IncomingMessage, response: ServerResponse) => {
				response.setHeader("content-type", type);
				createReadStream(file).pipe(response);
			};
			middlewares.use(`${base}logo.svg`, send(logo, "image/svg+xml"));
			middlewares.use(`${base}ruffle`, (request, response, next) => {
				const file = join(ruffle, basename(new URL(request.url ?? "/", "http://localhost").pathname));
				if (!/\.(?:js|wasm)$/.test(file) || !existsSync(file)) return next();
				send(file, file.endsWith(".wasm") ? "application/wasm" : "text/javascript")(request, response);
			});
		},
	};
}

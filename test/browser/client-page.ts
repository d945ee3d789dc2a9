// The package's browser build as `client` in a real page, for tests.

import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** The browser build as one script that sets `globalThis.client`. */
export async function browserScript(): Promise<string> {
	const result = await build({
		configFile: false,
		logLevel: "error",
		build: {
			write: false,
			minify: false,
			lib: {
				entry: fileURLToPath(new URL("../../src/browser/index.ts", import.meta.url)),
				formats: ["iife"],
				name: "client",
				fileName: "client",
			},
		},
	});
	const output = (Array.isArray(result) ? result[0] : result) as unknown as { output: { code: string }[] };
	return `${output.output[0]!.code}\nglobalThis.client = client;`;
}

/** A web server on a loopback port with one page that loads the script. */
export async function servePage(script: string): Promise<Server> {
	const server = createServer((request, response) => {
		if (request.url === "/client.js") response.setHeader("content-type", "text/javascript").end(script);
		else response.setHeader("content-type", "text/html").end('<!doctype html><script src="/client.js"></script>');
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return server;
}

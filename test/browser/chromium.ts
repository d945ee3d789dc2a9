// A real page for tests: the system's Chromium, found on PATH, on a page that has the package's browser build as `client`.

import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { build } from "vite";

/** Chromium's place, or undefined. */
export function findChromium(): string | undefined {
	for (const folder of (process.env.PATH ?? "").split(delimiter)) {
		const file = join(folder, "chromium");
		try {
			accessSync(file, constants.X_OK);
			return file;
		} catch {
			// Not in this folder.
		}
	}
	return undefined;
}

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

/** Opens a page in a browser of its own. */
export async function openPage(
	executablePath: string,
	url: string,
): Promise<{ page: Page; close: () => Promise<void> }> {
	const folder = await mkdtemp(join(tmpdir(), "xmlsocket-chromium-"));
	const context = await chromium.launchPersistentContext(folder, {
		executablePath,
		headless: true,
		chromiumSandbox: false,
		args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"],
	});
	const page = await context.newPage();
	await page.goto(url);
	return {
		page,
		close: async () => {
			await context.close();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

// Ruffle for pages: the files of the installed `@ruffle-rs/ruffle` package under /ruffle/. The package is optional, and is looked
// for beside this one and in the working folder; where it is not installed, /ruffle/… is answered 404 with the command.

import type { ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { HttpRoutes } from "../server/index.ts";
import { type StaticFiles, staticFiles } from "../server/static-files.ts";

/** How Ruffle is installed. */
export const RUFFLE_INSTALL = "npm install @ruffle-rs/ruffle";
const PREFIX = "/ruffle/";

/**
 * Finds the installed package.
 *
 * @param from folders to look from, this package's own first; default: and then the working folder
 * @returns its folder, or undefined
 */
export function findRuffle(from: readonly string[] = [import.meta.dirname, process.cwd()]): string | undefined {
	for (const folder of from) {
		try {
			return dirname(createRequire(join(folder, "_")).resolve("@ruffle-rs/ruffle/package.json"));
		} catch {
			// Not from there.
		}
	}
	return undefined;
}

/**
 * Serves Ruffle under /ruffle/: `<script src="/ruffle/ruffle.js">`. The package is looked for at each request until it is found,
 * so that it can be installed while the daemon runs.
 */
export function ruffleRoutes(find: () => string | undefined = findRuffle): HttpRoutes {
	let files: StaticFiles | undefined;
	return {
		request(request, response, url) {
			if (!url.pathname.startsWith(PREFIX)) return false;
			const folder = files ? undefined : find();
			if (folder !== undefined) files = staticFiles(folder, cached);
			if (files) {
				request.url = url.pathname.slice(PREFIX.length - 1);
				files(request, response, () => missing(response, "Ruffle has no such file."));
			} else missing(response, `Ruffle is not installed here: ${RUFFLE_INSTALL}`);
			return true;
		},
	};
}

// The names of all files but the first are made from their content.
function cached(response: ServerResponse, path: string): void {
	response.setHeader("x-content-type-options", "nosniff");
	response.setHeader("cache-control", path === "/ruffle.js" ? "no-cache" : "public, max-age=31536000, immutable");
}

function missing(response: ServerResponse, words: string): void {
	response.writeHead(404, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" });
	response.end(`${words}\n`);
}

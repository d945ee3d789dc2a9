// Ruffle for pages: the files of the installed `@ruffle-rs/ruffle` package under /ruffle/. The package is optional, and is looked
// for in the working folder and beside this one; where it is not installed, /ruffle/… is answered 404 with the command.

import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { HttpRoutes } from "../server/index.ts";
import { type StaticFiles, staticFiles } from "../server/static-files.ts";

/** How Ruffle is installed. */
export const RUFFLE_INSTALL = "npm install @ruffle-rs/ruffle";
/** Where its files are. */
export const RUFFLE_PATH = "/ruffle/";

/**
 * Finds the installed package.
 *
 * @param from folders to look from; default: the working folder, then this package's own
 * @returns its folder, or undefined
 */
export function findRuffle(from: readonly string[] = [process.cwd(), import.meta.dirname]): string | undefined {
	for (const folder of from) {
		try {
			return dirname(createRequire(join(folder, "_")).resolve("@ruffle-rs/ruffle/package.json"));
		} catch {
			// Not from there.
		}
	}
	return undefined;
}

/** Ruffle's files on the HTTP side. */
export interface RuffleRoutes extends HttpRoutes {
	request(request: IncomingMessage, response: ServerResponse, url: URL): boolean;
	/** Whether the package is there by now. */
	installed(): boolean;
}

/**
 * Serves Ruffle under /ruffle/: `<script src="/ruffle/ruffle.js">`. The package is looked for at each request until it is found,
 * so that it can be installed while the daemon runs.
 */
export function ruffleRoutes(find: () => string | undefined = findRuffle): RuffleRoutes {
	let files: StaticFiles | undefined;
	const installed = (): boolean => {
		const folder = files ? undefined : find();
		if (folder !== undefined) files = staticFiles(folder, cached);
		return files !== undefined;
	};
	return {
		installed,
		request(request, response, url) {
			if (!url.pathname.startsWith(RUFFLE_PATH)) return false;
			if (installed()) {
				const path = url.pathname.slice(RUFFLE_PATH.length - 1);
				files!(request, response, path, () => missing(response, "Ruffle has no such file."));
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

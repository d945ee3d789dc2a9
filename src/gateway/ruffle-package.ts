// Serves the files of the installed `@ruffle-rs/ruffle` package under /ruffle/. The package is optional. It is searched from the working
// folder and from this package's folder; if it is missing, /ruffle/… answers 404 with the command that installs it.

import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { HttpRoutes } from "../server/index.ts";
import { type StaticFiles, staticFiles } from "../server/static-files.ts";

/** The command that installs Ruffle. */
export const RUFFLE_INSTALL = "npm install @ruffle-rs/ruffle";
/** Where its files are. */
export const RUFFLE_PATH = "/ruffle/";
/** Where they are too: next to the daemon's own pages, which know no other address where a site has the root. */
const BESIDE_PAGES = "/xmlsocket/ruffle/";

/**
 * Finds the installed package.
 *
 * @param from the folders to search from; default: the working folder, then this package's folder
 * @returns its folder, or undefined
 */
export function findRuffle(from: readonly string[] = [process.cwd(), import.meta.dirname]): string | undefined {
	for (const folder of from) {
		try {
			return dirname(createRequire(join(folder, "_")).resolve("@ruffle-rs/ruffle/package.json"));
		} catch {
			// Not found from this folder.
		}
	}
	return undefined;
}

/** Ruffle's files on the HTTP side. */
export interface RuffleRoutes extends HttpRoutes {
	request(request: IncomingMessage, response: ServerResponse, url: URL): boolean;
	/** Whether the package is installed now. */
	installed(): boolean;
}

/**
 * Serves Ruffle under /ruffle/: `<script src="/ruffle/ruffle.js">`. Each request searches for the package until it is found, so that you
 * can install it while the daemon runs.
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
			const folder = [RUFFLE_PATH, BESIDE_PAGES].find((path) => url.pathname.startsWith(path));
			if (folder === undefined) return false;
			if (installed()) {
				const path = url.pathname.slice(folder.length - 1);
				files!(request, response, path, () => missing(response, "Ruffle has no such file."));
			} else missing(response, `Ruffle is not installed here: ${RUFFLE_INSTALL}`);
			return true;
		},
	};
}

// The names of all files except ruffle.js contain a hash of their content.
function cached(response: ServerResponse, path: string): void {
	response.setHeader("x-content-type-options", "nosniff");
	response.setHeader("cache-control", path === "/ruffle.js" ? "no-cache" : "public, max-age=31536000, immutable");
}

function missing(response: ServerResponse, words: string): void {
	response.writeHead(404, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" });
	response.end(`${words}\n`);
}

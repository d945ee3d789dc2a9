// Serves the folder of a site with Flash content: files unchanged, HTML pages with ruffle.js and the configuration of sockets inserted. The
// daemon's own paths (the gateway, `/socket`, `/healthz` …) never reach it. It sets no content policy, because the pages belong to the
// operator.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpRoutes, Logger } from "../../server/index.ts";
import { RUFFLE_PATH, type RuffleRoutes } from "../ruffle-package.ts";
import { inject } from "./html-injection.ts";
import { MISSING_RUFFLE_PATH, MISSING_RUFFLE_SCRIPT } from "./missing-ruffle.ts";
import { type ReachableTarget, socketProxyScript } from "./socket-proxy.ts";
import { isCurrent, type OpenFile, StaticFolder, sendFile } from "./static-folder.ts";

/** The path of the configuration script. */
export const CONFIG_PATH = "/ruffle-config.js";

const MAX_INJECTED_BYTES = 4 * 1024 * 1024;
// A path of this server, relative to a page: where a proxy serves the site below a path of its own, the path is not known here.
const fromPage = (page: string, path: string): string => `${"../".repeat(page.split("/").length - 2)}${path.slice(1)}`;
const tag = (path: string): string => `<script src="${path}"></script>`;

/** The parts of a site. */
export interface SiteParts {
	/** The folder; undefined: only the configuration script and Ruffle are served. */
	readonly folder: string | undefined;
	/** Whether to insert script tags into its HTML pages. */
	readonly inject: boolean;
	/** Answers requests below `/ruffle/` for files that are not in the folder. */
	readonly ruffle: RuffleRoutes;
	/** The targets that SWFs may reach. Called at each request, because a port may be known only after the server listens. */
	readonly targets: () => readonly ReachableTarget[];
	/** Whether pages report requests for other targets, so that the gateway can log and record them. */
	readonly reports: boolean;
	/** Whether pages of other sites may load the configuration script: if the operator also allows them to connect. */
	readonly forOtherSites: boolean;
	readonly log: Logger;
}

/** Answers for a site's folder, `/ruffle-config.js` and `/ruffle/`. */
export class SiteRoutes implements HttpRoutes {
	readonly #parts: SiteParts;
	readonly #files: StaticFolder | undefined;

	/** @throws XMLSOCKET_FOLDER_UNREADABLE */
	constructor(parts: SiteParts) {
		this.#parts = parts;
		this.#files = parts.folder === undefined ? undefined : new StaticFolder(parts.folder);
	}

	request(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
		const { pathname } = url;
		if (pathname === CONFIG_PATH) {
			const policy = this.#parts.forOtherSites ? "cross-origin" : "same-site";
			response.setHeader("cross-origin-resource-policy", policy);
			sendScript(response, socketProxyScript(this.#parts.targets(), this.#parts.reports));
			return true;
		}
		if (!this.#files) return this.#parts.ruffle.request(request, response, url);
		this.#answer(this.#files, request, response, url).catch((error: unknown) => {
			this.#parts.log.error({ err: error, path: pathname }, "a file could not be sent");
			response.destroy();
		});
		return true;
	}

	async #answer(files: StaticFolder, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
		const { pathname } = url;
		if (pathname === MISSING_RUFFLE_PATH) return sendScript(response, MISSING_RUFFLE_SCRIPT);
		const file = await files.find(pathname);
		if (file === "folder") {
			// Relative, because a proxy may serve the folder below a path of its own.
			const location = `./${pathname.split("/").at(-1)}/${url.search}`;
			response.writeHead(301, { location, "content-length": 0 }).end();
		} else if (file) {
			if (/\.html?$/i.test(file.name)) await this.#sendPage(file, request, response, pathname);
			else await sendFile(file, request, response);
		} else if (!this.#parts.ruffle.request(request, response, url)) sendText(response, 404, "There is no such file.\n");
	}

	async #sendPage(file: OpenFile, request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
		if (!this.#parts.inject) return await sendFile(file, request, response);
		if (file.size > MAX_INJECTED_BYTES) {
			this.#parts.log.warn(
				{ file: file.name, bytes: file.size, limit: MAX_INJECTED_BYTES },
				"sent a page without ruffle.js, because the page is too long",
			);
			return await sendFile(file, request, response);
		}
		const installed = this.#parts.ruffle.installed();
		const read = await readWhole(file);
		const page = inject(read, {
			always: tag(fromPage(pathname, CONFIG_PATH)),
			withoutRuffle: tag(fromPage(pathname, installed ? `${RUFFLE_PATH}ruffle.js` : MISSING_RUFFLE_PATH)),
		});
		response.setHeader(
			"content-type",
			page?.charset === undefined ? "text/html" : `text/html; charset=${page.charset}`,
		);
		response.setHeader("cache-control", "no-cache");
		// The tags are part of the page's version.
		const etag = `W/"${installed ? "ruffle" : "missing"}-${file.size.toString(16)}-${file.modifiedMs.toString(16)}"`;
		if (isCurrent(request, response, etag, file.modifiedMs)) return;
		const body = page?.body ?? read;
		response.writeHead(200, { "content-length": body.length });
		response.end(request.method === "HEAD" ? undefined : body);
	}
}

async function readWhole(file: OpenFile): Promise<Buffer> {
	try {
		const bytes = Buffer.alloc(file.size);
		const { bytesRead } = await file.handle.read(bytes, 0, file.size, 0);
		return bytes.subarray(0, bytesRead);
	} finally {
		await file.handle.close();
	}
}

/** Answers with a script that must not be cached. */
export function sendScript(response: ServerResponse, text: string): void {
	response.setHeader("cache-control", "no-store");
	response.setHeader("x-content-type-options", "nosniff");
	sendText(response, 200, text, "text/javascript; charset=utf-8");
}

/** Answers with a text. */
export function sendText(
	response: ServerResponse,
	status: number,
	text: string,
	type = "text/plain; charset=utf-8",
): void {
	response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
	response.end(response.req.method === "HEAD" ? undefined : text);
}

// What a GET or HEAD request gets, by its path: health, metrics, the policy file for HTTP loads, further routes, the page.

import type { IncomingMessage, ServerResponse } from "node:http";
import { addressKey } from "./admission.ts";
import { isForwarded } from "./client-address.ts";
import { answer, answerUpgradeRequired } from "./http-answers.ts";
import { type HttpHost, WEBSOCKET_PATH, webSocketPaths } from "./http-host.ts";
import { sendMetrics } from "./metrics.ts";
import { pageHeaders } from "./page-headers.ts";
import { type StaticFiles, staticFiles } from "./static-files.ts";

const NO_PAGE = "There is no such page.\n";

/** Answers for the daemon's paths. */
export class DaemonPaths {
	readonly #host: HttpHost;
	readonly #addressOf: (request: IncomingMessage) => string;
	readonly #page: StaticFiles | undefined;

	/** @param addressOf the address of the client, or of the proxy before it. */
	constructor(host: HttpHost, addressOf: (request: IncomingMessage) => string) {
		this.#host = host;
		this.#addressOf = addressOf;
		this.#page =
			host.pageFolder === undefined
				? undefined
				: staticFiles(host.pageFolder, cacheHeader, (error) => host.refusals.failed(error));
	}

	/** Answers a request whose Host header and method were checked. */
	answer(request: IncomingMessage, response: ServerResponse, url: URL): void | Promise<void> {
		const host = this.#host;
		const path = url.pathname;
		const policy = path === "/crossdomain.xml" ? host.policyText() : undefined;
		if (path === "/healthz") answer(response, 200, "ok\n");
		else if (path === "/readyz") {
			const { ready, trouble } = host.health();
			answer(response, ready ? 200 : 503, `${ready ? "ready" : "not ready"}${trouble ? `: ${trouble}` : ""}\n`);
		} else if (path === "/metrics") return this.#metrics(request, response);
		else if (policy !== undefined) {
			response.setHeader("x-permitted-cross-domain-policies", "master-only");
			answer(response, 200, policy, "text/x-cross-domain-policy");
		} else if (path === WEBSOCKET_PATH && host.acceptsDocuments) answerUpgradeRequired(response);
		else if (this.#page && host.pagePath !== "/" && path.startsWith(host.pagePath))
			this.#sendPage(this.#page, path, request, response, () => this.#routed(request, response, url));
		else if (this.#routed(request, response, url)) return;
		else if (this.#page && host.pagePath === "/") this.#sendPage(this.#page, path, request, response, () => false);
		else answer(response, 404, path === "/" ? noPage(host) : NO_PAGE);
	}

	#routed(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
		return this.#host.routes.some((routes) => routes.request?.(request, response, url));
	}

	/** @param otherwise answers a request for a file that the page's folder does not have; false where it does not. */
	#sendPage(
		files: StaticFiles,
		path: string,
		request: IncomingMessage,
		response: ServerResponse,
		otherwise: () => boolean,
	): void {
		const name = path.slice(this.#host.pagePath.length - 1);
		if (name.endsWith("/") && this.#host.flashPages.includes(name.slice(0, -1))) {
			// The addresses in the page are relative, so the slash would change them.
			response.writeHead(301, { location: `..${name.slice(0, -1)}`, "content-length": 0 }).end();
			return;
		}
		const isFlash = this.#host.flashPages.includes(name);
		const headers = Object.entries(pageHeaders(isFlash, this.#host.settings.embed));
		for (const [header, value] of headers) response.setHeader(header, value);
		files(request, response, name, () => {
			for (const [header] of headers) response.removeHeader(header);
			if (!otherwise()) answer(response, 404, NO_PAGE);
		});
	}

	async #metrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const isLocal = addressKey(this.#addressOf(request)) === undefined;
		// A request that a proxy forwarded is not from this machine, whatever the address of its socket.
		if (this.#host.settings.metrics === "local" && isLocal && !isForwarded(request))
			await sendMetrics(this.#host.metrics, response);
		else {
			answer(
				response,
				403,
				"Metrics are private to this machine; --metrics HOST:PORT gives them a port of their own.\n",
			);
		}
	}
}

// People look at a WebSocket's port with a browser or curl to see whether it is there.
function noPage(host: HttpHost): string {
	const paths = webSocketPaths(host);
	return paths.length === 0 ? NO_PAGE : `There is no page here. WebSockets are at ${paths.join(", ")}.\n`;
}

function cacheHeader(response: ServerResponse, path: string): void {
	response.setHeader("cache-control", path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
}

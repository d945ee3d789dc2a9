// The HTTP side of the port: the chat page, health, metrics, the policy file for HTTP loads, and WebSocket upgrades. It
// checks Host and Origin before anything else.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Health } from "../application/index.ts";
import type { Transport } from "../link/index.ts";
import { WebSocketAcceptor } from "../transport/index.ts";
import { addressKey, isListed } from "./admission.ts";
import { answer, refuseUpgrade } from "./http-answers.ts";
import type { HttpRoutes } from "./http-routes.ts";
import { type Logger, loggable } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { ServerSettings } from "./options.ts";
import type { OriginRules } from "./origin.ts";
import { pageHeaders } from "./page-headers.ts";
import { type StaticFiles, staticFiles } from "./static-files.ts";

/** What the HTTP side needs of its server. */
export interface HttpHost {
	readonly settings: ServerSettings;
	readonly rules: OriginRules;
	readonly metrics: Metrics;
	readonly log: Logger;
	/** Whether new clients are welcome: false while the server drains. */
	readonly ready: boolean;
	/** How the server is, for `/readyz`. */
	health(): Health;
	/** The policy file as text; undefined where none is served. */
	readonly policyText: string | undefined;
	/** The folder of the web page; undefined: none. */
	readonly pageFolder: string | undefined;
	/** Whether documents are spoken here, also over WebSocket. */
	readonly speaksDocuments: boolean;
	/** Where the web page is: `/`, or a path that ends with a slash. */
	readonly pagePath: string;
	/** Who else answers, in the order of asking. */
	readonly routes: readonly HttpRoutes[];
	/** Counts a client behind a proxy until its socket closes; false where it is refused. */
	visit(address: string, socket: Duplex): boolean;
	/** A WebSocket is open. */
	webSocket(transport: Transport, socket: Duplex): void;
}

const WEBSOCKET_PATH = "/socket";
const FLASH_PAGES = ["/flash", "/flash.html"];

/** Serves the requests of connections that were recognised as HTTP. */
export class HttpSide {
	readonly #host: HttpHost;
	readonly #server: Server;
	readonly #webSockets: WebSocketAcceptor;
	readonly #addresses = new WeakMap<Duplex, string>();
	readonly #page: StaticFiles | undefined;

	constructor(host: HttpHost) {
		this.#host = host;
		const headMs = host.settings.tlsTimeoutMs;
		this.#server = createServer({
			headersTimeout: headMs,
			requestTimeout: headMs,
			connectionsCheckingInterval: 1000,
			keepAliveTimeout: 5000,
			maxHeaderSize: 16_384,
		});
		this.#server.maxHeadersCount = 100;
		this.#server.on("request", (request, response) => this.#request(request, response));
		this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
		this.#server.on("clientError", (_error, socket) => {
			if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
			else socket.destroy();
		});
		// This server gets its sockets handed over and never listens itself, yet its deadlines start with this event.
		this.#server.emit("listening");
		this.#webSockets = new WebSocketAcceptor({
			maxMessageBytes: Math.max(host.settings.maxDocumentBytes + 1, 65_536),
		});
		this.#page = host.pageFolder === undefined ? undefined : staticFiles(host.pageFolder, immutable);
	}

	/**
	 * Takes over a connection.
	 *
	 * @param address whose it is.
	 */
	take(socket: Socket, address: string): void {
		this.#addresses.set(socket, address);
		this.#server.emit("connection", socket);
		socket.resume();
	}

	/** Ends the connections that are between two requests; the others end with their answer. */
	close(): void {
		this.#server.close();
		this.#server.closeIdleConnections();
	}

	/** Ends all connections. */
	destroy(): void {
		this.#server.closeAllConnections();
	}

	#request(request: IncomingMessage, response: ServerResponse): void {
		const host = this.#host;
		if (!host.rules.allowsHost(request.headers.host)) {
			host.metrics.count(host.metrics.refused, "foreign-host");
			answer(
				response,
				421,
				`This server is not known as "${loggable(request.headers.host ?? "")}". Its operator can add that name with --origin.\n`,
			);
			return;
		}
		if (!host.ready) response.setHeader("connection", "close");
		const url = urlOf(request);
		if (!url) {
			answer(response, 400, "The address of the request cannot be read.\n");
			return;
		}
		const path = url.pathname;
		if (request.method !== "GET" && request.method !== "HEAD") {
			response.setHeader("allow", "GET, HEAD");
			answer(response, 405, "Only GET and HEAD are answered here.\n");
		} else if (path === "/healthz") answer(response, 200, "ok\n");
		else if (path === "/readyz") {
			const { ready, trouble } = host.health();
			answer(response, ready ? 200 : 503, `${ready ? "ready" : "not ready"}${trouble ? `: ${trouble}` : ""}\n`);
		} else if (path === "/metrics") void this.#metrics(request, response);
		else if (path === "/crossdomain.xml" && host.policyText !== undefined) {
			response.setHeader("x-permitted-cross-domain-policies", "master-only");
			answer(response, 200, host.policyText, "text/x-cross-domain-policy");
		} else if (path === WEBSOCKET_PATH && host.speaksDocuments)
			answer(response, 426, "This path is for WebSocket connections.\n");
		else if (this.#page && host.pagePath !== "/" && path.startsWith(host.pagePath)) this.#sendPage(request, response);
		else if (host.routes.some((routes) => routes.request?.(request, response, url))) return;
		else if (this.#page && host.pagePath === "/") this.#sendPage(request, response);
		else answer(response, 404, "There is no such page.\n");
	}

	#sendPage(request: IncomingMessage, response: ServerResponse): void {
		request.url = request.url!.slice(this.#host.pagePath.length - 1);
		const isFlash = FLASH_PAGES.includes(request.url.split("?", 1)[0]!);
		for (const [name, value] of Object.entries(pageHeaders(isFlash))) response.setHeader(name, value);
		this.#page!(request, response, () => answer(response, 404, "There is no such page.\n"));
	}

	async #metrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const where = this.#host.settings.metrics;
		// A request that a proxy forwarded is not from this machine, whatever its socket says.
		const forwarded = "x-forwarded-for" in request.headers || "forwarded" in request.headers;
		if (where !== "local" || forwarded || addressKey(this.#addressOf(request)) !== undefined) {
			answer(
				response,
				403,
				"Metrics are private to this machine; --metrics HOST:PORT gives them a port of their own.\n",
			);
			return;
		}
		await sendMetrics(this.#host.metrics, response);
	}

	#upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
		const host = this.#host;
		const { origin } = request.headers;
		const url = urlOf(request);
		const client = this.#clientAddress(request);
		if (!url) refuseUpgrade(socket, "400 Bad Request", "The address of the request cannot be read.");
		else if (!host.rules.allowsHost(request.headers.host)) {
			host.metrics.count(host.metrics.refused, "foreign-host");
			refuseUpgrade(
				socket,
				"421 Misdirected Request",
				"This server is not known by that name; its operator can add it with --origin.",
			);
		} else if (!host.rules.allowsOrigin(origin, request.headers.host)) {
			host.metrics.count(host.metrics.refused, "foreign-origin");
			host.log.warn(
				{ origin: loggable(origin ?? ""), remote: loggable(client) },
				"refused a WebSocket from a foreign page; --origin allows it",
			);
			refuseUpgrade(
				socket,
				"403 Forbidden",
				"Pages of this origin may not connect; the server's operator can allow it with --origin.",
			);
		} else if (!host.ready) {
			refuseUpgrade(socket, "503 Service Unavailable", "The server is stopping.");
		} else if (client !== this.#addressOf(request) && !host.visit(client, socket)) {
			refuseUpgrade(socket, "429 Too Many Requests", "Too many connections from this address.");
		} else if (url.pathname !== WEBSOCKET_PATH || !host.speaksDocuments) {
			if (!host.routes.some((routes) => routes.upgrade?.(request, socket, head, url, client)))
				refuseUpgrade(socket, "404 Not Found", "There is nothing at this path for a WebSocket.");
		} else {
			const frames = url.searchParams.get("frames") === "text" ? "text" : "binary";
			socket.on("error", () => {});
			this.#webSockets.accept(request, socket, head, client, frames, (transport) => host.webSocket(transport, socket));
		}
	}

	#addressOf(request: IncomingMessage): string {
		return this.#addresses.get(request.socket) ?? request.socket.remoteAddress ?? "";
	}

	// Behind listed proxies: the last address that no listed proxy wrote about itself.
	#clientAddress(request: IncomingMessage): string {
		let address = this.#addressOf(request);
		const trusted = this.#host.settings.trustProxy;
		const chain = String(request.headers["x-forwarded-for"] ?? "")
			.split(",")
			.map((entry) => entry.trim());
		while (isListed(address, trusted) && chain.length > 0) {
			const before = chain.pop();
			if (!before) break;
			address = before;
		}
		return address;
	}
}

/** Answers with the numbers in the Prometheus format. */
export async function sendMetrics(metrics: Metrics, response: ServerResponse): Promise<void> {
	try {
		const { type, body } = await metrics.page();
		answer(response, 200, body, type);
	} catch (error) {
		answer(response, 500, `The metrics could not be collected: ${String(error)}\n`);
	}
}

// `//` and the like are request lines that a peer can send and no URL can be made of.
function urlOf(request: IncomingMessage): URL | undefined {
	const { url = "/" } = request;
	if (!URL.canParse(url, "http://localhost")) return undefined;
	return new URL(url, "http://localhost");
}

function immutable(response: ServerResponse, path: string): void {
	response.setHeader("cache-control", path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
}

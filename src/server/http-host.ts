// What the HTTP side needs of its server, and what all of its parts ask about a request.

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Handshake, Health } from "../application/index.ts";
import type { XMLSocketError } from "../errors/index.ts";
import type { Transport } from "../link/index.ts";
import type { Refusal } from "./admission.ts";
import type { HttpRoutes } from "./http-routes.ts";
import { type Logger, loggable } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { ServerSettings } from "./options.ts";
import type { OriginRules } from "./origin.ts";
import type { Refusals } from "./refusals.ts";

/** The server as its HTTP side sees it. */
export interface HttpHost {
	readonly settings: ServerSettings;
	readonly rules: OriginRules;
	readonly metrics: Metrics;
	readonly refusals: Refusals;
	readonly log: Logger;
	/** The folder of the web page; undefined: none. */
	readonly pageFolder: string | undefined;
	/** Where the web page is: `/`, or a path that ends with a slash. */
	readonly pagePath: string;
	/** Its pages that play Flash content, by their path below `pagePath`. */
	readonly flashPages: readonly string[];
	/** Whether the application handles documents, also over WebSocket. */
	readonly acceptsDocuments: boolean;
	/** What else answers, in the order of asking. */
	readonly routes: readonly HttpRoutes[];
	/** Whether the server accepts new clients: false while it closes. */
	isListening(): boolean;
	/** How the server is, for `/readyz`. */
	health(): Health;
	/** The policy file as text; undefined where none is served. */
	policyText(): string | undefined;
	/** Counts a client behind a proxy until its socket closes; returns why it is refused, and does not report that. */
	acquire(address: string, socket: Duplex): Refusal | undefined;
	/** Why WebSockets of an address are refused, also those that the routes take over; undefined: they are not. */
	refusalOf(address: string): XMLSocketError | undefined;
	/** Takes a WebSocket whose handshake is complete. */
	webSocket(transport: Transport, handshake: Handshake): void;
}

/** The path of the application's WebSocket. */
export const WEBSOCKET_PATH = "/socket";

/**
 * The URL of a request, below the path that a proxy serves the daemon at. Undefined for request lines that a client can send and that are
 * not a URL. A path that begins with `//` is a path, and names no host.
 *
 * @param basePath starts and ends with a slash. A proxy may have removed it already; then nothing is removed.
 */
export function requestUrl(request: IncomingMessage, basePath: string): URL | undefined {
	const { url = "/" } = request;
	const address = url.startsWith("/") ? `http://localhost${url}` : url;
	if (!URL.canParse(address, "http://localhost")) return undefined;
	const found = new URL(address, "http://localhost");
	if (basePath !== "/" && found.pathname.startsWith(basePath))
		found.pathname = found.pathname.slice(basePath.length - 1);
	return found;
}

/** The facts about a request that the log line of its refusal has. */
export function requestFacts(request: IncomingMessage): object {
	const { headers } = request;
	return {
		path: loggable(request.url ?? ""),
		hostHeader: loggable(headers.host ?? ""),
		...(headers.origin === undefined ? {} : { origin: loggable(headers.origin) }),
	};
}

const MAX_SHOWN_PATHS = 20;

/** The paths of WebSockets, for the text of an answer at another path. */
export function webSocketPaths(host: HttpHost): string[] {
	const paths = host.routes.flatMap((routes) => routes.webSocketPaths?.() ?? []);
	return [...(host.acceptsDocuments ? [WEBSOCKET_PATH] : []), ...paths].slice(0, MAX_SHOWN_PATHS);
}

// The server of the live page of `inspect --web`: the built page, and the feed of its events over one WebSocket. Without the token it
// serves neither. The traffic comes from the caller; nothing here connects to a target.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import {
	answer,
	answerUpgradeRequired,
	createServer,
	type HttpRoutes,
	type Logger,
	noDocuments,
	refuseUpgrade,
	type Server,
} from "../../server/index.ts";
import { pageHeaders } from "../../server/page-headers.ts";
import { type StaticFiles, staticFiles } from "../../server/static-files.ts";
import { type TrafficControls, TrafficFeed } from "../../traffic-feed/index.ts";
import { type CaptureInfo, createMask, type DocumentEvent, type Mask, type TrafficEvent } from "../traffic/index.ts";

/** The options of `createLivePage`. */
export interface LivePageOptions {
	/** The folder of the built pages, which has `inspect.html`. */
	readonly pages: string;
	/** What the page shows about the capture. */
	readonly info: CaptureInfo;
	/** Absent: the page only watches. */
	readonly controls?: TrafficControls | undefined;
	/** Replaces secrets in what pages get. A held document with a secret can then not be changed in the page. Default: none. */
	readonly mask?: Mask | undefined;
	/** The address to listen on. Default: `localhost`, both loopback addresses. */
	readonly host?: string | undefined;
	/** Default 0: any free port. */
	readonly port?: number | undefined;
	/** Who has it can use the page. Default: a random one. */
	readonly token?: string | undefined;
	/** The most events that are kept for pages that connect. Default 100,000. */
	readonly maxEvents?: number | undefined;
	/** The most bytes of them. Default 64 MiB. */
	readonly maxBytes?: number | undefined;
	/** How long held documents wait after the last page has left before they are let go, in milliseconds. Default 10,000. */
	readonly abandonedMs?: number | undefined;
	readonly log?: Logger | undefined;
}

/** A server with the live page. */
export interface LivePage {
	/** The page's address with the token; once `listen` has resolved. */
	readonly url: string;
	readonly port: number;
	/** Shows an event. */
	add(event: TrafficEvent): void;
	/** The held documents changed: sends their list to the pages. */
	heldChanged(): void;
	/** @throws XMLSOCKET_PORT_IN_USE and the other errors of a server. */
	listen(): Promise<LivePage>;
	close(): Promise<void>;
}

const FEED_PATH = "/feed";
const PAGE = "/inspect.html";
const NO_TOKEN =
	"Open the address that the command printed: it ends with ?token= and a word that changes with each start.\n";

/** Creates the server of a live page. Call its `listen()`. */
export function createLivePage(options: LivePageOptions): LivePage {
	const { info, maxEvents, maxBytes, abandonedMs, mask = createMask([]), host = "localhost", port = 0 } = options;
	const controls = options.controls && maskedControls(options.controls, mask);
	const token = options.token ?? randomBytes(18).toString("base64url");
	const feed = new TrafficFeed({
		info,
		controls,
		abandonedMs,
		...(maxEvents === undefined ? {} : { maxEvents }),
		...(maxBytes === undefined ? {} : { maxBytes }),
	});
	const server: Server = createServer({
		host,
		port,
		policy: "off",
		application: noDocuments,
		log: options.log,
		routes: [new LiveRoutes(feed, options.pages, token, () => server.port)],
	});
	const isAll = ["*", "::", "0.0.0.0"].includes(host);
	const shownHost = isAll ? "localhost" : host.includes(":") ? `[${host}]` : host;
	return {
		get url() {
			return `http://${shownHost}:${server.port}/?token=${token}`;
		},
		get port() {
			return server.port;
		},
		add: (event) => feed.add(mask.apply(event)),
		heldChanged: () => feed.heldChanged(),
		async listen() {
			await server.listen();
			return this;
		},
		async close() {
			await server.close({ graceMs: 0 });
		},
	};
}

function maskedControls(controls: TrafficControls, mask: Mask): TrafficControls {
	if (!mask.active) return controls;
	const masked = (event: DocumentEvent): DocumentEvent => {
		const bytes = mask.applyToBytes(event.bytes);
		return bytes === event.bytes ? event : { ...event, bytes, masked: true };
	};
	return {
		setBreak: (predicate) => controls.setBreak(predicate),
		held: () => controls.held().map(({ id, event }) => ({ id, event: masked(event) })),
		release: (id, bytes) => controls.release(id, bytes),
		drop: (id) => controls.drop(id),
		inject: (connection, direction, bytes) => controls.inject(connection, direction, bytes),
	};
}

class LiveRoutes implements HttpRoutes {
	readonly #feed: TrafficFeed;
	readonly #token: string;
	readonly #files: StaticFiles;
	readonly #port: () => number;

	constructor(feed: TrafficFeed, pages: string, token: string, port: () => number) {
		this.#feed = feed;
		this.#token = token;
		this.#port = port;
		const headers = Object.entries(pageHeaders(false));
		this.#files = staticFiles(pages, (response) => {
			for (const [name, value] of headers) response.setHeader(name, value);
			response.setHeader("cache-control", "no-cache");
		});
	}

	request(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
		const given = url.searchParams.get("token");
		if (url.pathname === "/" && given !== null && this.#isToken(given)) {
			// The cookie replaces the token, which then is in neither the address bar nor the history.
			response.setHeader("set-cookie", `${this.#cookie}=${this.#token}; HttpOnly; SameSite=Lax; Path=/`);
			response.writeHead(303, { location: "./", "cache-control": "no-store", "content-length": 0 }).end();
		} else if (!this.#isAllowed(request)) answer(response, 403, NO_TOKEN);
		else if (url.pathname === FEED_PATH) answerUpgradeRequired(response);
		else {
			const { pathname } = url;
			const isPage = pathname === "/" || pathname.startsWith("/assets/");
			const path = pathname === "/" ? PAGE : isPage ? pathname : "";
			this.#files(request, response, path, () => answer(response, 404, "There is no such page.\n"));
		}
		return true;
	}

	upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL, clientAddress: string): boolean {
		if (url.pathname !== FEED_PATH) return false;
		if (this.#isAllowed(request)) this.#feed.upgrade(request, socket, head, clientAddress);
		else refuseUpgrade(socket, "403 Forbidden", NO_TOKEN.trim());
		return true;
	}

	webSocketPaths(): readonly string[] {
		return [FEED_PATH];
	}

	async drain(): Promise<void> {
		this.#feed.close();
	}

	// Cookies are shared by all ports of a host.
	get #cookie(): string {
		return `xmlsocket-inspect-${this.#port()}`;
	}

	#isAllowed(request: IncomingMessage): boolean {
		const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
		if (bearer !== undefined) return this.#isToken(bearer);
		const name = `${this.#cookie}=`;
		const cookies = (request.headers.cookie ?? "").split(/; */);
		return cookies.some((cookie) => cookie.startsWith(name) && this.#isToken(cookie.slice(name.length)));
	}

	#isToken(given: string): boolean {
		return timingSafeEqual(hashOf(given), hashOf(this.#token));
	}
}

function hashOf(text: string): Buffer {
	return createHash("sha256").update(text).digest();
}

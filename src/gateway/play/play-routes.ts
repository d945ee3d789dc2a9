// The HTTP routes of `play`: the page with the movie, the data for the page, the events of the movie's sockets, and the movie with its
// folder. The root is the movie's folder, as on the movie's own site; all other files are below /xmlsocket/ and /ruffle/.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { answerUpgradeRequired, type HttpRoutes, refuseUpgrade } from "../../server/index.ts";
import { pageHeaders } from "../../server/page-headers.ts";
import type { TrafficFeed } from "../../traffic-feed/index.ts";
import { RUFFLE_INSTALL, type RuffleRoutes } from "../ruffle-package.ts";
import { type SiteRoutes, sendText } from "../site/site-routes.ts";
import type { ReachableTarget } from "../site/socket-proxy.ts";
import { StaticFolder, sendFile } from "../site/static-folder.ts";
import type { EventFeed } from "./event-feed.ts";
import { clientGone, type Movie } from "./movie.ts";

/** The path of the page. */
export const PLAY_PATH = "/xmlsocket/";
const TRAFFIC_PATH = `${PLAY_PATH}traffic`;

/** The data for the page at its start. */
export interface PlayFacts {
	readonly name: string;
	readonly path: string;
	readonly base: string;
	/** The problem with the movie; null: none. */
	readonly problem: string | null;
	/** The command that installs Ruffle, if it is missing. */
	readonly install: string | null;
	/** The targets that the movie may reach. */
	readonly targets: readonly ReachableTarget[];
	/** FlashVars. */
	readonly parameters: Readonly<Record<string, string>>;
	/** The command line, which the page shows with one more `--allow` to copy. */
	readonly command: string;
}

/** The parts of the routes. */
export interface PlayParts {
	readonly movie: Movie;
	/** The folder of the built pages. */
	readonly pages: string;
	readonly ruffle: RuffleRoutes;
	/** Answers for the configuration of the sockets and for Ruffle. */
	readonly site: SiteRoutes;
	readonly targets: () => readonly ReachableTarget[];
	readonly parameters: Readonly<Record<string, string>>;
	readonly command: string;
	readonly feed: EventFeed;
	readonly trafficFeed: TrafficFeed;
}

/** Answers for the page and the movie. */
export class PlayRoutes implements HttpRoutes {
	readonly #parts: PlayParts;
	readonly #pages: StaticFolder;

	/** @throws XMLSOCKET_FOLDER_UNREADABLE if the pages are not built. */
	constructor(parts: PlayParts) {
		this.#parts = parts;
		this.#pages = new StaticFolder(parts.pages);
	}

	request(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
		const { pathname } = url;
		if (pathname === "/") response.writeHead(302, { location: `.${PLAY_PATH}`, "content-length": 0 }).end();
		else if (pathname === `${PLAY_PATH}events`) this.#parts.feed.open(response);
		else if (pathname === TRAFFIC_PATH) answerUpgradeRequired(response);
		else if (!this.#parts.site.request(request, response, url))
			this.#answer(request, response, url).catch(() => response.destroy());
		return true;
	}

	upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL, clientAddress: string): boolean {
		if (url.pathname !== TRAFFIC_PATH) return false;
		// The server has checked the Origin, if there is one. A movie can send requests here, but can open no WebSocket of its own choice;
		// a file beside it that is opened as a page has the origin null.
		if (request.headers.origin === undefined)
			refuseUpgrade(socket, "403 Forbidden", "Only the page of this server may connect here.");
		else this.#parts.trafficFeed.upgrade(request, socket, head, clientAddress);
		return true;
	}

	webSocketPaths(): readonly string[] {
		return [TRAFFIC_PATH];
	}

	async drain(): Promise<void> {
		this.#parts.trafficFeed.close();
		this.#parts.feed.close();
	}

	async #answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
		const { pathname } = url;
		if (!pathname.startsWith(PLAY_PATH)) {
			// A file next to the movie may be a page; the sandbox gives it an opaque origin.
			response.setHeader("content-security-policy", "sandbox");
			response.setHeader("x-content-type-options", "nosniff");
			return await this.#parts.movie.answer(request, response, url);
		}
		for (const [name, value] of Object.entries(pageHeaders(true))) response.setHeader(name, value);
		const asked = pathname.slice(PLAY_PATH.length);
		if (asked === "facts.json") {
			response.setHeader("cache-control", "no-store");
			return sendText(response, 200, JSON.stringify(await this.#facts(clientGone(response))), "application/json");
		}
		const file = await this.#pages.find(`/${asked === "" ? "play.html" : asked}`);
		if (file === undefined || file === "folder") sendText(response, 404, "There is no such page.\n");
		else await sendFile(file, request, response);
	}

	async #facts(aborted: AbortSignal): Promise<PlayFacts> {
		const { movie, ruffle, targets, parameters, command } = this.#parts;
		return {
			name: movie.name,
			path: movie.path,
			base: movie.base,
			problem: (await movie.problem(aborted)) ?? null,
			install: ruffle.installed() ? null : RUFFLE_INSTALL,
			targets: targets(),
			parameters,
			command,
		};
	}
}

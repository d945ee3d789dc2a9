// Ruffle in Chromium for tests: one page for all movies, because its WebAssembly is compiled once for a page, and a player
// element for each movie. What a movie traces is read with Ruffle's trace observer. The canvas renderer, for without a graphics
// card the other one is slow and takes no clicks.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { staticFiles } from "../../src/server/static-files.ts";
import { launch } from "../browser/chromium.ts";

/** Where a movie's socket leads: `proxyUrl` is asked when the movie connects to exactly this host and port. */
export interface SocketProxy {
	readonly host: string;
	readonly port: number;
	readonly proxyUrl: string;
}

/** A movie that plays. */
export interface Player {
	/** What it traced, whole. */
	readonly traces: readonly string[];
	/** Resolves when `done` is true of the traces. @throws after `timeoutMs` (90 s), with what was traced. */
	until(done: (traces: readonly string[]) => boolean, timeoutMs?: number): Promise<void>;
	/** Takes the element out of the page, which ends the movie. */
	remove(): Promise<void>;
}

/** The page of all movies. */
export interface Ruffle {
	readonly page: Page;
	/** Starts a movie with its FlashVars. */
	play(movie: Uint8Array, sockets: readonly SocketProxy[], parameters?: Record<string, string>): Promise<Player>;
	close(): Promise<void>;
}

interface Api {
	load(options: object): Promise<void>;
	traceObserver: (message: string) => void;
	resume(): void;
}
type Element = HTMLElement & { ruffle(): Api };

const PAGE = `<!doctype html><meta charset="utf-8"><title>Movies</title><script src="/config.js"></script><script src="/ruffle/ruffle.js"></script>`;
const CONFIG = `window.RufflePlayer = { config: { publicPath: "/ruffle/", preferredRenderer: "canvas", autoplay: "off",
splashScreen: false, unmuteOverlay: "hidden", polyfills: false, logLevel: "warn" } };`;

/** Opens the browser and the page. */
export async function startRuffle(): Promise<Ruffle> {
	const movies: Uint8Array[] = [];
	const http = await serve(movies);
	const { port } = http.address() as AddressInfo;
	const browser = await launch();
	const page = await browser.browser.newPage();
	const traces: string[][] = [];
	page.on("console", (message) => {
		const match = /^trace (\d+) (.*)$/.exec(message.text());
		if (match) traces[Number(match[1])]?.push(JSON.parse(match[2]!) as string);
	});
	await page.goto(`http://localhost:${port}/`);
	return {
		page,
		async play(movie, sockets, parameters = {}) {
			const id = movies.push(movie) - 1;
			const lines: string[] = [];
			traces[id] = lines;
			await page.evaluate(start, { id, sockets, parameters });
			return {
				traces: lines,
				async until(done, timeoutMs = 90_000) {
					const deadline = Date.now() + timeoutMs;
					while (!done(lines)) {
						if (Date.now() > deadline) throw new Error(`not seen; traced: ${JSON.stringify(lines)}`);
						await new Promise((resolve) => setTimeout(resolve, 10));
					}
				},
				remove: () => page.locator(`#movie-${id}`).evaluate((element) => element.remove()),
			};
		},
		async close() {
			await browser.close();
			http.closeAllConnections();
			http.close();
		},
	};
}

// Runs in the page. The observer can be set only on a movie that is loaded, and must be set before it plays.
async function start(options: {
	id: number;
	sockets: readonly SocketProxy[];
	parameters: Record<string, string>;
}): Promise<void> {
	const { id, sockets, parameters } = options;
	const ruffle = (globalThis as unknown as { RufflePlayer: { newest(): { createPlayer(): Element } } }).RufflePlayer;
	const element = ruffle.newest().createPlayer();
	element.id = `movie-${id}`;
	document.body.append(element);
	const api = element.ruffle();
	await api.load({ url: `/movie/${id}.swf`, socketProxy: sockets, parameters, autoplay: "off" });
	api.traceObserver = (message) => console.log(`trace ${id} ${JSON.stringify(message)}`);
	api.resume();
}

async function serve(movies: readonly Uint8Array[]): Promise<Server> {
	const ruffle = staticFiles(dirname(fileURLToPath(import.meta.resolve("@ruffle-rs/ruffle"))), () => {});
	const server = createServer((request, response) => {
		const path = request.url ?? "/";
		const movie = movies[Number(/^\/movie\/(\d+)\.swf$/.exec(path)?.[1])];
		if (movie) response.setHeader("content-type", "application/x-shockwave-flash").end(movie);
		else if (path.startsWith("/ruffle/")) {
			ruffle(request, response, path.slice("/ruffle".length), () => void response.writeHead(404).end());
		} else if (path === "/config.js") response.setHeader("content-type", "text/javascript").end(CONFIG);
		else if (path === "/") response.setHeader("content-type", "text/html").end(PAGE);
		else response.writeHead(404).end();
	});
	await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
	return server;
}

// The movie of `play`: a SWF file and its folder, or a SWF at an http(s) address and the files next to it. It answers the paths that the
// movie requests, relative or from the root, as the movie's own site does; nothing above its folder.

import { closeSync, openSync, readSync, realpathSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, dirname } from "node:path";
import { XMLSocketError } from "../../errors/index.ts";
import { sendText } from "../site/site-routes.ts";
import { contentType, StaticFolder, sendFile } from "../site/static-folder.ts";
import { fetchBounded } from "./fetch-bounded.ts";

/** A movie and the files next to it. */
export interface Movie {
	/** Its file's name. */
	readonly name: string;
	/** Its path on this server. */
	readonly path: string;
	/** The path of its folder on this server. */
	readonly base: string;
	/** Checks the movie again. @param aborted ends the check early. @returns a description of the problem; undefined: none. */
	problem(aborted?: AbortSignal): Promise<string | undefined>;
	/** Answers a request for the movie or a file next to it. */
	answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void>;
}

/**
 * Finds a movie by its path or address.
 *
 * @throws XMLSOCKET_MOVIE_UNREADABLE if the file does not exist or is not a SWF, or the address is neither http nor https.
 */
export function movieOf(given: string): Movie {
	if (/^https?:\/\//i.test(given)) {
		if (!URL.canParse(given)) throw unreadable(given, "the address cannot be read");
		return new RemoteMovie(new URL(given));
	}
	if (/^[a-z][a-z0-9+.-]+:\/\//i.test(given)) throw unreadable(given, "only http and https addresses are fetched");
	return new LocalMovie(given);
}

/** Why a file with these first bytes is not a SWF; undefined if it is one. */
export function notASwf(start: Uint8Array): string | undefined {
	const text = Buffer.from(start.subarray(0, 8)).toString("latin1");
	if (/^[FCZ]WS/.test(text)) return undefined;
	if (text === "") return "it is empty";
	return `it is not a SWF: it starts with ${JSON.stringify(text)} instead of FWS, CWS or ZWS`;
}

class LocalMovie implements Movie {
	readonly name: string;
	readonly path: string;
	readonly base = "/";
	readonly #file: string;
	readonly #folder: StaticFolder;

	constructor(given: string) {
		try {
			this.#file = realpathSync(given);
		} catch (cause) {
			throw unreadable(given, (cause as Error).message, cause);
		}
		this.name = basename(this.#file);
		this.path = `/${encodeURIComponent(this.name)}`;
		this.#folder = new StaticFolder(dirname(this.#file));
		const problem = problemOf(this.#file) ?? (this.name.startsWith(".") ? "its name begins with a dot" : undefined);
		if (problem !== undefined) throw unreadable(given, problem);
	}

	async problem(): Promise<string | undefined> {
		const problem = problemOf(this.#file);
		return problem && `The file ${this.#file} cannot be played: ${problem}.`;
	}

	async answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
		const file = await this.#folder.find(url.pathname);
		if (file === undefined || file === "folder") sendText(response, 404, "There is no such file next to the movie.\n");
		else await sendFile(file, request, response);
	}
}

const REMOTE_LIMITS = { maxBytes: 64 * 1024 * 1024, timeoutMs: 30_000 };
const MOVIE_REDIRECTS = 5;

class RemoteMovie implements Movie {
	readonly name: string;
	readonly path: string;
	readonly base: string;
	readonly #address: URL;
	#bytes: Buffer | undefined = undefined;

	constructor(address: URL) {
		this.#address = address;
		this.base = new URL(".", address).pathname;
		this.path = address.pathname.endsWith("/") ? `${address.pathname}movie.swf` : address.pathname;
		this.name = this.path.slice(this.path.lastIndexOf("/") + 1);
	}

	async problem(aborted?: AbortSignal): Promise<string | undefined> {
		this.#bytes = undefined;
		// Redirects may lead anywhere, because only a SWF is passed on.
		const bounds = { ...REMOTE_LIMITS, redirects: MOVIE_REDIRECTS };
		const { body, problem } = await fetchBounded(this.#address, bounds, aborted);
		if (!body) return problem;
		const wrong = notASwf(body);
		if (wrong !== undefined) {
			const isPage = /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(body.subarray(0, 64).toString("latin1"));
			return `${this.#address.href} cannot be played: ${wrong}.${isPage ? " It is a page; give the address of the .swf file in the page." : ""}`;
		}
		this.#bytes = body;
		return undefined;
	}

	async answer(_request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
		const { pathname } = url;
		if (pathname === this.path && this.#bytes) return sendBytes(response, this.#bytes, contentType("a.swf"));
		if (!pathname.startsWith(this.base))
			return sendText(response, 404, "This path is outside the movie's folder, so it is not fetched.\n");
		// Only from the address that the user gave, and without redirects: the movie must not reach, through this machine, servers that
		// only this machine can reach.
		// Only the path is taken: read as an address, one that begins with two slashes would name another host.
		const address = new URL(this.#address);
		address.pathname = pathname;
		address.search = url.search;
		const { body, problem } = await fetchBounded(address, { ...REMOTE_LIMITS, redirects: 0 }, clientGone(response));
		if (body) sendBytes(response, body, contentType(pathname));
		else sendText(response, 502, `${problem}\n`);
	}
}

/** Aborted when the client closes its connection before the response is complete. */
export function clientGone(response: ServerResponse): AbortSignal {
	const gone = new AbortController();
	response.once("close", () => gone.abort());
	return gone.signal;
}

function sendBytes(response: ServerResponse, bytes: Buffer, type: string): void {
	response.writeHead(200, { "content-type": type, "content-length": bytes.length, "cache-control": "no-cache" });
	response.end(response.req.method === "HEAD" ? undefined : bytes);
}

function problemOf(file: string): string | undefined {
	let descriptor: number | undefined;
	try {
		descriptor = openSync(file, "r");
		const start = Buffer.alloc(8);
		return notASwf(start.subarray(0, readSync(descriptor, start)));
	} catch (error) {
		return (error as Error).message;
	} finally {
		if (descriptor !== undefined) closeSync(descriptor);
	}
}

function unreadable(given: string, words: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_MOVIE_UNREADABLE", `${given} cannot be played: ${words}.`, { cause });
}

// Serves the files of one folder over HTTP, with type, size, ETag and ranges. Dots, encoded separators and links cannot lead above the
// folder, and files whose names start with a dot are not served. If a file cannot be read, or disappears while it is sent, only that
// response fails.

import { constants, realpathSync, statSync } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { XMLSocketError } from "../../errors/index.ts";
import { mediaType } from "../../server/media-type.ts";

const INDEXES = ["index.html", "index.htm"];
const FLASH_TYPES: ReadonlyMap<string, string> = new Map([
	["swf", "application/x-shockwave-flash"],
	["spl", "application/x-shockwave-flash"],
	["flv", "video/x-flv"],
]);

/** An open file. The receiver must send it or close it. */
export interface OpenFile {
	/** Its name, without the folder. */
	readonly name: string;
	readonly handle: FileHandle;
	readonly size: number;
	readonly modifiedMs: number;
}

/** A folder whose files are served. */
export class StaticFolder {
	readonly #root: string;

	/** @throws XMLSOCKET_FOLDER_UNREADABLE if the folder does not exist. */
	constructor(folder: string) {
		let isFolder = false;
		let cause: unknown;
		try {
			this.#root = realpathSync(folder);
			isFolder = statSync(this.#root).isDirectory();
		} catch (error) {
			cause = error;
			this.#root = folder;
		}
		if (!isFolder) {
			const words = cause instanceof Error ? cause.message : "it is not a folder";
			throw new XMLSocketError("XMLSOCKET_FOLDER_UNREADABLE", `The folder ${folder} cannot be served: ${words}.`, {
				cause,
			});
		}
	}

	/**
	 * Opens the file of a URL's path; for a folder, its index page.
	 *
	 * @returns undefined if there is no such file; "folder" if the path names a folder without a slash at its end.
	 */
	async find(pathname: string): Promise<OpenFile | "folder" | undefined> {
		const steps = stepsOf(pathname);
		if (!steps) return undefined;
		if (!pathname.endsWith("/")) return await this.#open(steps);
		for (const index of INDEXES) {
			const file = await this.#open([...steps, index]);
			if (file && file !== "folder") return file;
		}
		return undefined;
	}

	async #open(steps: readonly string[]): Promise<OpenFile | "folder" | undefined> {
		let handle: FileHandle | undefined;
		try {
			const real = await realpath(join(this.#root, ...steps));
			if (real !== this.#root && !real.startsWith(this.#root.endsWith(sep) ? this.#root : this.#root + sep))
				return undefined;
			// Without following a link that was just created, and without waiting for the other end of a pipe.
			const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
			handle = await open(real, flags);
			const stats = await handle.stat();
			if (stats.isFile())
				return { name: steps.at(-1) ?? "", handle, size: stats.size, modifiedMs: Math.floor(stats.mtimeMs) };
			await handle.close();
			return stats.isDirectory() ? "folder" : undefined;
		} catch {
			await handle?.close().catch(() => {});
			return undefined;
		}
	}
}

/** The content type for a file's name, without a charset: pages and scripts of older sites declare their own. */
export function contentType(name: string): string {
	const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
	return FLASH_TYPES.get(extension) ?? mediaType(name) ?? "application/octet-stream";
}

/** Whether the client already has this version. If so, answers 304. */
export function isCurrent(
	request: IncomingMessage,
	response: ServerResponse,
	etag: string,
	modifiedMs: number,
): boolean {
	const known = request.headers["if-none-match"];
	const since = Date.parse(request.headers["if-modified-since"] ?? "");
	const current =
		known === undefined
			? Math.floor(modifiedMs / 1000) * 1000 <= since
			: known.split(",").some((tag) => tag.trim() === etag || tag.trim() === "*");
	response.setHeader("etag", etag);
	response.setHeader("last-modified", new Date(modifiedMs).toUTCString());
	if (current) response.writeHead(304).end();
	return current;
}

/** Sends a file, or the requested range, and closes it. Keeps headers that are already set. */
export async function sendFile(file: OpenFile, request: IncomingMessage, response: ServerResponse): Promise<void> {
	try {
		if (!response.hasHeader("content-type")) response.setHeader("content-type", contentType(file.name));
		if (!response.hasHeader("cache-control")) response.setHeader("cache-control", "no-cache");
		const etag = `W/"${file.size.toString(16)}-${file.modifiedMs.toString(16)}"`;
		if (isCurrent(request, response, etag, file.modifiedMs)) return;
		response.setHeader("accept-ranges", "bytes");
		const range = rangeOf(request, file.size);
		if (range === "outside") {
			response.setHeader("content-range", `bytes */${file.size}`);
			response.writeHead(416, { "content-length": 0 }).end();
			return;
		}
		if (range) response.setHeader("content-range", `bytes ${range.start}-${range.end}/${file.size}`);
		const length = range ? range.end - range.start + 1 : file.size;
		response.writeHead(range ? 206 : 200, { "content-length": length });
		if (request.method === "HEAD" || length === 0) response.end();
		else await pipeline(file.handle.createReadStream(range ?? { start: 0, end: file.size - 1 }), response);
	} catch {
		// The client has disconnected, or the file is gone: the response cannot be completed.
		response.destroy();
	} finally {
		await file.handle.close().catch(() => {});
	}
}

// The names in the path; undefined if one of them could lead out of the folder or to a hidden file.
function stepsOf(pathname: string): string[] | undefined {
	const steps: string[] = [];
	for (const part of pathname.split("/")) {
		if (part === "") continue;
		let name: string;
		try {
			name = decodeURIComponent(part);
		} catch {
			return undefined;
		}
		if (name.startsWith(".") || /[/\\\0]/.test(name) || (sep === "\\" && name.includes(":"))) return undefined;
		steps.push(name);
	}
	return steps;
}

// One range of a GET. A condition on the range cannot be met, because the ETags are weak.
function rangeOf(
	request: IncomingMessage,
	size: number,
): { readonly start: number; readonly end: number } | "outside" | undefined {
	const { range } = request.headers;
	const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? "");
	if (!match || request.method !== "GET" || request.headers["if-range"] !== undefined) return undefined;
	const [, from = "", to = ""] = match;
	if (from === "" && to === "") return undefined;
	const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
	const end = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
	if (from !== "" && to !== "" && Number(to) < start) return undefined;
	return start >= size ? "outside" : { start, end };
}

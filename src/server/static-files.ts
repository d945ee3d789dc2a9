// A folder's files over HTTP, with ETags and ranges. The list of files is made once and only names on it are served, so no path
// leads out of the folder. A file has at most one open descriptor, however many clients read it. The caller sets further headers.

import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, relative, sep } from "node:path";
import { byteRange } from "./byte-range.ts";
import { answer } from "./http-answers.ts";
import { mediaType } from "./media-type.ts";

/** Answers a request for the file at `path`, or calls `otherwise` where the folder has no such file. */
export type StaticFiles = (
	request: IncomingMessage,
	response: ServerResponse,
	path: string,
	otherwise: () => void,
) => void;

const CHUNK_BYTES = 64 * 1024;

/**
 * Serves the files that a folder has now.
 *
 * @param setHeaders called before each answer, with the file's path below the folder
 * @param failed called where a file cannot be read. The client gets 503 where the process has no descriptor left, and 500
 * otherwise; where the answer has begun, its connection is closed.
 */
export function staticFiles(
	folder: string,
	setHeaders: (response: ServerResponse, path: string) => void,
	failed: (error: unknown) => void = () => {},
): StaticFiles {
	const files = listFiles(folder);
	return (request, response, path, otherwise) => {
		const [name, file] = find(files, path);
		if (!file) {
			otherwise();
			return;
		}
		if (request.headers["if-none-match"] === file.etag) {
			response.writeHead(304).end();
			return;
		}
		setHeaders(response, name);
		send(file, request, response).catch((error: NodeJS.ErrnoException) => {
			const isFull = error.code === "EMFILE" || error.code === "ENFILE";
			if (!isFull) failed(error);
			if (response.headersSent) response.destroy();
			else {
				for (const header of response.getHeaderNames()) response.removeHeader(header);
				if (isFull) response.setHeader("retry-after", "3");
				answer(response, isFull ? 503 : 500, isFull ? "The server is busy.\n" : "The file cannot be read.\n");
			}
		});
	};
}

async function send(file: ServedFile, request: IncomingMessage, response: ServerResponse): Promise<void> {
	const { size } = file;
	const range = byteRange(request.headers.range, size);
	if (range === "unsatisfiable") {
		response.setHeader("content-range", `bytes */${size}`);
		answer(response, 416, `The file has ${size} bytes.\n`);
		return;
	}
	const { start, end } = range ?? { start: 0, end: size - 1 };
	const respond = async (handle?: FileHandle): Promise<void> => {
		for (const [header, value] of Object.entries(file.headers))
			if (!response.hasHeader(header)) response.setHeader(header, value);
		if (range) response.setHeader("content-range", `bytes ${start}-${end}/${size}`);
		response.writeHead(range ? 206 : 200, { "accept-ranges": "bytes", "content-length": end - start + 1 });
		if (handle) await copy(handle, start, end + 1, response);
		response.end();
	};
	if (request.method === "HEAD" || size === 0) await respond();
	else await file.read(respond);
}

async function copy(handle: FileHandle, start: number, stop: number, response: ServerResponse): Promise<void> {
	for (let at = start; at < stop && !response.destroyed; ) {
		const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, stop - at));
		const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
		if (bytesRead === 0) throw new Error("the file became shorter while it was sent");
		at += bytesRead;
		if (!response.destroyed && !response.write(chunk.subarray(0, bytesRead))) await drained(response);
	}
}

/** Resolves when the client has taken what was written, or is gone. */
function drained(response: ServerResponse): Promise<void> {
	return new Promise((resolve) => {
		const done = (): void => {
			response.off("drain", done);
			response.off("close", done);
			resolve();
		};
		response.on("drain", done);
		response.on("close", done);
		if (response.destroyed) done();
	});
}

/** One file of the list. */
class ServedFile {
	readonly size: number;
	readonly etag: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly #path: string;
	#handle: Promise<FileHandle> | undefined = undefined;
	#readers = 0;

	constructor(path: string, { size, mtime }: Stats) {
		this.#path = path;
		this.size = size;
		this.etag = `W/"${size}-${mtime.getTime()}"`;
		const type = mediaType(path) ?? "application/octet-stream";
		this.headers = {
			"content-type": type === "text/html" ? "text/html;charset=utf-8" : type,
			"last-modified": mtime.toUTCString(),
			etag: this.etag,
		};
	}

	/** Opens the file, unless another reader has done so, and closes it after the last reader. */
	async read(use: (handle: FileHandle) => Promise<void>): Promise<void> {
		this.#readers++;
		this.#handle ??= open(this.#path);
		const opening = this.#handle;
		try {
			await use(await opening);
		} finally {
			this.#readers--;
			if (this.#readers === 0) {
				this.#handle = undefined;
				await opening.then(
					(handle) => handle.close(),
					() => {},
				);
			}
		}
	}
}

/** The file that a path names, with the extension or the index page that the path leaves out. */
function find(files: ReadonlyMap<string, ServedFile>, path: string): [string, ServedFile | undefined] {
	let name = path;
	try {
		name = decodeURI(path);
	} catch {
		// Not a name on the list.
	}
	const bare = name.replace(/\/$/, "");
	for (const candidate of [bare, `${bare}.html`, `${bare}.htm`, `${bare}/index.html`, `${bare}/index.htm`]) {
		const file = files.get(candidate);
		if (file) return [name, file];
	}
	return [name, undefined];
}

function listFiles(folder: string): Map<string, ServedFile> {
	const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
	return new Map(entries.flatMap((entry) => listed(folder, entry)));
}

function listed(folder: string, entry: Dirent): [string, ServedFile][] {
	const path = join(entry.parentPath, entry.name);
	const name = `/${relative(folder, path).split(sep).join("/")}`.normalize();
	const stats = entry.isDirectory() || name.includes("/.") ? undefined : statSync(path, { throwIfNoEntry: false });
	return stats?.isFile() ? [[name, new ServedFile(path, stats)]] : [];
}

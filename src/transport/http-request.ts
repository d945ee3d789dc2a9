// One HTTP request over `http:` or `https:`, without redirects. It exists because the global `fetch` refuses the ports on the browsers' list,
// 6667 and 10080 among them. The caller limits size and time, and decides which hosts may be reached.

import * as http from "node:http";
import * as https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/** What to request. */
export interface HttpRequest {
	readonly method: string;
	/** By their names. `content-length` is set from the body. */
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string | undefined;
	/** Certificate authorities, PEM. Default: those of Node. */
	readonly ca?: string | undefined;
	/** Accept any certificate. Default false. */
	readonly insecure?: boolean | undefined;
	/** The address to connect to instead of looking up the URL's host. */
	readonly address?: string | undefined;
	/** Ends the request, and the reading of its response. */
	readonly signal: AbortSignal;
}

/** A response whose body is still to be read. */
export interface HttpResponse {
	readonly status: number;
	/** A header by its name in small letters; a repeated one joined with commas. */
	header(name: string): string | undefined;
	/** The body, decompressed. Destroy it if you do not read it to the end. */
	readonly body: Readable;
}

/** Requests `url`. Rejects with the reason if no response arrives. */
export function httpRequest(url: URL, options: HttpRequest): Promise<HttpResponse> {
	const { method, headers, body, signal, ca, insecure, address } = options;
	return new Promise((resolve, reject) => {
		const { request } = url.protocol === "https:" ? https : http;
		const sent = request(url, {
			method,
			signal,
			// A connection for each request: a server may close an idle one just when the next request leaves.
			agent: false,
			...(ca === undefined ? {} : { ca }),
			...(address === undefined ? {} : { lookup: lookupOf(address) }),
			...(insecure ? { rejectUnauthorized: false } : {}),
			headers: { accept: "*/*", "user-agent": "xmlsocket", ...headers },
		});
		sent.on("error", (error) => reject(reasonOf(error)));
		sent.on("response", (response) => {
			resolve({
				status: response.statusCode ?? 0,
				header: (name) => {
					const value = response.headers[name];
					return Array.isArray(value) ? value.join(", ") : value;
				},
				body: decompressed(response),
			});
		});
		sent.end(body);
	});
}

function lookupOf(address: string): LookupFunction {
	const family = isIP(address);
	return (_host, { all }, callback) => {
		if (all) callback(null, [{ address, family }]);
		else callback(null, address, family);
	};
}

// No compression is asked for; some servers compress all the same.
function decompressed(response: http.IncomingMessage): Readable {
	const encoding = response.headers["content-encoding"]?.trim().toLowerCase();
	const stream =
		encoding === "gzip" || encoding === "x-gzip"
			? createGunzip()
			: encoding === "deflate"
				? createInflate()
				: encoding === "br"
					? createBrotliDecompress()
					: undefined;
	// The error of one stream reaches the other, and with it the reader.
	return stream === undefined ? response : pipeline(response, stream, () => {});
}

// A name with several addresses fails with one error for each, and no message of its own.
function reasonOf(error: Error): Error {
	const { errors } = error as { errors?: readonly Error[] };
	return error.message === "" && errors?.[0] ? errors[0] : error;
}

// The HTTP requests of a script, in its worker: `XML.load`, `LoadVars.sendAndLoad` and the like, with strings and numbers only. Every
// request has a time limit, a size limit and a limit of redirects, and every redirect must lead to a host that the operator allows. It
// knows no class of the script. docs/xml.md, "Document properties and loading".

import { XMLSocketError } from "../../errors/index.ts";
import { type HttpResponse, httpRequest } from "../../transport/http-request.ts";
import type { HostContext, HostPart } from "./bridge.ts";
import { MAX_REDIRECTS, MAX_REQUESTS } from "./limits.ts";
import { reportTo } from "./report.ts";

/** The operator's limits. */
export interface HttpOptions {
	/** Host names and addresses that scripts may reach, each for any port or as `host:port`; an empty list allows every host. */
	readonly httpHosts: readonly string[];
	/** From the request to the end of its response, redirects included, in milliseconds. */
	readonly httpTimeoutMs: number;
	/** The longest response, in bytes. */
	readonly maxHttpBytes: number;
}

/** The events of requests, by their numbers. None of them throws. */
export interface HttpEvents {
	/** `totalBytes` is NaN if the response does not state it. */
	progress(id: number, loadedBytes: number, totalBytes: number): void;
	/** Once, and last. `status` is 0 without a response; `text` is undefined if the request failed, also by its status. */
	answered(id: number, status: number, bytes: number, text: string | undefined): void;
}

/** One request, as the script sends it. */
export interface ScriptRequest {
	readonly method: string;
	readonly url: string;
	/** `name: value`, one per line. */
	readonly headers: string;
	readonly body: string | undefined;
}

/** All requests of one application. */
export class ScriptHttp {
	readonly #options: HttpOptions;
	readonly #events: HttpEvents;
	readonly #report: (error: unknown) => void;
	readonly #end = new AbortController();
	#underWay = 0;

	/** @param report receives the reason why a request was refused or failed; the script only learns that it did. */
	constructor(options: HttpOptions, events: HttpEvents, report: (error: unknown) => void) {
		this.#options = options;
		this.#events = events;
		this.#report = report;
	}

	/** Starts a request. `answered` follows later, never during this call. */
	request(id: number, request: ScriptRequest): void {
		const answer = { status: 0, bytes: 0, text: undefined as string | undefined };
		void this.#run(id, request, answer)
			.catch((error: unknown) => {
				if (!this.#end.signal.aborted) this.#report(this.#explained(error, request.url));
			})
			.then(() => {
				if (!this.#end.signal.aborted) this.#events.answered(id, answer.status, answer.bytes, answer.text);
			});
	}

	/** Aborts all requests; no event follows. */
	end(): void {
		this.#end.abort();
	}

	async #run(id: number, request: ScriptRequest, answer: { status: number; bytes: number; text: string | undefined }) {
		await Promise.resolve(); // no event during `request`
		if (this.#underWay >= MAX_REQUESTS) {
			throw new XMLSocketError(
				"XMLSOCKET_SCRIPT_LIMIT",
				`${MAX_REQUESTS} HTTP requests of this application are in progress, which is the limit; wait for some first.`,
				{ details: { limit: MAX_REQUESTS } },
			);
		}
		this.#underWay++;
		const timeout = AbortSignal.timeout(this.#options.httpTimeoutMs);
		try {
			const response = await this.#send(request, AbortSignal.any([timeout, this.#end.signal]));
			answer.status = response.status;
			const body = await this.#read(id, response, request.url);
			answer.bytes = body.length;
			if (response.status >= 200 && response.status < 300) answer.text = decode(body, response.header("content-type"));
		} catch (error) {
			// An aborted response fails with a reason of its own.
			throw timeout.aborted && !(error instanceof XMLSocketError) ? timeout.reason : error;
		} finally {
			this.#underWay--;
		}
	}

	async #send(request: ScriptRequest, signal: AbortSignal): Promise<HttpResponse> {
		let url = new URL(request.url);
		let method = request.method;
		let body = request.body;
		const headers = new Headers(
			request.headers.split("\n").flatMap((line): [string, string][] => {
				const colon = line.indexOf(":");
				return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()]];
			}),
		);
		if (url.username !== "" && !headers.has("authorization")) {
			const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
			headers.set("authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
		}
		for (let hop = 0; ; hop++) {
			this.#check(url);
			url.username = ""; // they are in the header
			url.password = "";
			const response = await httpRequest(url, { method, headers: Object.fromEntries(headers), body, signal });
			const location = response.header("location");
			if (location === undefined || ![301, 302, 303, 307, 308].includes(response.status)) return response;
			response.body.destroy();
			if (hop === MAX_REDIRECTS) {
				throw new XMLSocketError("XMLSOCKET_HTTP_FAILED", `${url.origin} redirects more than ${MAX_REDIRECTS} times.`);
			}
			const next = new URL(location, url);
			// As browsers do: a redirected POST becomes a GET, except with the statuses 307 and 308.
			if (method !== "GET" && response.status < 307) {
				method = "GET";
				body = undefined;
				headers.delete("content-type");
			}
			if (next.origin !== url.origin) for (const name of ["authorization", "cookie"]) headers.delete(name);
			url = next;
		}
	}

	#check(url: URL): void {
		if (url.protocol !== "http:" && url.protocol !== "https:") {
			throw new XMLSocketError(
				"XMLSOCKET_HTTP_REFUSED",
				`Scripts can load only from http:// and https://, not from ${url.protocol}//.`,
			);
		}
		const hosts = this.#options.httpHosts;
		const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
		const named = (host: string) => host === url.hostname || host === `${url.hostname}:${port}`;
		if (hosts.length > 0 && !hosts.some((host) => named(host.toLowerCase()))) {
			throw new XMLSocketError(
				"XMLSOCKET_HTTP_REFUSED",
				`Scripts may not load from the host ${url.hostname}:${port}; allowed are ${hosts.join(", ")} (--http-host).`,
				{ details: { host: url.hostname, port: Number(port) } },
			);
		}
	}

	async #read(id: number, response: HttpResponse, url: string): Promise<Uint8Array> {
		// The length of a compressed response is not the length of its content, which is counted here.
		const length = response.header("content-encoding") === undefined ? response.header("content-length") : undefined;
		const total = length === undefined ? Number.NaN : Number(length);
		const limit = this.#options.maxHttpBytes;
		const chunks: Uint8Array[] = [];
		let loaded = 0;
		// Leaving the loop destroys the rest.
		for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
			loaded += chunk.length;
			if (loaded > limit) {
				throw new XMLSocketError(
					"XMLSOCKET_HTTP_TOO_LARGE",
					`The response of ${shown(url)} is longer than the limit of ${limit} bytes.`,
					{ details: { limitBytes: limit } },
				);
			}
			chunks.push(chunk);
			this.#events.progress(id, loaded, total);
		}
		return Buffer.concat(chunks, loaded);
	}

	#explained(error: unknown, url: string): XMLSocketError {
		if (error instanceof XMLSocketError) return error;
		if (error instanceof Error && error.name === "TimeoutError") {
			return new XMLSocketError(
				"XMLSOCKET_HTTP_FAILED",
				`No complete response of ${shown(url)} within ${this.#options.httpTimeoutMs} ms.`,
				{ cause: error },
			);
		}
		const why = error instanceof Error ? error.message : String(error);
		return new XMLSocketError("XMLSOCKET_HTTP_FAILED", `The request to ${shown(url)} failed: ${why}.`, {
			cause: error,
		});
	}
}

/** An address for the log: without its query and credentials, which may be secrets. */
function shown(url: string): string {
	return URL.canParse(url)
		? url.replace(/[?#].*$/s, "").replace(/\/\/[^/]*@/, "//")
		: JSON.stringify(url.slice(0, 100));
}

/** The text of a response: decoded by its byte order mark, otherwise by the charset of its header, otherwise as UTF-8. */
function decode(body: Uint8Array, contentType: string | undefined): string {
	const mark = body.length < 2 ? 0 : (body[0]! << 8) | body[1]!;
	const named = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? "")?.[1];
	const label = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : mark === 0xefbb ? "utf-8" : named;
	try {
		return new TextDecoder(label ?? "utf-8").decode(body);
	} catch {
		return new TextDecoder().decode(body); // an unknown charset
	}
}

/** HTTP as a part of the host. */
export function httpPart({ call, log, settings }: HostContext): HostPart {
	let progress = 0;
	let answered = 0;
	const http = new ScriptHttp(
		settings,
		{
			progress: (id, loaded, total) => void call(progress, "the progress of a request", id, loaded, total),
			answered: (id, status, bytes, text) => void call(answered, "a request's onData", id, status, bytes, text),
		},
		reportTo(log),
	);
	return {
		functions: {
			"http.listen": (...numbers: number[]): undefined => {
				[progress = 0, answered = 0] = numbers;
			},
			"http.request": (id: number, method: string, url: string, headers: string, body?: string): undefined =>
				http.request(id, { method, url, headers, body }) as undefined,
		},
		close: () => http.end(),
	};
}

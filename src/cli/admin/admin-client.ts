// A client of a daemon's admin API, for the commands that administer a running daemon: its address, its token, requests and errors.

import { readFileSync } from "node:fs";
import { type ErrorCode, XMLSocketError } from "../../errors/index.ts";
import { httpRequest } from "../../transport/http-request.ts";

/** The flags that these commands share. */
export interface AdminFlags {
	readonly address: string;
	readonly tokenFile?: string;
	readonly insecure?: boolean;
	readonly ca?: string;
	readonly json?: boolean;
}

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const DEFAULT_PORT = 9000;
const API = "xmlsocket/admin/api/";
const PROTOCOLS: Readonly<Record<string, "http" | "https">> = {
	xmlsocket: "http",
	ws: "http",
	http: "http",
	xmlsockets: "https",
	wss: "https",
	https: "https",
};
const LOOPBACK = /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/** A daemon's admin API. */
export class AdminClient {
	readonly #base: URL;
	readonly #token: string;
	readonly #flags: AdminFlags;
	readonly #reported = new Set<string>();

	/** @throws XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_OPTION_INVALID where there is no token. */
	constructor(flags: AdminFlags) {
		this.#flags = flags;
		this.#base = apiUrl(flags.address);
		this.#token = tokenOf(flags.tokenFile);
		const { protocol, hostname, origin } = this.#base;
		if (protocol === "http:" && !LOOPBACK.test(hostname)) {
			this.#warn(
				`the token is sent to ${origin} without encryption; use https:// where the daemon or its proxy has TLS.`,
			);
		}
	}

	/** Requests a path. @param query parameters without a value are left out. */
	get<T extends object>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): Promise<T> {
		const url = new URL(path, this.#base);
		for (const [name, value] of Object.entries(query)) {
			if (value !== undefined) url.searchParams.set(name, String(value));
		}
		return this.#request<T>("GET", url);
	}

	/** Has the daemon do something. */
	send<T extends object>(method: "POST" | "DELETE", path: string, body?: object): Promise<T> {
		return this.#request<T>(method, new URL(path, this.#base), body);
	}

	/** The rows of a list, page by page. @param key of the rows in an answer. */
	async *list<Row>(
		path: string,
		key: string,
		query: Readonly<Record<string, string | undefined>>,
	): AsyncGenerator<Row> {
		let after: string | undefined;
		do {
			const page = await this.get<Record<string, Row[]> & { next?: string }>(path, { ...query, limit: 500, after });
			yield* page[key] ?? [];
			after = page.next;
		} while (after !== undefined);
	}

	async #request<T extends object>(method: string, url: URL, body?: object): Promise<T> {
		const { insecure, ca } = this.#flags;
		const signal = AbortSignal.timeout(TIMEOUT_MS);
		const options = {
			method,
			headers: {
				authorization: `Bearer ${this.#token}`,
				...(body === undefined ? {} : { "content-type": "application/json" }),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
			insecure,
			ca: ca === undefined ? undefined : readText("--ca", ca),
			signal,
		};
		let status: number;
		let text = "";
		try {
			const response = await httpRequest(url, options);
			status = response.status;
			response.body.setEncoding("utf8");
			for await (const chunk of response.body) {
				text += chunk;
				if (text.length > MAX_ANSWER_BYTES) throw new Error(`it answers more than ${MAX_ANSWER_BYTES} bytes`);
			}
		} catch (cause) {
			const why = signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : (cause as Error).message;
			throw new XMLSocketError("XMLSOCKET_CONNECT_FAILED", `No daemon answers at ${this.#base.origin}: ${why}.`, {
				cause,
			});
		}
		const answer = parsed(text);
		if (status === 200 && answer) {
			this.#reportMissing(answer);
			return answer as T;
		}
		const error = (answer as { error?: { code?: unknown; text?: unknown } } | undefined)?.error;
		if (typeof error?.code === "string" && typeof error.text === "string") {
			throw new XMLSocketError(error.code as ErrorCode, error.text);
		}
		throw new XMLSocketError(
			"XMLSOCKET_ADMIN_REFUSED",
			status === 404 || status === 405
				? `${this.#base.origin} has no admin API: start the daemon with --admin-token-file, and name its base path in --address.`
				: `${this.#base.origin} answers ${status}, and no JSON.`,
		);
	}

	// Once for each node: `top` asks every second.
	#reportMissing({ missing }: { missing?: unknown }): void {
		if (!Array.isArray(missing)) return;
		for (const node of missing.map(String)) {
			if (this.#reported.has(node)) continue;
			this.#reported.add(node);
			this.#warn(`the node ${node} did not answer; what it knows is missing here.`);
		}
	}

	#warn(text: string): void {
		process.stderr.write(`xmlsocket: ${text}\n`);
	}
}

/**
 * The address of the API.
 *
 * @throws XMLSOCKET_ADDRESS_INVALID
 */
export function apiUrl(address: string): URL {
	const [, scheme, rest = address] = /^([a-z]+):\/\/(.*)$/is.exec(address) ?? [];
	const protocol = PROTOCOLS[(scheme ?? "xmlsocket").toLowerCase()];
	const named = /^\d+$/.test(rest) ? `localhost:${rest}` : rest.startsWith(":") ? `localhost${rest}` : rest;
	const text = `${protocol}://${named}`;
	if (protocol === undefined || address === "" || !URL.canParse(text)) throw invalidAddress(address);
	const url = new URL(text);
	if (url.username !== "" || url.password !== "") throw invalidAddress(address);
	const isOfXMLSocket = scheme === undefined || /^xmlsockets?$/i.test(scheme);
	// A URL drops the port that belongs to its scheme.
	const hasPort = /^(?:\[[^\]]*\]|[^:/]*):\d+/.test(named);
	if (isOfXMLSocket && !hasPort) url.port = String(DEFAULT_PORT);
	// As copied from a browser, or the address of the WebSocket.
	const base = url.pathname.replace(/xmlsocket\/(?:admin\/.*)?$/, "").replace(/\/socket$/, "/");
	return new URL(API, new URL(base.endsWith("/") ? base : `${base}/`, url.origin));
}

function tokenOf(file: string | undefined): string {
	if (file === undefined) {
		const token = process.env.XMLSOCKET_ADMIN_TOKEN?.trim();
		if (token) return checkedToken(token, "XMLSOCKET_ADMIN_TOKEN");
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"This command needs a token of the daemon's admin API: --token-file FILE, or the variable XMLSOCKET_ADMIN_TOKEN.",
		);
	}
	const lines = readText("--token-file", file).split(/\r\n|\n|\r/u);
	const token = lines.map((line) => /^\s*([^\s#]\S*)/u.exec(line)?.[1]).find((found) => found !== undefined);
	if (token !== undefined) return checkedToken(token, file);
	throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `--token-file: ${file} has no line with a token.`);
}

function checkedToken(token: string, from: string): string {
	if (/^[\x21-\x7e]+$/.test(token)) return token;
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		`The token of ${from} has characters other than printable ASCII.`,
	);
}

function readText(flag: string, file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch (cause) {
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `${flag}: ${(cause as Error).message}.`, { cause });
	}
}

function parsed(text: string): object | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null ? value : undefined;
	} catch {
		return undefined;
	}
}

function invalidAddress(address: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ADDRESS_INVALID", `"${address}" is not the address of a daemon.`);
}

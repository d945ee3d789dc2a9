// The page's requests to the admin API. Each has a time limit, and each failure becomes an `ApiFailure` whose message a user can read. The
// token goes into a header, never into an address. The class draws nothing.

/** Why a request did not succeed. */
export class ApiFailure extends Error {
	override readonly name = "ApiFailure";
	/** The HTTP status; 0: there was no answer. */
	readonly status: number;
	/** An XMLSOCKET_ code, or empty. */
	readonly code: string;
	/** When the server wants to be asked again, in milliseconds from now. */
	readonly retryAfterMs: number | undefined;

	constructor(status: number, code: string, words: string, retryAfterMs?: number) {
		super(words);
		this.status = status;
		this.code = code;
		this.retryAfterMs = retryAfterMs;
	}

	/** Whether the daemon does not accept the token. */
	get isUnauthorized(): boolean {
		return this.status === 401 && this.code !== "";
	}
}

/** Values for the address of a request; undefined and empty ones are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** A cluster waits 3 s for its nodes. */
const LIMIT_MS = 15_000;

/** The API of the daemon that served the page. */
export class AdminApi {
	readonly #root: URL;
	readonly #token: string;
	readonly #unauthorized: (failure: ApiFailure) => void;
	#clockOffsetMs = 0;

	/**
	 * @param root the address of the page's folder.
	 * @param token as `tokenOf` returns it.
	 * @param unauthorized called when the daemon refuses the token.
	 */
	constructor(root: URL, token: string, unauthorized: (failure: ApiFailure) => void) {
		this.#root = root;
		this.#token = token;
		this.#unauthorized = unauthorized;
	}

	/** The time at the daemon: the clock of this device may be wrong. Milliseconds since 1970, to about a second. */
	now(): number {
		return Date.now() + this.#clockOffsetMs;
	}

	/** Reads. @throws ApiFailure; AbortError where `signal` aborts */
	get(path: string, query: Query = {}, signal?: AbortSignal): Promise<Record<string, unknown>> {
		return this.#request("GET", path, query, undefined, signal);
	}

	/** Does something. @throws ApiFailure */
	post(path: string, body: object): Promise<Record<string, unknown>> {
		return this.#request("POST", path, {}, body, undefined);
	}

	/** Removes something. @throws ApiFailure */
	delete(path: string): Promise<Record<string, unknown>> {
		return this.#request("DELETE", path, {}, undefined, undefined);
	}

	/** Opens an event stream. @throws ApiFailure; AbortError where `signal` aborts */
	async stream(path: string, query: Query, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
		const response = await this.#fetch("GET", path, query, undefined, signal);
		const type = response.headers.get("content-type") ?? "";
		if (!response.ok || !response.body || !type.startsWith("text/event-stream")) throw await this.#failure(response);
		return response.body;
	}

	async #request(
		method: string,
		path: string,
		query: Query,
		body: object | undefined,
		signal: AbortSignal | undefined,
	): Promise<Record<string, unknown>> {
		const limit = new AbortController();
		const stop = (): void => limit.abort();
		signal?.addEventListener("abort", stop);
		const timer = setTimeout(() => limit.abort("late"), LIMIT_MS);
		try {
			const response = await this.#fetch(method, path, query, body, limit.signal);
			if (!response.ok) throw await this.#failure(response);
			const answer: unknown = response.status === 204 ? {} : await response.json().catch(() => undefined);
			if (typeof answer !== "object" || answer === null || Array.isArray(answer)) throw notTheApi(response.status);
			return answer as Record<string, unknown>;
		} catch (error) {
			if (limit.signal.reason === "late")
				throw new ApiFailure(0, "", `The daemon has not answered within ${LIMIT_MS / 1000} s.`);
			throw error;
		} finally {
			clearTimeout(timer);
			signal?.removeEventListener("abort", stop);
		}
	}

	async #fetch(
		method: string,
		path: string,
		query: Query,
		body: object | undefined,
		signal: AbortSignal,
	): Promise<Response> {
		const url = new URL(`api/${path}`, this.#root);
		for (const [name, value] of Object.entries(query))
			if (value !== undefined && value !== "") url.searchParams.set(name, String(value));
		// Not in Authorization: a proxy before the daemon may ask for a password of its own.
		const headers: Record<string, string> = { "x-xmlsocket-token": this.#token };
		if (body !== undefined) headers["content-type"] = "application/json";
		let response: Response;
		try {
			response = await fetch(url, {
				method,
				headers,
				body: body === undefined ? null : JSON.stringify(body),
				signal,
				cache: "no-store",
				// The header holds the token. A sign-in of a proxy answers with a redirect to another page.
				redirect: "manual",
			});
		} catch (error) {
			if (signal.aborted) throw error;
			throw new ApiFailure(0, "", "The daemon does not answer.");
		}
		const date = Date.parse(response.headers.get("date") ?? "");
		if (!Number.isNaN(date)) this.#noteClock(date);
		return response;
	}

	// The header has whole seconds, so a difference of less than two is none.
	#noteClock(dateMs: number): void {
		const offset = dateMs - Date.now();
		if (Math.abs(offset - this.#clockOffsetMs) > 2000) this.#clockOffsetMs = Math.abs(offset) < 2000 ? 0 : offset;
	}

	async #failure(response: Response): Promise<ApiFailure> {
		const seconds = Number(response.headers.get("retry-after") ?? "");
		const retryAfterMs = seconds > 0 ? seconds * 1000 : undefined;
		const { status } = response;
		const answer: unknown = await response.json().catch(() => undefined);
		const error = (answer as { error?: { code?: unknown; text?: unknown; hint?: unknown } } | undefined)?.error;
		if (typeof error?.code !== "string") return notTheApi(status, retryAfterMs);
		const words = [error.text, error.hint].filter((part) => typeof part === "string" && part !== "").join(" ");
		const failure = new ApiFailure(
			status,
			error.code,
			words || `The daemon refused that (${error.code}).`,
			retryAfterMs,
		);
		if (failure.isUnauthorized) this.#unauthorized(failure);
		return failure;
	}
}

/** What a user has typed as a token: a line of the token file has a name behind it. Undefined where it cannot be one. */
export function tokenOf(typed: string): string | undefined {
	const [first = ""] = typed
		.trim()
		.replace(/^(authorization:\s*)?bearer\s+/i, "")
		.split(/\s/);
	return /^[\x21-\x7e]+$/.test(first) ? first : undefined;
}

/** The text of whatever a request threw; undefined: it was stopped on purpose. */
export function failureWords(error: unknown): string | undefined {
	if (error instanceof DOMException && error.name === "AbortError") return undefined;
	return error instanceof Error ? error.message : String(error);
}

// An answer of something else: the daemon without the API, another server, or a proxy before it.
function notTheApi(status: number, retryAfterMs?: number): ApiFailure {
	const words: Record<number, string> = {
		0: "A proxy redirects the request to another page, probably to its own sign-in.",
		401: "A proxy before the daemon asks for a password of its own. Reload the page to enter it.",
		403: "A proxy or firewall before the daemon refuses the request.",
		404: "There is no admin API at this address. Start the daemon with --admin-token-file FILE, and let the proxy pass on all paths below this page.",
		405: "A proxy before the daemon does not pass on this kind of request.",
		421: "The daemon does not accept requests under this host name. Add the name to its option for hosts.",
		429: "The daemon gets too many requests from this address. The page tries again.",
		502: "The proxy cannot reach the daemon.",
		503: "The daemon is busy, or starts.",
		504: "The proxy got no answer from the daemon in time.",
	};
	return new ApiFailure(
		status,
		"",
		(Object.hasOwn(words, status) ? words[status] : undefined) ??
			`The answer is not one of the admin API (HTTP ${status}).`,
		retryAfterMs,
	);
}

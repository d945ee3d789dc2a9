// HTTP connections: their requests, one answer at a time, with a deadline for answers that are not read. A callback that throws costs
// its own request alone. Which answer a request gets is up to the caller: `http.ts` for the port, `metrics-port.ts` for metrics.

import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { closeWithin } from "../transport/index.ts";
import { answer, reasonOf, refuseRequest, refuseUpgrade } from "./http-answers.ts";
import { requestFacts } from "./http-host.ts";
import { HttpTurns } from "./http-turns.ts";
import { loggable } from "./logger.ts";
import type { Debtor } from "./memory-ceiling.ts";
import type { RefusalReason } from "./refusal-reasons.ts";
import { type Refusals, remoteFact } from "./refusals.ts";
import { RequestQueue } from "./request-queue.ts";

/** The reason that an answer counts as a refusal, by its status. A failed callback (500) is counted where it fails. */
const REFUSALS: Readonly<Record<number, RefusalReason>> = {
	400: "bad-request",
	403: "forbidden",
	404: "not-found",
	405: "method-not-allowed",
	416: "range-not-satisfiable",
	421: "foreign-host",
	426: "upgrade-required",
	429: "too-many-requests",
	503: "busy",
	505: "http-version",
};
/** How long a client may take to close after the answer to a request whose upgrade was ignored, in milliseconds. */
const IGNORED_CLOSE_MS = 2000;
const UPGRADE_HINT = "a proxy in front must pass the headers Upgrade and Connection, over HTTP/1.1";
interface ParserError {
	readonly status: string;
	readonly reason: RefusalReason;
}
/** Lines of a request's head. Node drops what is beyond them without a word, so such a request is refused instead. */
const MAX_HEADERS = 100;
const BAD_REQUEST: ParserError = { status: "400 Bad Request", reason: "bad-request" };
const HEADERS_TOO_LARGE: ParserError = {
	status: "431 Request Header Fields Too Large",
	reason: "headers-too-large",
};
/** What Node's parser reports, and how it is answered. */
const PARSER_ERRORS: Readonly<Record<string, ParserError>> = {
	ERR_HTTP_REQUEST_TIMEOUT: { status: "408 Request Timeout", reason: "request-too-slow" },
	HPE_PAUSED_H2_UPGRADE: { status: "505 HTTP Version Not Supported", reason: "http-version" },
	HPE_HEADER_OVERFLOW: HEADERS_TOO_LARGE,
};

/** What answers on the connections, and within which limits. */
export interface HttpConnectionsOptions {
	/** How long a request may take to arrive, in milliseconds. */
	readonly requestTimeoutMs: number;
	/** How long a client may read nothing of its answer, in milliseconds; 0: as long as it likes. */
	readonly unreadOutputTimeoutMs: number;
	readonly refusals: Refusals;
	/** The client's address, for the log. Default: that of the connection. */
	clientOf?(request: IncomingMessage): string;
	/** Answers a request. Where it throws or rejects, the client gets 500. */
	answer(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
	/** Takes or refuses an upgrade. Absent: upgrades are answered as requests. */
	upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Serves HTTP on connections that are handed over. */
export class HttpConnections {
	readonly #options: HttpConnectionsOptions;
	readonly #server: Server;
	readonly #addresses = new WeakMap<Duplex, string>();
	readonly #queues = new WeakMap<Duplex, RequestQueue>();
	readonly #turns = new HttpTurns();
	/** Those that are not upgraded. */
	readonly #sockets = new Set<Duplex>();

	constructor(options: HttpConnectionsOptions) {
		this.#options = options;
		this.#server = createServer({
			headersTimeout: options.requestTimeoutMs,
			requestTimeout: options.requestTimeoutMs,
			connectionsCheckingInterval: 1000,
			keepAliveTimeout: 5000,
			maxHeaderSize: 16_384,
			// Node would answer a request without a Host header itself, uncounted.
			requireHostHeader: false,
		});
		this.#server.maxHeadersCount = MAX_HEADERS;
		// A client that sends its request and then its end, as `printf … | nc` does, still waits for the answer. Node has this switch
		// without a type: with it, a connection ends after the last answer instead of at once.
		(this.#server as Server & { httpAllowHalfOpen?: boolean }).httpAllowHalfOpen = true;
		this.#server.on("request", (request, response) => this.#request(request, response));
		if (options.upgrade) this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
		// Node would answer or close these itself, uncounted.
		this.#server.on("checkExpectation", (request, response) => this.#refuseExpectation(request, response));
		this.#server.on("connect", (request, socket) => this.#refuseConnect(request, socket));
		this.#server.on("clientError", (error, socket) => this.#clientError(error, socket));
		this.#server.setTimeout(options.unreadOutputTimeoutMs, (socket) => this.#timeout(socket));
		// This server gets its sockets handed over and never listens itself, yet its deadlines start with this event.
		this.#server.emit("listening");
	}

	/**
	 * Takes over a connection.
	 *
	 * @param address the client's, or that of the proxy before it.
	 */
	accept(socket: Socket, address: string): void {
		this.#addresses.set(socket, address);
		this.#sockets.add(socket);
		socket.once("close", () => this.#sockets.delete(socket));
		this.#server.emit("connection", socket);
		this.#turns.take(socket);
		socket.resume();
	}

	/** The address that a connection was accepted with. */
	addressOf(socket: Duplex): string {
		return this.#addresses.get(socket) ?? "";
	}

	/** Ends the connections that are between two requests; the others end with their answer. */
	close(): void {
		this.#server.close();
		this.#server.closeIdleConnections();
	}

	/** Ends all connections. */
	destroy(): void {
		this.#server.closeAllConnections();
	}

	/** Bytes held for all connections. */
	heldBytes(): number {
		let bytes = 0;
		for (const socket of this.#sockets) bytes += this.#heldFor(socket);
		return bytes;
	}

	/** Each connection as one that may be closed at the memory ceiling. */
	debtors(): Debtor[] {
		return [...this.#sockets].map((socket) => ({
			heldBytes: this.#heldFor(socket),
			cut: (heldBytes) => {
				const text = `closed an HTTP connection: the server held ${heldBytes} bytes for its clients`;
				this.#options.refusals.refuse("memory-ceiling", text, this.#remote(socket));
				socket.destroy();
			},
		}));
	}

	#heldFor(socket: Duplex): number {
		return socket.writableLength + (this.#queues.get(socket)?.heldBytes ?? 0);
	}

	#request(request: IncomingMessage, response: ServerResponse): void {
		const { socket } = request;
		if (socket.destroyed) return;
		const { refusals } = this.#options;
		let queue = this.#queues.get(socket);
		if (!queue) {
			queue = new RequestQueue();
			this.#queues.set(socket, queue);
		}
		response.on("error", (error) => refusals.failed(error));
		response.once("finish", () => this.#countRefusal(request, response));
		const fits = queue.add(response, () =>
			refusals.guard(
				() => this.#answer(request, response),
				() => failRequest(response),
			),
		);
		if (fits) return;
		refusals.refuse(
			"pipelining",
			"closed an HTTP connection: too many requests wait for an answer",
			this.#remote(socket),
		);
		socket.destroy();
	}

	#answer(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
		const fault = faultOf(request);
		if (!fault) return this.#options.answer(request, response);
		response.setHeader("connection", "close");
		refuseRequest(response, Number.parseInt(fault.status, 10), fault.reason, `${fault.text}\n`);
	}

	#upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
		this.#turns.release(socket);
		// Node has taken its own listeners away.
		socket.on("error", () => {});
		const { refusals } = this.#options;
		if (request.headers.upgrade?.trim().toLowerCase() !== "websocket") {
			this.#ignoreUpgrade(request, socket as Socket);
			return;
		}
		this.#sockets.delete(socket);
		if (this.#queues.get(socket)?.isActive) {
			refusals.refuse(
				"bad-request",
				"closed an HTTP connection: an upgrade came before the answer to a request",
				this.#remote(socket),
			);
			socket.destroy();
			return;
		}
		const fault = faultOf(request);
		if (fault) {
			refusals.refuse(fault.reason, `refused a WebSocket: ${fault.text}`, {
				...this.#remote(socket),
				...requestFacts(request),
			});
			refuseUpgrade(socket, fault.status, fault.text);
			return;
		}
		// Releases of Node differ in whether the bytes behind it are a body or frames.
		if (hasBody(request)) {
			refusals.refuse("bad-request", "refused a WebSocket: the request has a body", {
				...this.#remote(socket),
				...requestFacts(request),
			});
			refuseUpgrade(socket, "400 Bad Request", "A request for a WebSocket has no body.");
			return;
		}
		refusals.guard(
			() => this.#options.upgrade?.(request, socket, head),
			() => refuseUpgrade(socket, "500 Internal Server Error", "The server met an error."),
		);
	}

	// Some clients offer HTTP/2 with each request (`Upgrade: h2c`). An unknown protocol is ignored (RFC 9110, 7.8), and Node has no way to
	// say so before it takes the request out of its own hands.
	#ignoreUpgrade(request: IncomingMessage, socket: Socket): void {
		const response = new ServerResponse(request);
		response.shouldKeepAlive = false;
		response.assignSocket(socket);
		response.once("finish", () => {
			response.detachSocket(socket);
			closeWithin(socket, IGNORED_CLOSE_MS);
			socket.resume();
			socket.end();
		});
		this.#request(request, response);
	}

	#refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
		response.once("finish", () => this.#countRefusal(request, response));
		response.setHeader("connection", "close");
		refuseRequest(response, 417, "expectation-failed", "The server fulfils no expectation but 100-continue.\n");
	}

	#refuseConnect(request: IncomingMessage, socket: Duplex): void {
		this.#turns.release(socket);
		this.#options.refusals.refuse("method-not-allowed", "refused an HTTP request: 405", {
			...this.#remote(socket),
			method: "CONNECT",
			...requestFacts(request),
		});
		refuseUpgrade(socket, "405 Method Not Allowed", "This server is no proxy.");
	}

	#clientError(error: NodeJS.ErrnoException, socket: Duplex): void {
		const code = error.code ?? "";
		const isRefusal = (code.startsWith("HPE_") && code !== "HPE_INVALID_EOF_STATE") || code in PARSER_ERRORS;
		// A connection that broke gets no answer, and one whose answer has begun must not get a second one in the middle of it.
		if (!isRefusal || !socket.writable || this.#queues.get(socket)?.isActive) {
			socket.destroy();
			return;
		}
		const { status, reason } = PARSER_ERRORS[code] ?? BAD_REQUEST;
		this.#options.refusals.refuse(reason, `refused an HTTP request: ${status}`, {
			...this.#remote(socket),
			code,
		});
		refuseUpgrade(socket, status, "The request cannot be read.");
	}

	// Node calls this when nothing was read or written for a while.
	#timeout(socket: Socket): void {
		if (!this.#queues.get(socket)?.isActive) socket.destroy();
		else if (socket.writableLength > 0) {
			this.#options.refusals.refuse(
				"unread-output",
				"closed an HTTP connection: the client did not read its answer",
				this.#remote(socket),
			);
			socket.destroy();
		} else socket.setTimeout(this.#options.unreadOutputTimeoutMs);
	}

	#remote(socket: Duplex): object {
		return remoteFact(this.addressOf(socket));
	}

	#countRefusal(request: IncomingMessage, response: ServerResponse): void {
		const { statusCode } = response;
		const reason = reasonOf(response, REFUSALS);
		// `/readyz` reports a state. Browsers ask for the icon by themselves, once for each site. Neither is a refusal.
		if (reason === undefined || request.url === "/readyz" || request.url === "/favicon.ico") return;
		this.#options.refusals.refuse(reason, `refused an HTTP request: ${statusCode}`, {
			...remoteFact(this.#options.clientOf?.(request) ?? this.addressOf(request.socket)),
			method: loggable(request.method ?? ""),
			...requestFacts(request),
			...(statusCode === 426 ? { hint: UPGRADE_HINT } : {}),
		});
	}
}

/** Why a request is refused, upgrades too, before anything else is read of it. */
function faultOf(request: IncomingMessage): (ParserError & { readonly text: string }) | undefined {
	if (request.httpVersionMajor !== 1)
		return { status: "505 HTTP Version Not Supported", reason: "http-version", text: "This server uses HTTP/1.1." };
	// The lines that Node drops may be those that a proxy has added.
	if (request.rawHeaders.length > MAX_HEADERS * 2) {
		const text = `The request has more than ${MAX_HEADERS} headers.`;
		return { ...HEADERS_TOO_LARGE, text };
	}
	// A proxy in front may have read another one of several hosts than this server does (RFC 9112, 3.2).
	const hosts = request.headersDistinct.host?.length ?? 0;
	if (hosts > 1 || (hosts === 0 && request.httpVersion === "1.1"))
		return { ...BAD_REQUEST, text: "The request needs exactly one Host header." };
	if (isOfOtherHost(request))
		return { ...BAD_REQUEST, text: "The address of the request and its Host header name different hosts." };
	return undefined;
}

// The address may be in the absolute form, with a host of its own (RFC 9112, 3.2.2).
function isOfOtherHost({ url = "/", headers: { host } }: IncomingMessage): boolean {
	if (url.startsWith("/") || url === "*" || host === undefined || !URL.canParse(url)) return false;
	const absolute = new URL(url);
	const named = `${absolute.protocol}//${host}`;
	return !URL.canParse(named) || new URL(named).host !== absolute.host;
}

function hasBody({ headers }: IncomingMessage): boolean {
	return Number(headers["content-length"] ?? 0) !== 0 || headers["transfer-encoding"] !== undefined;
}

/** Answers 500, or closes the connection where the answer has begun. */
function failRequest(response: ServerResponse): void {
	if (response.headersSent) {
		response.destroy();
		return;
	}
	for (const header of response.getHeaderNames()) response.removeHeader(header);
	answer(response, 500, "The server met an error.\n");
}

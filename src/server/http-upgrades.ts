// WebSocket upgrades: which are allowed, and what handles them. Every refusal is answered, counted and logged, and its connection is
// closed.

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { wireCode } from "../errors/index.ts";
import { textCodec, toPageForm, WebSocketAcceptor } from "../transport/index.ts";
import { terminatorBytes } from "../wire/index.ts";
import { clientAddress, limitedAddress } from "./client-address.ts";
import { RequestHandshake } from "./handshakes.ts";
import { refuseUpgrade } from "./http-answers.ts";
import { type HttpHost, requestFacts, requestUrl, WEBSOCKET_PATH, webSocketPaths } from "./http-host.ts";
import { loggable } from "./logger.ts";
import type { RefusalReason } from "./refusal-reasons.ts";
import { remoteFact } from "./refusals.ts";

type Refuse = (status: string, reason: RefusalReason, text: string, hint?: string) => void;

/** Answers upgrade requests. */
export class HttpUpgrades {
	readonly #host: HttpHost;
	readonly #addressOf: (request: IncomingMessage) => string;
	readonly #webSockets: WebSocketAcceptor;

	/** @param addressOf the address of the client, or of the proxy before it. */
	constructor(host: HttpHost, addressOf: (request: IncomingMessage) => string) {
		this.#host = host;
		this.#addressOf = addressOf;
		this.#webSockets = new WebSocketAcceptor({
			maxMessageBytes: Math.max(host.settings.maxDocumentBytes + 1, 65_536),
			convert: toPageForm(textCodec(host.settings.encoding), terminatorBytes(host.settings.terminator)),
		});
	}

	/**
	 * Accepts or refuses an upgrade.
	 *
	 * @param isReserved whether the connection has a reserved place, where no WebSocket may stay.
	 */
	answer(request: IncomingMessage, socket: Duplex, head: Buffer, isReserved: boolean): void {
		const host = this.#host;
		const { headers } = request;
		const client = clientAddress(headers, this.#addressOf(request), host.settings.trustProxy);
		const refuse: Refuse = (status, reason, text, hint) => {
			host.refusals.refuse(reason, `refused a WebSocket: ${text}`, {
				...remoteFact(client),
				...requestFacts(request),
				...(hint === undefined ? {} : { hint }),
			});
			refuseUpgrade(socket, status, hint === undefined ? text : `${text} ${hint}`);
		};
		const url = requestUrl(request, host.settings.basePath);
		if (!url) refuse("400 Bad Request", "bad-request", "The address of the request cannot be read.");
		else if (!host.rules.allowsHost(headers.host))
			refuse("421 Misdirected Request", "foreign-host", ...unknownHost(request));
		else if (!host.rules.allowsOrigin(headers.origin, headers.host))
			refuse(
				"403 Forbidden",
				"foreign-origin",
				"Pages of this origin may not connect.",
				`The server's operator can allow it with --origin ${loggable(headers.origin ?? "")}.`,
			);
		else if (isReserved) refuse("503 Service Unavailable", "too-many-connections", "The server is full.");
		else if (!host.isListening()) refuse("503 Service Unavailable", "stopping", "The server is stopping.");
		else if (this.#isFull(request, socket, refuse)) return;
		else if (!host.acceptsDocuments || !this.#isSocketPath(url.pathname)) {
			const banned = host.refusalOf(client);
			if (banned) refuse("403 Forbidden", wireCode(banned.code), banned.message);
			else if (!host.routes.some((routes) => routes.upgrade?.(request, socket, head, url, client)))
				refuse("404 Not Found", "not-found", "There is nothing at this path for a WebSocket.", this.#knownPaths());
		} else this.#accept(request, socket, head, client, url, refuse);
	}

	#accept(request: IncomingMessage, socket: Duplex, head: Buffer, client: string, url: URL, refuse: Refuse): void {
		const host = this.#host;
		const frames = url.searchParams.get("frames") === "text" ? "text" : "binary";
		this.#webSockets.accept(
			request,
			socket,
			head,
			client,
			frames,
			(transport) =>
				host.refusals.guard(
					() => host.webSocket(transport, new RequestHandshake(request)),
					() => transport.destroy(),
				),
			(reason) => refuse("400 Bad Request", "bad-request", `The WebSocket handshake is invalid: ${reason}.`),
		);
	}

	// The limits for one address also apply to the clients of proxies; other connections were counted when they were accepted.
	#isFull(request: IncomingMessage, socket: Duplex, refuse: Refuse): boolean {
		const address = this.#addressOf(request);
		const client = limitedAddress(request, address, this.#host.settings.trustProxy);
		const refusal = client === undefined || client === address ? undefined : this.#host.acquire(client, socket);
		if (refusal === undefined) return false;
		const isSlow = refusal === "connecting-too-fast";
		refuse(
			"429 Too Many Requests",
			refusal,
			"Too many connections from this address.",
			`The server's operator can raise ${isSlow ? "connectsPerSecondPerAddress" : "maxConnectionsPerAddress"}.`,
		);
		return true;
	}

	// Below the page's path, so that a page needs no address of the server. Many clients are configured without a path.
	#isSocketPath(path: string): boolean {
		return path === WEBSOCKET_PATH || path === "/" || path === `${this.#host.pagePath.slice(0, -1)}${WEBSOCKET_PATH}`;
	}

	#knownPaths(): string | undefined {
		const paths = webSocketPaths(this.#host);
		return paths.length === 0 ? undefined : `WebSockets are at ${paths.join(", ")}.`;
	}
}

/** What a request gets whose Host header is not one of the server's names, and what its operator can do. */
export function unknownHost(request: IncomingMessage): [text: string, hint: string] {
	const name = loggable(request.headers.host ?? "");
	return [
		`This server is not known as "${name}".`,
		`Its operator can add that name with --origin ${name}; a proxy in front can also pass the client's Host header.`,
	];
}

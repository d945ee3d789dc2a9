// WebSocket upgrades: which are allowed, and what handles them. Every refusal is answered, counted and logged, and its connection is
// closed.

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { textCodec, toPageForm, WebSocketAcceptor } from "../transport/index.ts";
import { terminatorBytes } from "../wire/index.ts";
import { addressKey, isListed } from "./admission.ts";
import { RequestHandshake } from "./handshakes.ts";
import { refuseUpgrade } from "./http-answers.ts";
import { type HttpHost, isForwarded, requestUrl, WEBSOCKET_PATH } from "./http-host.ts";
import { loggable } from "./logger.ts";
import { remoteFact } from "./refusals.ts";

/** Answers upgrade requests. */
export class HttpUpgrades {
	readonly #host: HttpHost;
	readonly #addressOf: (request: IncomingMessage) => string;
	readonly #webSockets: WebSocketAcceptor;
	#hasWarnedOfProxy = false;

	/** @param addressOf the address of the client, or of the proxy before it. */
	constructor(host: HttpHost, addressOf: (request: IncomingMessage) => string) {
		this.#host = host;
		this.#addressOf = addressOf;
		this.#webSockets = new WebSocketAcceptor({
			maxMessageBytes: Math.max(host.settings.maxDocumentBytes + 1, 65_536),
			convert: toPageForm(textCodec(host.settings.encoding), terminatorBytes(host.settings.terminator)),
		});
	}

	/** Accepts or refuses an upgrade. */
	answer(request: IncomingMessage, socket: Duplex, head: Buffer): void {
		const host = this.#host;
		const { headers } = request;
		const client = this.#clientAddress(request);
		const refuse = (status: string, reason: string, text: string): void => {
			host.refusals.refuse(reason, `refused a WebSocket: ${text}`, {
				...remoteFact(client),
				path: loggable(request.url ?? ""),
				origin: loggable(headers.origin ?? ""),
			});
			refuseUpgrade(socket, status, text);
		};
		const url = requestUrl(request);
		if (!url) refuse("400 Bad Request", "bad-request", "The address of the request cannot be read.");
		else if (!host.rules.allowsHost(headers.host)) {
			refuse(
				"421 Misdirected Request",
				"foreign-host",
				"This server is not known by that name; its operator can add it with --origin.",
			);
		} else if (!host.rules.allowsOrigin(headers.origin, headers.host)) {
			refuse(
				"403 Forbidden",
				"foreign-origin",
				"Pages of this origin may not connect; the server's operator can allow it with --origin.",
			);
		} else if (!host.isListening()) refuse("503 Service Unavailable", "stopping", "The server is stopping.");
		else if (client !== this.#addressOf(request) && !host.acquire(client, socket)) {
			// `acquire` has counted it.
			refuseUpgrade(socket, "429 Too Many Requests", "Too many connections from this address.");
		} else if (url.pathname !== WEBSOCKET_PATH || !host.acceptsDocuments) {
			if (!host.routes.some((routes) => routes.upgrade?.(request, socket, head, url, client)))
				refuse("404 Not Found", "not-found", "There is nothing at this path for a WebSocket.");
		} else {
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
	}

	// Behind listed proxies: the last address that no listed proxy wrote about itself.
	#clientAddress(request: IncomingMessage): string {
		let address = this.#addressOf(request);
		const trusted = this.#host.settings.trustProxy;
		if (isForwarded(request) && !isListed(address, trusted)) this.#warnOfProxy(address);
		const chain = String(request.headers["x-forwarded-for"] ?? "")
			.split(",")
			.map((entry) => entry.trim());
		while (isListed(address, trusted) && chain.length > 0) {
			const before = chain.pop();
			if (!before) break;
			address = before;
		}
		return address;
	}

	// Loopback is exempt from the limits for one address, so a local proxy that is not listed exempts all of its clients.
	#warnOfProxy(address: string): void {
		if (this.#hasWarnedOfProxy || addressKey(address) !== undefined) return;
		this.#hasWarnedOfProxy = true;
		this.#host.log.warn(
			remoteFact(address),
			"a proxy on this machine forwards clients, and the limits for one address do not apply to them: list it with --trust-proxy",
		);
	}
}

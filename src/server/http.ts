// The HTTP side of the port: requests and WebSocket upgrades of connections that were recognised as HTTP. It checks Host and
// method before anything else; what the paths answer is in `daemon-paths.ts`, who may upgrade in `http-upgrades.ts`.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { DaemonPaths } from "./daemon-paths.ts";
import { answer } from "./http-answers.ts";
import { HttpConnections } from "./http-connections.ts";
import { type HttpHost, requestUrl } from "./http-host.ts";
import { HttpUpgrades } from "./http-upgrades.ts";
import { loggable } from "./logger.ts";

/** Answers the HTTP connections of a server. */
export class HttpSide {
	readonly #host: HttpHost;
	readonly #connections: HttpConnections;
	readonly #paths: DaemonPaths;

	constructor(host: HttpHost) {
		this.#host = host;
		const { tlsTimeoutMs: requestTimeoutMs, unreadOutputTimeoutMs } = host.settings;
		const addressOf = (request: IncomingMessage): string => this.#connections.addressOf(request.socket);
		const upgrades = new HttpUpgrades(host, addressOf);
		this.#paths = new DaemonPaths(host, addressOf);
		this.#connections = new HttpConnections({
			requestTimeoutMs,
			unreadOutputTimeoutMs,
			refusals: host.refusals,
			answer: (request, response) => this.#answer(request, response),
			upgrade: (request, socket, head) => upgrades.answer(request, socket, head),
		});
	}

	/**
	 * Takes over a connection.
	 *
	 * @param address the client's.
	 */
	accept(socket: Socket, address: string): void {
		this.#connections.accept(socket, address);
	}

	/** Ends the connections that are between two requests; the others end with their answer. */
	close(): void {
		this.#connections.close();
	}

	/** Ends all connections. */
	destroy(): void {
		this.#connections.destroy();
	}

	#answer(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
		const host = this.#host;
		if (!host.rules.allowsHost(request.headers.host)) {
			const name = loggable(request.headers.host ?? "");
			answer(response, 421, `This server is not known as "${name}". Its operator can add that name with --origin.\n`);
			return;
		}
		if (!host.isListening()) response.setHeader("connection", "close");
		const url = requestUrl(request);
		if (!url) answer(response, 400, "The address of the request cannot be read.\n");
		else if (request.method !== "GET" && request.method !== "HEAD") {
			response.setHeader("allow", "GET, HEAD");
			answer(response, 405, "Only GET and HEAD are answered here.\n");
		} else return this.#paths.answer(request, response, url);
	}
}

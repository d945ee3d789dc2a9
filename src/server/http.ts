// The HTTP side of the port: requests and WebSocket upgrades of connections that were recognised as HTTP. It checks Host and
// method before anything else; what the paths answer is in `daemon-paths.ts`, who may upgrade in `http-upgrades.ts`.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { nodeClock } from "../transport/index.ts";
import { addressKey } from "./admission.ts";
import { clientAddress, isForwarded, limitedAddress } from "./client-address.ts";
import { DaemonPaths } from "./daemon-paths.ts";
import { answer, refuseRequest } from "./http-answers.ts";
import { HttpConnections } from "./http-connections.ts";
import { type HttpHost, requestUrl } from "./http-host.ts";
import type { RequestSource } from "./http-routes.ts";
import { HttpUpgrades, unknownHost } from "./http-upgrades.ts";
import type { Debtor, MemoryHolder } from "./memory-ceiling.ts";
import { RequestLimits } from "./request-limits.ts";

/** What a connection on a reserved place may ask for. */
// Load balancers and containers ask under names of their own, and the answers tell no page more than a refusal does.
const HEALTH_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);
const isHealthCheck = (request: IncomingMessage, basePath: string): boolean =>
	/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(request.headers.host ?? "") &&
	HEALTH_PATHS.has(requestUrl(request, basePath)?.pathname ?? "");
const OPERATOR_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);
const ALLOWED_METHODS = "GET, HEAD, OPTIONS";

/** Answers the HTTP connections of a server. */
export class HttpSide implements MemoryHolder {
	readonly #host: HttpHost;
	readonly #connections: HttpConnections;
	readonly #paths: DaemonPaths;
	readonly #limits: RequestLimits;
	/** Connections on reserved places. */
	readonly #reserved = new WeakSet<Duplex>();

	constructor(host: HttpHost) {
		this.#host = host;
		const { tlsTimeoutMs: requestTimeoutMs, unreadOutputTimeoutMs } = host.settings;
		const addressOf = (request: IncomingMessage): string => this.#connections.addressOf(request.socket);
		const upgrades = new HttpUpgrades(host, addressOf);
		this.#paths = new DaemonPaths(host, addressOf);
		this.#limits = new RequestLimits(host.settings, host.log);
		this.#connections = new HttpConnections({
			requestTimeoutMs,
			unreadOutputTimeoutMs,
			refusals: host.refusals,
			clientOf: (request) => clientAddress(request.headers, addressOf(request), host.settings.trustProxy),
			answer: (request, response) => this.#answer(request, response),
			upgrade: (request, socket, head) => {
				this.#limits.look(request, addressOf(request));
				upgrades.answer(request, socket, head, this.#reserved.has(socket));
			},
		});
	}

	/**
	 * Takes over a connection.
	 *
	 * @param address the client's.
	 * @param isReserved whether it has a reserved place: it may ask for health, readiness and metrics alone.
	 */
	accept(socket: Socket, address: string, isReserved = false): void {
		if (isReserved) this.#reserved.add(socket);
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

	/** Bytes held for all connections. */
	heldBytes(): number {
		return this.#connections.heldBytes();
	}

	/** Each connection as one that may be closed at the memory ceiling. */
	debtors(): Debtor[] {
		return this.#connections.debtors();
	}

	/** Forgets addresses without requests: once a second. */
	sweep(nowMs: number): void {
		this.#limits.sweep(nowMs);
	}

	#sourceOf(request: IncomingMessage, address: string, isReserved: boolean): RequestSource {
		const { rules, settings } = this.#host;
		const { headers } = request;
		const client = clientAddress(headers, address, settings.trustProxy);
		const limited = limitedAddress(request, address, settings.trustProxy) ?? client;
		return {
			address: client,
			limitKey: addressKey(limited) ?? limited,
			isForeign: !rules.allowsOrigin(headers.origin, headers.host),
			isReserved,
		};
	}

	#answer(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
		const host = this.#host;
		const address = this.#connections.addressOf(request.socket);
		this.#limits.look(request, address);
		if (!this.#limits.allows(request, address, nodeClock.now())) {
			response.setHeader("retry-after", "1");
			refuseRequest(response, 429, "requesting-too-fast", "Too many requests from this address.\n");
			return;
		}
		if (!host.rules.allowsHost(request.headers.host) && !isHealthCheck(request, host.settings.basePath)) {
			answer(response, 421, `${unknownHost(request).join(" ")}\n`);
			return;
		}
		if (!host.isListening()) response.setHeader("connection", "close");
		const { basePath } = host.settings;
		const url = requestUrl(request, basePath);
		const isReserved = this.#reserved.has(request.socket);
		const operator = url && host.routes.find(({ operatorPath: path }) => path && url.pathname.startsWith(path));
		const isForOperator = url && (operator || OPERATOR_PATHS.has(url.pathname));
		if (isReserved && (!isForOperator || isForwarded(request))) {
			response.setHeader("connection", "close");
			refuseRequest(response, 503, "too-many-connections", "The server is full.\n");
		} else if (!url) answer(response, 400, "The address of the request cannot be read.\n");
		else if (operator) return operator.operator?.(request, response, url, this.#sourceOf(request, address, isReserved));
		else if (request.method === "OPTIONS") {
			// What some load balancers ask by default to see whether the server is there.
			response.writeHead(204, { allow: ALLOWED_METHODS }).end();
		} else if (request.method !== "GET" && request.method !== "HEAD") {
			const source = this.#sourceOf(request, address, isReserved);
			if (host.routes.some((routes) => routes.otherMethods?.(request, response, url, source))) return;
			response.setHeader("allow", ALLOWED_METHODS);
			// What players try after RTMP.
			if (request.headers["content-type"] === "application/x-fcs")
				refuseRequest(response, 405, "rtmp", "There is no RTMP here: connect with XMLSocket.\n");
			else answer(response, 405, "Only GET and HEAD are answered here.\n");
		} else if (`${url.pathname}/` === basePath) {
			// Relative, so that the addresses in the page are below the path, however the proxy names this server.
			response.writeHead(301, { location: `./${basePath.split("/").at(-2)}/${url.search}`, "content-length": 0 }).end();
		} else return this.#paths.answer(request, response, url);
	}
}

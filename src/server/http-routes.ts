// The interface of what else answers on the port's HTTP side, for example the gateway. The server admits the sockets, checks Host
// and Origin, counts and drains; the routes handle everything else.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { MemoryHolder } from "./memory-ceiling.ts";

/** A counter with one label: a line of the metrics page for each value of the label. */
export interface LabelledCount {
	/** Its full name, for example `xmlsocket_gateway_ended_total`. */
	readonly name: string;
	readonly help: string;
	readonly label: string;
	/** Label to count, read for each request of the page. */
	readonly values: ReadonlyMap<string, number>;
}

/** Where a request comes from. */
export interface RequestSource {
	/** The client's own address, also behind listed proxies. */
	readonly address: string;
	/** What counts as one address in limits of the route; it differs from the address behind a proxy that is not listed. */
	readonly limitKey: string;
	/** Whether a page of another site sends it, which is not listed. */
	readonly isForeign: boolean;
	/** Whether it came on a place that is reserved for the operator, because the server is full. */
	readonly isReserved: boolean;
}

/** Routes of your own on the HTTP side, in addition to the page and the daemon's own paths. */
export interface HttpRoutes {
	/**
	 * Answers a GET or HEAD request. The Host header has been checked. Asked after the daemon's own paths (`/healthz` …) and
	 * before the page.
	 * @returns false where the path is not one of these routes; nothing may have been written then.
	 */
	request?(request: IncomingMessage, response: ServerResponse, url: URL): boolean;
	/**
	 * Answers a request of another method: a form, an API of your own. OPTIONS excepted, which the server answers. The Host header has been
	 * checked, the Origin has not: a page of any site can send a form, so look at `source.isForeign`. Asked after `operator`.
	 * @returns false where the path is not one of these routes; nothing may have been written then, and the client gets 405.
	 */
	otherMethods?(request: IncomingMessage, response: ServerResponse, url: URL, source: RequestSource): boolean;
	/** The beginning of the paths that `operator` answers, below the base path. */
	readonly operatorPath?: string;
	/**
	 * Answers a request of any method whose path begins with `operatorPath`. The Host header has been checked, the Origin has not. Asked
	 * before all other paths, and also on the places that are reserved for the operator when the server is full.
	 */
	operator?(request: IncomingMessage, response: ServerResponse, url: URL, source: RequestSource): void | Promise<void>;
	/**
	 * Takes over a WebSocket upgrade. Host and Origin have been checked. The socket stays one of the server's: it counts
	 * against the limits until it closes, and is destroyed where it outlives the drain.
	 * @param clientAddress the client's own address, also behind listed proxies.
	 * @returns false where the path is not one of these routes; the socket must be untouched then.
	 */
	upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL, clientAddress: string): boolean;
	/** The paths of these routes' WebSockets, for the text of a refusal at another path. */
	webSocketPaths?(): readonly string[];
	/**
	 * The server stops: end what is open, within `graceMs`; 0: at once. Called again, with 0, where the first call's time is
	 * cut short. The server waits for the promise no longer than that.
	 */
	drain?(graceMs: number): Promise<void>;
	/** Current numbers for the metrics page, by name without the `xmlsocket_` in front; the names never change. */
	stats?(): Record<string, number>;
	/** What these routes hold for the sockets that they took over, for the server's memory ceiling. Default: nothing. */
	readonly memory?: MemoryHolder;
	/** Counters for the metrics page. */
	readonly counts?: readonly LabelledCount[];
}

// The client in a page: the documented class and connect(), bound to the page's WebSocket. Importing it opens nothing.

import {
	type ClientHost,
	type Connect,
	type Connection,
	type ConnectOptions,
	makeConnect,
	makeXMLSocket,
	type Target,
	type XMLSocketConstructor,
} from "../client/index.ts";
import { pageClock } from "./page-clock.ts";
import { pageDial, webSocketUrl } from "./page-dial.ts";

/**
 * The documented class over the page's WebSocket: `connect(host, port)` opens `ws://HOST:PORT/socket`, and a host of null
 * means the one the page came from.
 */
export const XMLSocket: XMLSocketConstructor = /* @__PURE__ */ makeXMLSocket(/* @__PURE__ */ pageHost(webSocketUrl));
export type XMLSocket = import("../client/index.ts").XMLSocket;

const connectUrl: Connect = /* @__PURE__ */ makeConnect(/* @__PURE__ */ pageHost(webSocketUrl));

/**
 * Connects over the page's WebSocket: as `connect` in Node, and `/PATH` means that path on the page's own server.
 * `xmlsocket://HOST:PORT` opens `ws://HOST:PORT/socket`, or `wss://` in a page that came over https.
 *
 * @example
 * ```ts
 * const connection = await connect("/socket", { reconnect: true });
 * ```
 */
export async function connect(address: string, options?: ConnectOptions): Promise<Connection> {
	const own = typeof address === "string" && address.startsWith("/");
	return await connectUrl(own ? `${location.origin.replace(/^http/, "ws")}${address}` : address, options);
}

/**
 * The documented class with another mapping from host and port to a WebSocket, for example through a gateway.
 *
 * @example
 * ```ts
 * const XMLSocket = createXMLSocket((host, port) => `wss://gate.example/gateway?host=${host}&port=${port}`);
 * ```
 */
export function createXMLSocket(url: (host: string, port: number) => string): XMLSocketConstructor {
	return makeXMLSocket(pageHost((target) => url(target.host, target.port)));
}

function pageHost(urlOf: (target: Target) => string): ClientHost {
	return {
		dial: pageDial(urlOf),
		clock: pageClock,
		wait: pageClock.delay,
		random: Math.random,
		report: (error) => reportError(error),
		get localHost() {
			return location.hostname === "" ? "localhost" : location.hostname;
		},
	};
}

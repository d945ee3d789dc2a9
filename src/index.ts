// "xmlsocket" in Node: the documented classes and the client, bound to Node's sockets. Importing it opens nothing.

import {
	type ClientHost,
	type Connect,
	makeConnect,
	makeXMLSocket,
	type XMLSocketConstructor,
} from "./client/index.ts";
import { dial, nodeClock, nodeUtf8 } from "./transport/index.ts";

export type {
	Connection,
	ConnectionEvents,
	ConnectionStatus,
	ConnectOptions,
	Incoming,
	ReconnectOptions,
	Rejoin,
	RequestOptions,
	Sendable,
	StartTlsOptions,
	StreamOptions,
	XMLSocketOptions,
} from "./client/index.ts";
export { type ErrorCode, XMLSocketError } from "./errors/index.ts";
export { element, type Markup, XML, XMLNode, xml } from "./xml/index.ts";

const node: ClientHost = {
	dial,
	clock: nodeClock,
	wait: (delayMs, run) => {
		const timer = setTimeout(run, delayMs);
		return () => clearTimeout(timer);
	},
	random: Math.random,
	report: (error) => console.error(error),
	codec: nodeUtf8,
	localHost: "localhost",
};

/**
 * The documented class, over TCP. Server-Side ActionScript Language Reference p. 218.
 *
 * @example
 * ```ts
 * const socket = new XMLSocket();
 * socket.onXML = (document) => console.log(document.toString());
 * socket.connect("localhost", 9000);
 * ```
 */
export const XMLSocket: XMLSocketConstructor = /* @__PURE__ */ makeXMLSocket(node);
export type XMLSocket = import("./client/index.ts").XMLSocket;

/**
 * Connects over TCP, TLS or a WebSocket: `HOST:PORT`, `:PORT`, `PORT`, `[::1]:PORT`, or a URL that begins with
 * `xmlsocket://`, `xmlsockets://`, `ws://` or `wss://`.
 *
 * Rejects with XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_PORT_RESERVED, XMLSOCKET_OPTION_INVALID, XMLSOCKET_OPTION_UNKNOWN,
 * XMLSOCKET_CONNECT_FAILED, XMLSOCKET_CONNECT_TIMEOUT or XMLSOCKET_ABORTED.
 *
 * @example
 * ```ts
 * const connection = await connect("localhost:9000", { reconnect: true });
 * connection.send(xml`<say room="lobby">${text}</say>`);
 * for await (const document of connection) console.log(document.text);
 * ```
 */
export const connect: Connect = /* @__PURE__ */ makeConnect(node);
